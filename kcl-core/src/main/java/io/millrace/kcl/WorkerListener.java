package io.millrace.kcl;

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
}
