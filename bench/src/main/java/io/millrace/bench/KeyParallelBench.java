package io.millrace.bench;

import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.embedded.EmbeddedKinesis;
import io.millrace.kcl.IRecordProcessorFactory;
import io.millrace.kcl.InitialPositionInStream;
import io.millrace.kcl.KinesisClientLibConfiguration;
import io.millrace.kcl.Record;
import io.millrace.kcl.Worker;
import io.millrace.kcl.keyed.KeyParallelProcessorFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;

/**
 * One shard, 64 partition keys, 5 ms for each record, as for a call to some service: how much
 * faster are the keys side by side than one record after another? A real worker on the embedded
 * Kinesis and DynamoDB Local, checkpoints included; first the one, then the other, each on a stream
 * of its own. Measured from the first record to the last.
 */
public final class KeyParallelBench {

  private static final int KEYS = 64;
  private static final long RECORD_NANOS = 5_000_000;
  private static final int SERIAL_RECORDS = 1_000;
  private static final int PARALLEL_RECORDS = 30_000;

  private static final AwsCredentialsProvider CREDENTIALS =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("bench", "bench"));

  /** Counts records, and remembers when the first and the last of them were done. */
  private static final class Progress {
    private final AtomicLong left;
    private final CountDownLatch done = new CountDownLatch(1);
    private volatile long startedNanos;
    private volatile long endedNanos;

    Progress(int records) {
      left = new AtomicLong(records);
    }

    void process() {
      if (startedNanos == 0) {
        startedNanos = System.nanoTime();
      }
      long until = System.nanoTime() + RECORD_NANOS;
      for (long now = System.nanoTime(); now < until; now = System.nanoTime()) {
        LockSupport.parkNanos(until - now);
      }
      if (left.decrementAndGet() == 0) {
        endedNanos = System.nanoTime();
        done.countDown();
      }
    }

    double seconds() {
      return (endedNanos - startedNanos) / 1e9;
    }
  }

  private KeyParallelBench() {}

  public static void main(String[] args) throws InterruptedException, ExecutionException {
    try (EmbeddedKinesis kinesis = EmbeddedKinesis.start();
        DynamoDbLocal dynamoDb = DynamoDbLocal.start();
        KinesisAsyncClient client =
            KinesisAsyncClient.builder()
                .endpointOverride(kinesis.endpoint())
                .credentialsProvider(CREDENTIALS)
                .region(Region.US_EAST_1)
                .build()) {
      put(kinesis, client, "serial", SERIAL_RECORDS);
      put(kinesis, client, "parallel", PARALLEL_RECORDS);

      Progress serial = new Progress(SERIAL_RECORDS);
      run(
          configuration(kinesis, dynamoDb, "serial"),
          () ->
              (records, checkpointer) -> {
                for (Record ignored : records) {
                  serial.process();
                }
                checkpointer.checkpoint();
              },
          serial);
      double serialRate = SERIAL_RECORDS / serial.seconds();

      Progress parallel = new Progress(PARALLEL_RECORDS);
      try (KeyParallelProcessorFactory factory =
          KeyParallelProcessorFactory.builder(() -> record -> parallel.process())
              .maxConcurrency(KEYS)
              .build()) {
        run(configuration(kinesis, dynamoDb, "parallel"), factory, parallel);
      }
      double parallelRate = PARALLEL_RECORDS / parallel.seconds();

      System.out.printf(
          Locale.ROOT,
          "%d keys, %d ms a record, one shard:%n"
              + "  one after another  %,8.0f records/s%n"
              + "  keys side by side  %,8.0f records/s%n"
              + "  ratio              %8.1f%n",
          KEYS,
          RECORD_NANOS / 1_000_000,
          serialRate,
          parallelRate,
          parallelRate / serialRate);
      System.out.printf(
          Locale.ROOT,
          "{\"bench\":\"key-parallel\",\"serialPerSecond\":%.1f,\"parallelPerSecond\":%.1f,"
              + "\"ratio\":%.2f,\"java\":\"%s\"}%n",
          serialRate,
          parallelRate,
          parallelRate / serialRate,
          Runtime.version().feature());
    }
  }

  private static void put(
      EmbeddedKinesis kinesis, KinesisAsyncClient client, String stream, int records) {
    kinesis.createStream(stream, 1);
    for (int from = 0; from < records; from += 500) {
      List<PutRecordsRequestEntry> entries = new ArrayList<>();
      for (int i = from; i < Math.min(records, from + 500); i++) {
        entries.add(
            PutRecordsRequestEntry.builder()
                .partitionKey("key-" + i % KEYS)
                .data(SdkBytes.fromUtf8String("record " + i))
                .build());
      }
      int refused =
          client.putRecords(r -> r.streamName(stream).records(entries)).join().failedRecordCount();
      if (refused > 0) {
        throw new IllegalStateException(refused + " records were refused by stream " + stream);
      }
    }
  }

  private static KinesisClientLibConfiguration configuration(
      EmbeddedKinesis kinesis, DynamoDbLocal dynamoDb, String stream) {
    return new KinesisClientLibConfiguration("bench-" + stream, stream, CREDENTIALS, "bench")
        .withRegionName("us-east-1")
        .withKinesisEndpoint(kinesis.endpoint().toString())
        .withDynamoDBEndpoint(dynamoDb.endpoint().toString())
        .withInitialPositionInStream(InitialPositionInStream.TRIM_HORIZON);
  }

  private static void run(
      KinesisClientLibConfiguration configuration,
      IRecordProcessorFactory factory,
      Progress progress)
      throws InterruptedException, ExecutionException {
    Worker worker = new Worker(factory, configuration);
    Thread thread = new Thread(worker, "bench-worker");
    thread.setDaemon(true);
    thread.start();
    progress.done.await();
    worker.startGracefulShutdown().get();
    thread.join();
  }
}
