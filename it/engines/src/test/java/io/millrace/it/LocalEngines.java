package io.millrace.it;

import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.embedded.EmbeddedKinesis;
import io.millrace.kcl.InitialPositionInStream;
import io.millrace.kcl.KinesisClientLibConfiguration;
import java.net.URI;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;

/** The embedded Kinesis and DynamoDB Local, and what tests do with them. */
final class LocalEngines implements AutoCloseable {

  static final AwsCredentialsProvider CREDENTIALS =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test"));

  final EmbeddedKinesis kinesis;
  final DynamoDbLocal dynamoDb;
  final KinesisAsyncClient kinesisClient;
  final DynamoDbAsyncClient dynamoDbClient;
  private final AtomicInteger names = new AtomicInteger();
  private final AtomicInteger records = new AtomicInteger();

  LocalEngines() {
    kinesis = EmbeddedKinesis.start();
    dynamoDb = DynamoDbLocal.start();
    kinesisClient =
        KinesisAsyncClient.builder()
            .endpointOverride(kinesis.endpoint())
            .credentialsProvider(CREDENTIALS)
            .region(Region.US_EAST_1)
            .build();
    dynamoDbClient =
        DynamoDbAsyncClient.builder()
            .endpointOverride(dynamoDb.endpoint())
            .credentialsProvider(CREDENTIALS)
            .region(Region.US_EAST_1)
            .build();
  }

  /** A new stream; returns its name. */
  String stream(int shards) {
    String name = "stream-" + names.incrementAndGet();
    kinesis.createStream(name, shards);
    return name;
  }

  /** A configuration whose application and table are new. */
  KinesisClientLibConfiguration configuration(String stream, String worker) {
    return configuration("app-" + names.incrementAndGet(), stream, worker);
  }

  KinesisClientLibConfiguration configuration(String application, String stream, String worker) {
    return new KinesisClientLibConfiguration(application, stream, CREDENTIALS, worker)
        .withRegionName("us-east-1")
        .withKinesisEndpoint(kinesis.endpoint().toString())
        .withDynamoDBEndpoint(dynamoDb.endpoint().toString())
        .withInitialPositionInStream(InitialPositionInStream.TRIM_HORIZON);
  }

  URI dynamoDbEndpoint() {
    return dynamoDb.endpoint();
  }

  /** Writes records with new texts over the whole hash range; returns the texts. */
  List<String> put(String stream, int count) {
    List<String> texts =
        IntStream.range(0, count).mapToObj(i -> "record-" + records.incrementAndGet()).toList();
    for (int from = 0; from < count; from += 500) {
      List<PutRecordsRequestEntry> entries =
          texts.subList(from, Math.min(count, from + 500)).stream()
              .map(
                  text ->
                      PutRecordsRequestEntry.builder()
                          .partitionKey(text)
                          .data(SdkBytes.fromUtf8String(text))
                          .build())
              .toList();
      int failed =
          kinesisClient
              .putRecords(r -> r.streamName(stream).records(entries))
              .join()
              .failedRecordCount();
      if (failed > 0) {
        throw new IllegalStateException(failed + " records were refused");
      }
    }
    return texts;
  }

  @Override
  public void close() {
    kinesisClient.close();
    dynamoDbClient.close();
    dynamoDb.close();
    kinesis.close();
  }
}
