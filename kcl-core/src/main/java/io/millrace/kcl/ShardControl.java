package io.millrace.kcl;

/**
 * What a record processor can do about its own shard. Given to {@link
 * IRecordProcessor#initialize(InitializationInput)}; every method may be called from any thread, at
 * any time, and returns at once.
 *
 * <pre>{@code
 * public void initialize(InitializationInput input) {
 *   ShardControl shard = input.getShardControl();
 *   database.onOutage(() -> shard.pause("the database is down"), shard::resume);
 * }
 * }</pre>
 */
public interface ShardControl {

  /**
   * No further records are delivered until {@link #resume}. A call under way goes on, the lease is
   * kept and its heartbeats go on, reading stops once the prefetched batches are full, and a
   * hand-over or the loss of the lease is told as ever. The pause ends with the lease: whoever
   * holds the shard next begins without it.
   *
   * @param reason for the log, and for whoever asks why the shard stands still; not null
   */
  void pause(String reason);

  /** Goes on after a {@link #pause}; without one it does nothing. */
  void resume();

  /**
   * Whether the lease is still held, as far as this worker can know without asking anybody; as
   * {@link IRecordProcessorCheckpointer#isLeaseHeld()}.
   */
  boolean isLeaseHeld();
}
