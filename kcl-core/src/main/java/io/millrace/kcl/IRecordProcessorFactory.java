package io.millrace.kcl;

/** Makes the record processors of a worker, one for each shard that it takes. */
@FunctionalInterface
public interface IRecordProcessorFactory {

  /**
   * Makes a processor for one shard. Called on a processing thread whenever this worker takes a
   * lease, possibly on several threads at once; it may block.
   *
   * @return a new object at every call, not null. If it is null or this throws, the worker says so
   *     and tries again with backoff; other shards are not affected
   */
  IRecordProcessor createProcessor();

  /**
   * Whether its processors return from {@code processRecords} before the records are done, and
   * checkpoint by themselves. Then an automatic {@link CheckpointPolicy} would pass records that
   * are still under way, and a {@link Worker} refuses the two together.
   */
  default boolean checkpointsItself() {
    return false;
  }
}
