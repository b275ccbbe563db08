package io.millrace.aggregation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.aggregation.Captured.CapturedShard;
import io.millrace.aggregation.Captured.User;
import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.embedded.EmbeddedKinesis;
import io.millrace.kcl.IRecordProcessor;
import io.millrace.kcl.IRecordProcessorCheckpointer;
import io.millrace.kcl.InitialPositionInStream;
import io.millrace.kcl.KinesisClientLibConfiguration;
import io.millrace.kcl.Record;
import io.millrace.kcl.Worker;
import io.millrace.kcl.stream.StreamRecord;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * Captured aggregates through a real worker, over the wire, with a stop in the middle of one and a
 * split.
 */
class AggregationEndToEndTest {

  private static final AwsCredentialsProvider CREDENTIALS =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test"));
  private static final String STREAM = "aggregated";

  private static EmbeddedKinesis kinesis;
  private static DynamoDbLocal dynamoDb;
  private static KinesisAsyncClient client;

  @BeforeAll
  static void start() {
    kinesis = EmbeddedKinesis.start();
    dynamoDb = DynamoDbLocal.start();
    client =
        KinesisAsyncClient.builder()
            .endpointOverride(kinesis.endpoint())
            .credentialsProvider(CREDENTIALS)
            .region(Region.US_EAST_1)
            .build();
  }

  @AfterAll
  static void stop() {
    client.close();
    dynamoDb.close();
    kinesis.close();
  }

  @Test
  void a_worker_goes_on_in_the_middle_of_an_aggregate_and_a_split_loses_nothing() throws Exception {
    Captured captured = Captured.named(Captured.SPLIT);
    kinesis.createStream(STREAM, 1);
    put(captured.shard(0));

    Processor first = new Processor("before 25");
    run(first, () -> first.stoppedAt != null);
    assertThat(first.texts).startsWith(Captured.WARM_UP, "before 0").endsWith("before 25");
    assertThat(first.stoppedAt.isAggregated()).isTrue();
    assertThat(first.stoppedAt.getSubSequenceNumber()).isEqualTo(25);

    BigInteger middle = captured.shard(2).range().start();
    client
        .splitShard(
            r ->
                r.streamName(STREAM)
                    .shardToSplit("shardId-000000000000")
                    .newStartingHashKey(middle.toString()))
        .join();
    put(captured.shard(1));
    put(captured.shard(2));
    List<String> texts = captured.put().stream().map(User::text).toList();
    List<String> rest = texts.subList(26, texts.size());

    Processor second = new Processor(null);
    run(second, () -> second.texts.containsAll(rest));
    assertThat(second.texts).startsWith("before 26", "before 27").doesNotContain("before 25");
    // the producer put the whole mixed aggregate again: from there the records of that child come
    // twice, no others
    assertThat(second.texts).hasSize(rest.size() + 20);
  }

  private static void put(CapturedShard shard) {
    for (StreamRecord record : shard.records()) {
      client
          .putRecord(
              r ->
                  r.streamName(STREAM)
                      .partitionKey(record.partitionKey())
                      .explicitHashKey(shard.range().start().toString())
                      .data(SdkBytes.fromByteBuffer(record.data())))
          .join();
    }
  }

  private static void run(Processor processor, Callable<Boolean> until) throws Exception {
    KinesisClientLibConfiguration configuration =
        new KinesisClientLibConfiguration("aggregation", STREAM, CREDENTIALS, "worker")
            .withRegionName("us-east-1")
            .withKinesisEndpoint(kinesis.endpoint().toString())
            .withDynamoDBEndpoint(dynamoDb.endpoint().toString())
            .withInitialPositionInStream(InitialPositionInStream.TRIM_HORIZON);
    Worker worker = new Worker(processor::perShard, configuration);
    CompletableFuture<Void> ended = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              worker.run();
              ended.complete(null);
            },
            "worker-under-test");
    thread.setDaemon(true);
    thread.start();
    await().atMost(Duration.ofSeconds(60)).until(until);
    worker.startGracefulShutdown().get();
    ended.get();
  }

  /** Writes down what it gets, and stops in the middle of a batch if told to. */
  private static final class Processor {
    private final List<String> texts = new CopyOnWriteArrayList<>();
    private final String stopAt;
    private volatile Record stoppedAt;

    Processor(String stopAt) {
      this.stopAt = stopAt;
    }

    IRecordProcessor perShard() {
      return new IRecordProcessor() {
        @Override
        public void processRecords(List<Record> records, IRecordProcessorCheckpointer checkpointer)
            throws Exception {
          for (Record record : records) {
            if (stoppedAt != null) {
              throw new IllegalStateException("stopped");
            }
            String text = StandardCharsets.UTF_8.decode(record.getData()).toString();
            texts.add(text);
            if (text.equals(stopAt)) {
              checkpointer.checkpoint(record);
              stoppedAt = record;
            }
          }
          if (stoppedAt == null) {
            checkpointer.checkpoint();
          }
        }
      };
    }
  }
}
