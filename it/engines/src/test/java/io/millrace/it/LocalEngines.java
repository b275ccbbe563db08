package io.millrace.it;

import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.embedded.EmbeddedKinesis;
import io.millrace.kcl.IRecordProcessor;
import io.millrace.kcl.IRecordProcessorCheckpointer;
import io.millrace.kcl.InitialPositionInStream;
import io.millrace.kcl.KinesisClientLibConfiguration;
import io.millrace.kcl.Record;
import io.millrace.kcl.Worker;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
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

  /** A worker on a thread of its own. */
  static final class RunningWorker {
    final Worker worker;
    final CompletableFuture<Void> ended = new CompletableFuture<>();

    RunningWorker(Worker worker) {
      this.worker = worker;
      Thread thread =
          new Thread(
              () -> {
                try {
                  worker.run();
                  ended.complete(null);
                } catch (RuntimeException e) {
                  ended.completeExceptionally(e);
                }
              },
              "worker-under-test");
      thread.setDaemon(true);
      thread.start();
    }

    void stop() throws Exception {
      worker.startGracefulShutdown().get();
      ended.get();
    }
  }

  /** What all processors of a test saw. */
  static final class Seen {
    final ConcurrentLinkedQueue<String> deliveries = new ConcurrentLinkedQueue<>();
    final Map<String, Set<String>> byWorker = new ConcurrentHashMap<>();
    final Set<String> shards = ConcurrentHashMap.newKeySet();

    /** A processor that writes down and checkpoints. */
    IRecordProcessor processor(String worker) {
      return new IRecordProcessor() {
        private String shard;

        @Override
        public void initialize(String shardId) {
          shard = shardId;
          shards.add(shardId);
        }

        @Override
        public void processRecords(List<Record> records, IRecordProcessorCheckpointer checkpointer)
            throws Exception {
          for (Record record : records) {
            String text = StandardCharsets.UTF_8.decode(record.getData()).toString();
            deliveries.add(text);
            byWorker.computeIfAbsent(worker, w -> ConcurrentHashMap.newKeySet()).add(shard);
          }
          checkpointer.checkpoint();
        }
      };
    }

    Set<String> texts() {
      return Set.copyOf(deliveries);
    }
  }
}
