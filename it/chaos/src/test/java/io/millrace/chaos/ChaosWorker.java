package io.millrace.chaos;

import io.millrace.childserver.Child;
import io.millrace.kcl.InitialPositionInStream;
import io.millrace.kcl.KinesisClientLibConfiguration;
import io.millrace.kcl.Worker;
import io.millrace.kcl.WorkerListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;

/**
 * One worker process of a chaos run: a {@link Worker} with default settings. SIGTERM hands its
 * shards over and ends it; the end of standard input, which means that the run is gone, ends it at
 * once.
 */
final class ChaosWorker {

  /** What a worker process is told. */
  record Setting(
      String application, String stream, String worker, URI kinesis, URI dynamoDb, Path ledger) {

    List<String> arguments() {
      return List.of(
          application, stream, worker, kinesis.toString(), dynamoDb.toString(), ledger.toString());
    }

    static Setting of(String[] a) {
      if (a.length != 6) {
        throw new IllegalArgumentException(
            "6 arguments are needed (application, stream, worker, Kinesis, DynamoDB, ledger),"
                + " not "
                + a.length);
      }
      return new Setting(a[0], a[1], a[2], URI.create(a[3]), URI.create(a[4]), Path.of(a[5]));
    }
  }

  private ChaosWorker() {}

  public static void main(String[] args) throws IOException {
    Setting setting = Setting.of(args);
    Child.endWithParent(() -> Runtime.getRuntime().halt(3));
    InstantSource clock = InstantSource.system();
    try (LedgerFile ledger = new LedgerFile(setting.ledger())) {
      ledger.append(new LedgerLine.Run(clock.millis(), setting.worker()));
      Told told = new Told(ledger, clock);
      AtomicInteger stints = new AtomicInteger();
      Worker.builder()
          .recordProcessorFactory(
              () -> new ChaosProcessor(ledger, stints.incrementAndGet(), told, clock))
          .config(configuration(setting))
          .listener(told)
          .build()
          .run();
    } catch (RuntimeException e) {
      System.err.println("Worker " + setting.worker() + " cannot go on:");
      e.printStackTrace();
      System.exit(1);
    }
    System.exit(0);
  }

  private static KinesisClientLibConfiguration configuration(Setting setting) {
    return new KinesisClientLibConfiguration(
            setting.application(),
            setting.stream(),
            StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")),
            setting.worker())
        .withRegionName("us-east-1")
        .withKinesisEndpoint(setting.kinesis().toString())
        .withDynamoDBEndpoint(setting.dynamoDb().toString())
        .withInitialPositionInStream(InitialPositionInStream.TRIM_HORIZON)
        .withRegisterShutdownHook(true);
  }

  /** Knows the tokens, and writes down what the worker says about itself. */
  private static final class Told implements WorkerListener, ChaosProcessor.Tokens {
    private final LedgerFile ledger;
    private final InstantSource clock;
    private final Map<String, Long> tokens = new ConcurrentHashMap<>();

    Told(LedgerFile ledger, InstantSource clock) {
      this.ledger = ledger;
      this.clock = clock;
    }

    @Override
    public long of(String shard) {
      return Objects.requireNonNull(tokens.get(shard), "a processor for a lease not taken");
    }

    @Override
    public void leaseTaken(String shardId, long fencingToken) {
      tokens.put(shardId, fencingToken);
    }

    @Override
    public void selfFenced(boolean fenced) {
      write(fenced ? "fenced" : "goes-on", LedgerLine.NONE);
    }

    @Override
    public void gap(String shardId, String description) {
      write("gap", shardId);
    }

    private void write(String name, String shard) {
      try {
        ledger.append(new LedgerLine.Event(clock.millis(), name, shard));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
