package io.millrace.connectors;

import io.millrace.kcl.KinesisClientLibConfiguration;
import io.millrace.kcl.Worker;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/**
 * Runs a pipeline of the Kinesis Connector Library in a worker. A subclass calls {@link
 * #initialize} in its constructor, and says where the processors come from.
 *
 * @param <T> what a record becomes
 * @param <U> what the destination takes
 */
public abstract class KinesisConnectorExecutorBase<T, U> implements Runnable {

  private KinesisConnectorConfiguration configuration;
  private KinesisClientLibConfiguration workerConfiguration;
  private final CompletableFuture<Worker> running = new CompletableFuture<>();

  /** Where the processors come from; called once, by {@link #run}. */
  public abstract KinesisConnectorRecordProcessorFactory<T, U>
      getKinesisConnectorRecordProcessorFactory();

  /**
   * To be called before {@link #run}.
   *
   * @throws IllegalArgumentException if the worker does not take a setting
   */
  protected void initialize(KinesisConnectorConfiguration configuration) {
    this.configuration = Objects.requireNonNull(configuration, "configuration");
    KinesisClientLibConfiguration worker =
        new KinesisClientLibConfiguration(
                configuration.APP_NAME,
                configuration.KINESIS_INPUT_STREAM,
                configuration.AWS_CREDENTIALS_PROVIDER,
                configuration.WORKER_ID)
            .withRegionName(configuration.REGION_NAME)
            .withInitialPositionInStream(configuration.INITIAL_POSITION_IN_STREAM)
            .withFailoverTimeMillis(configuration.FAILOVER_TIME)
            .withMaxRecords((int) configuration.MAX_RECORDS)
            .withRegisterShutdownHook(true);
    if (configuration.KINESIS_ENDPOINT != null) {
      worker = worker.withKinesisEndpoint(configuration.KINESIS_ENDPOINT);
    }
    this.workerConfiguration = adjust(worker);
  }

  /**
   * Changes the worker's settings; a subclass overrides it. By default nothing changes.
   *
   * @return what the worker is started with
   */
  protected KinesisClientLibConfiguration adjust(KinesisClientLibConfiguration worker) {
    return worker;
  }

  /** What was given to {@link #initialize}. */
  protected KinesisConnectorConfiguration configuration() {
    return configuration;
  }

  /**
   * Runs until the worker ends: on SIGTERM, or because it cannot go on, which throws.
   *
   * @throws IllegalStateException if it was not initialized
   */
  @Override
  public void run() {
    if (workerConfiguration == null) {
      throw new IllegalStateException(
          "initialize(configuration) was not called; a subclass calls it in its constructor");
    }
    try (KinesisConnectorRecordProcessorFactory<T, U> factory =
        getKinesisConnectorRecordProcessorFactory()) {
      Worker worker = new Worker(factory, workerConfiguration);
      running.complete(worker);
      worker.run();
    }
  }

  /**
   * Has the worker store what it has taken in, hand its shards over and end, as soon as it runs.
   * Returns at once; {@link #run} returns when that is done.
   */
  public void stop() {
    running.thenAccept(Worker::startGracefulShutdown);
  }
}
