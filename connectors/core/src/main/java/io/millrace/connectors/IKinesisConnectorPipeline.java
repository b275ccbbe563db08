package io.millrace.connectors;

/**
 * The parts of a pipeline. Every method is called once for each shard, and none of the parts is
 * called by two threads at a time.
 *
 * @param <T> what a record becomes
 * @param <U> what the destination takes
 */
public interface IKinesisConnectorPipeline<T, U> {

  /** Stores. */
  IEmitter<U> getEmitter(KinesisConnectorConfiguration configuration);

  /** Says when to store. */
  IBuffer<T> getBuffer(KinesisConnectorConfiguration configuration);

  /** Makes of a record what is filtered, and of that what is stored. */
  ITransformerBase<T, U> getTransformer(KinesisConnectorConfiguration configuration);

  /** Says what is stored. */
  IFilter<T> getFilter(KinesisConnectorConfiguration configuration);
}
