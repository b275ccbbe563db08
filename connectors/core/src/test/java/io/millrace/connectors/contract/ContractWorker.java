package io.millrace.connectors.contract;

import io.millrace.childserver.Child;
import io.millrace.connectors.contract.LeaseRow.Moment;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.pipeline.ConnectorProcessorFactory;
import io.millrace.connectors.sink.Sink;
import io.millrace.kcl.IPreparedCheckpointer;
import io.millrace.kcl.IRecordProcessor;
import io.millrace.kcl.IRecordProcessorCheckpointer;
import io.millrace.kcl.IRecordProcessorFactory;
import io.millrace.kcl.InitialPositionInStream;
import io.millrace.kcl.InitializationInput;
import io.millrace.kcl.KinesisClientLibConfiguration;
import io.millrace.kcl.ProcessRecordsInput;
import io.millrace.kcl.Record;
import io.millrace.kcl.ShutdownException;
import io.millrace.kcl.Worker;
import io.millrace.kcl.deadletter.FileDeadLetters;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;

/** A worker in a process of its own, which ends without a word at a moment that it is told. */
final class ContractWorker {

  /** As after a SIGKILL. */
  static final int KILLED = 137;

  /**
   * @param moment null for never
   * @param times the moment comes so often before
   */
  record Setting(
      String driver,
      String destination,
      String stream,
      String worker,
      URI kinesis,
      URI dynamoDb,
      Path letters,
      Moment moment,
      int times,
      int limit) {

    List<String> arguments() {
      return List.of(
          driver,
          destination,
          stream,
          worker,
          kinesis.toString(),
          dynamoDb.toString(),
          letters.toString(),
          moment == null ? "never" : moment.name(),
          Integer.toString(times),
          Integer.toString(limit));
    }

    static Setting of(String[] a) {
      return new Setting(
          a[0],
          a[1],
          a[2],
          a[3],
          URI.create(a[4]),
          URI.create(a[5]),
          Path.of(a[6]),
          a[7].equals("never") ? null : Moment.valueOf(a[7]),
          Integer.parseInt(a[8]),
          Integer.parseInt(a[9]));
    }
  }

  private ContractWorker() {}

  public static void main(String[] args) throws Exception {
    Setting setting = Setting.of(args);
    Child.endWithParent(() -> Runtime.getRuntime().halt(3));
    AtomicInteger seen = new AtomicInteger();
    Consumer<Moment> watcher =
        now -> {
          if (now == setting.moment() && seen.incrementAndGet() == setting.times()) {
            Runtime.getRuntime().halt(KILLED);
          }
        };
    SinkDriver driver = (SinkDriver) Class.forName(setting.driver()).getConstructor().newInstance();
    try (Sink<Message> real = driver.open(setting.destination());
        FileDeadLetters letters =
            FileDeadLetters.builder(setting.letters()).workerId(setting.worker()).build();
        ConnectorProcessorFactory<Message> factory =
            ConnectorProcessorFactory.builder(
                    setting.stream(),
                    WatchedSink.of(
                        real,
                        WatchedSink.watching(
                            () -> watcher.accept(Moment.BEFORE_SINK),
                            () -> watcher.accept(Moment.AFTER_SINK))),
                    ContractRecords.transform(driver))
                .bufferItems(setting.limit())
                .bufferAge(Duration.ofMillis(300))
                .idleCheckpointInterval(Duration.ofMillis(300))
                .deadLetters(
                    letter -> {
                      watcher.accept(Moment.BEFORE_LETTERS);
                      return letters
                          .store(letter)
                          .thenRun(() -> watcher.accept(Moment.AFTER_LETTERS));
                    })
                .build()) {
      new Worker(watched(factory, watcher), configuration(setting)).run();
    }
    System.exit(0);
  }

  private static KinesisClientLibConfiguration configuration(Setting setting) {
    return new KinesisClientLibConfiguration(
            "contract-" + setting.stream(),
            setting.stream(),
            StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")),
            setting.worker())
        .withRegionName("us-east-1")
        .withKinesisEndpoint(setting.kinesis().toString())
        .withDynamoDBEndpoint(setting.dynamoDb().toString())
        .withInitialPositionInStream(InitialPositionInStream.TRIM_HORIZON)
        .withFailoverTimeMillis(3_000)
        .withRegisterShutdownHook(true);
  }

  /** Looks at what is written into the lease. */
  private static IRecordProcessorFactory watched(
      ConnectorProcessorFactory<Message> factory, Consumer<Moment> watcher) {
    return new IRecordProcessorFactory() {
      @Override
      public IRecordProcessor createProcessor() {
        return new WatchedProcessor(factory.createProcessor(), watcher);
      }

      @Override
      public boolean checkpointsItself() {
        return factory.checkpointsItself();
      }
    };
  }

  private record WatchedProcessor(IRecordProcessor processor, Consumer<Moment> watcher)
      implements IRecordProcessor {

    @Override
    public void initialize(InitializationInput input) throws Exception {
      processor.initialize(input);
    }

    @Override
    public void processRecords(List<Record> records, IRecordProcessorCheckpointer checkpointer)
        throws Exception {
      processor.processRecords(records, new WatchedCheckpointer(checkpointer, watcher));
    }

    @Override
    public void processRecords(ProcessRecordsInput input) throws Exception {
      processRecords(input.getRecords(), input.getCheckpointer());
    }

    @Override
    public void shardEnded(IRecordProcessorCheckpointer checkpointer) throws Exception {
      processor.shardEnded(new WatchedCheckpointer(checkpointer, watcher));
    }

    @Override
    public void shutdownRequested(IRecordProcessorCheckpointer checkpointer) throws Exception {
      processor.shutdownRequested(new WatchedCheckpointer(checkpointer, watcher));
    }

    @Override
    public void leaseLost(IRecordProcessorCheckpointer checkpointer) throws Exception {
      processor.leaseLost(checkpointer);
    }

    @Override
    public void leaseEnding() {
      processor.leaseEnding();
    }
  }

  private static final class WatchedCheckpointer extends NoCheckpointer {
    private final IRecordProcessorCheckpointer checkpointer;
    private final Consumer<Moment> watcher;

    WatchedCheckpointer(IRecordProcessorCheckpointer checkpointer, Consumer<Moment> watcher) {
      this.checkpointer = checkpointer;
      this.watcher = watcher;
    }

    @Override
    public void checkpoint() throws ShutdownException {
      try {
        checkpointer.checkpoint();
      } catch (ShutdownException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void checkpoint(String sequenceNumber, long subSequenceNumber) throws ShutdownException {
      watcher.accept(Moment.BEFORE_CHECKPOINT);
      try {
        checkpointer.checkpoint(sequenceNumber, subSequenceNumber);
      } catch (ShutdownException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
      watcher.accept(Moment.AFTER_CHECKPOINT);
    }

    @Override
    public IPreparedCheckpointer prepareCheckpoint(
        String sequenceNumber, long subSequenceNumber, byte[] state) throws ShutdownException {
      watcher.accept(Moment.BEFORE_PREPARE);
      IPreparedCheckpointer prepared;
      try {
        prepared = checkpointer.prepareCheckpoint(sequenceNumber, subSequenceNumber, state);
      } catch (ShutdownException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
      watcher.accept(Moment.AFTER_PREPARE);
      return prepared;
    }

    @Override
    public boolean isLeaseHeld() {
      return checkpointer.isLeaseHeld();
    }
  }
}
