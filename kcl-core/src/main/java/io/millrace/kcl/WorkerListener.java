package io.millrace.kcl;

import io.millrace.kcl.health.ShardHealth;

/**
 * Told what happens to a worker's shards. Every method is called on the worker's own thread and
 * must return at once; what it throws is logged and ignored.
 */
public interface WorkerListener {

  /**
   * Records were lost to retention, or may have been: it overtook the checkpoint, or a closed shard
   * expired before it was read to its end. Reading goes on behind the gap.
   *
   * @param description which positions, in words
   */
  default void gap(String shardId, String description) {}

  /**
   * This worker holds a shard's lease now.
   *
   * @param fencingToken rises with every change of ownership
   */
  default void leaseTaken(String shardId, long fencingToken) {}

  /**
   * This worker does not hold a shard's lease any more: it was lost, handed over or released, or
   * the shard is finished.
   *
   * @param reason in words
   */
  default void leaseEnded(String shardId, String reason) {}

  /**
   * This worker stopped acting on its leases because no heartbeat of it got through in time, or
   * goes on because one did.
   *
   * @param fenced whether it has stopped
   */
  default void selfFenced(boolean fenced) {}

  /**
   * A shard has made no progress for {@link
   * KinesisClientLibConfiguration#withStallThresholdMillis}, or still makes none for another reason
   * now. Shards that nobody holds are told to one worker of the fleet, the one that audits the
   * table.
   */
  default void shardStalled(ShardHealth health) {}

  /** A shard that was told as stalled makes progress again. */
  default void shardMoves(ShardHealth health) {}

  /**
   * Records were given up by the {@link FailurePolicy}: their dead letters are stored, or they are
   * skipped. Processing goes on behind them.
   *
   * @param firstSequenceNumber of the first
   * @param count how many, at least 1
   * @param cause what the last call with them threw
   */
  default void recordsGivenUp(
      String shardId, String firstSequenceNumber, int count, Throwable cause) {}
}
