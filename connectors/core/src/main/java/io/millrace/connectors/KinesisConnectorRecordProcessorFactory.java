package io.millrace.connectors;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.connectors.pipeline.ConnectorProcessorFactory;
import io.millrace.connectors.pipeline.ShardParts;
import io.millrace.kcl.IRecordProcessor;
import io.millrace.kcl.IRecordProcessorFactory;
import io.millrace.kcl.deadletter.DeadLetterDestination;
import io.millrace.kcl.deadletter.FileDeadLetters;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;

/**
 * Record processors that run a pipeline of the Kinesis Connector Library. Emitters are called off
 * the processing threads, a record that an emitter returns {@code retryLimit} times becomes a dead
 * letter, and the checkpoint passes a record when it is stored, filtered out, or a stored dead
 * letter.
 *
 * <p>Dead letters go into files below {@code dead-letters} in the working directory, unless another
 * destination is given.
 *
 * @param <T> what a record becomes
 * @param <U> what the destination takes
 */
public class KinesisConnectorRecordProcessorFactory<T, U>
    implements IRecordProcessorFactory, AutoCloseable {

  /** The most records that are stored at once, whatever the buffer says. */
  private static final long MAX_RECORDS = 20_000;

  private final ConnectorProcessorFactory<U> factory;
  private final FileDeadLetters ownDeadLetters;

  public KinesisConnectorRecordProcessorFactory(
      IKinesisConnectorPipeline<T, U> pipeline, KinesisConnectorConfiguration configuration) {
    this(
        pipeline,
        configuration,
        FileDeadLetters.builder(Path.of("dead-letters")).workerId(configuration.WORKER_ID).build(),
        null,
        true);
  }

  /**
   * @param deadLetters not closed by this factory
   * @param registry for the meters; null for none
   */
  public KinesisConnectorRecordProcessorFactory(
      IKinesisConnectorPipeline<T, U> pipeline,
      KinesisConnectorConfiguration configuration,
      DeadLetterDestination deadLetters,
      MeterRegistry registry) {
    this(pipeline, configuration, deadLetters, registry, false);
  }

  private KinesisConnectorRecordProcessorFactory(
      IKinesisConnectorPipeline<T, U> pipeline,
      KinesisConnectorConfiguration configuration,
      DeadLetterDestination deadLetters,
      MeterRegistry registry,
      boolean ownsDeadLetters) {
    Objects.requireNonNull(pipeline, "pipeline");
    ITransformerBase<T, U> transformer = pipeline.getTransformer(configuration);
    if (!(transformer instanceof ITransformer)
        && !(transformer instanceof ICollectionTransformer)) {
      throw new IllegalArgumentException(
          "The transformer must be an ITransformer or an ICollectionTransformer, and "
              + (transformer == null
                  ? "it is null"
                  : transformer.getClass().getName() + " is neither"));
    }
    this.ownDeadLetters = ownsDeadLetters ? (FileDeadLetters) deadLetters : null;
    IBuffer<T> limits = pipeline.getBuffer(configuration);
    long age = limits.getMillisecondsToBuffer();
    Duration backoff = Duration.ofMillis(configuration.BACKOFF_INTERVAL);
    ConnectorProcessorFactory.Builder<U> builder =
        ConnectorProcessorFactory.<U>builder(
                configuration.KINESIS_INPUT_STREAM,
                PortedEmitter.NAME,
                () -> parts(pipeline, configuration))
            .bufferItems((int) Math.max(1, Math.min(MAX_RECORDS, limits.getNumRecordsToBuffer())))
            .bufferBytes(Math.max(1, Math.min(5L << 30, limits.getBytesToBuffer())))
            .bufferAge(age == Long.MAX_VALUE ? null : Duration.ofMillis(Math.max(1, age)))
            .maxAttempts((int) configuration.RETRY_LIMIT)
            .backoff(backoff, backoff)
            .deadLetters(deadLetters);
    if (registry != null) {
      builder.meterRegistry(registry);
    }
    this.factory = builder.build();
  }

  private static <T, U> ShardParts<U> parts(
      IKinesisConnectorPipeline<T, U> pipeline, KinesisConnectorConfiguration configuration) {
    IBuffer<T> buffer = pipeline.getBuffer(configuration);
    PortedShard<T, U> shard =
        new PortedShard<>(
            pipeline.getTransformer(configuration), pipeline.getFilter(configuration), buffer);
    return new ShardParts<>(
        new PortedEmitter<>(pipeline.getEmitter(configuration), buffer), shard, shard);
  }

  @Override
  public IRecordProcessor createProcessor() {
    return factory.createProcessor();
  }

  @Override
  public boolean checkpointsItself() {
    return true;
  }

  /** Ends the threads that it has made. Call it when the worker has ended. */
  @Override
  public void close() {
    factory.close();
    if (ownDeadLetters != null) {
      ownDeadLetters.close();
    }
  }
}
