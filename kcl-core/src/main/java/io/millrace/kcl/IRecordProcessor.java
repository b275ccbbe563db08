package io.millrace.kcl;

import java.util.List;

/**
 * Processes the records of one shard. Only {@link #processRecords(List,
 * IRecordProcessorCheckpointer)} must be written; every other method has a default.
 *
 * <pre>{@code
 * class Printer implements IRecordProcessor {
 *   public void processRecords(List<Record> records, IRecordProcessorCheckpointer checkpointer)
 *       throws Exception {
 *     for (Record record : records) {
 *       System.out.println(record.getPartitionKey());
 *     }
 *     checkpointer.checkpoint();
 *   }
 * }
 * }</pre>
 *
 * <p>The worker calls the rich form of each method; a default hands on to a simpler one, never
 * back:
 *
 * <pre>
 * initialize(InitializationInput)       → initialize(String)
 * processRecords(ProcessRecordsInput)   → processRecords(List, IRecordProcessorCheckpointer)
 * shardEnded, shutdownRequested, leaseLost
 *                → shutdown(ShutdownInput) → shutdown(IRecordProcessorCheckpointer, ShutdownReason)
 * </pre>
 *
 * <p>Calls come on processing threads, may block, and never overlap for one processor, except
 * {@link #leaseEnding}. What one call wrote, the next one sees. A shard's records come in order,
 * and at least once: after a crash, or when a lease changes hands, those behind the last checkpoint
 * come again. For a moment two workers may process one shard (think of a machine that was
 * suspended); only one of them can checkpoint.
 */
public interface IRecordProcessor {

  /**
   * Called once before the first records.
   *
   * @param shardId the shard
   * @throws Exception anything: it is logged, and this is called again with backoff
   */
  default void initialize(String shardId) throws Exception {}

  /** Like {@link #initialize(String)}, with the position that processing resumes from. */
  default void initialize(InitializationInput input) throws Exception {
    initialize(input.getShardId());
  }

  /**
   * Processes a batch.
   *
   * @param records in the order of the shard; not modifiable; empty only if the configuration asks
   *     for empty batches
   * @param checkpointer of this batch
   * @throws Exception anything, errors included: the same records are delivered again with backoff,
   *     with fresh buffers. Nothing is skipped
   */
  void processRecords(List<Record> records, IRecordProcessorCheckpointer checkpointer)
      throws Exception;

  /**
   * Like {@link #processRecords(List, IRecordProcessorCheckpointer)}, with more about the batch.
   */
  default void processRecords(ProcessRecordsInput input) throws Exception {
    processRecords(input.getRecords(), input.getCheckpointer());
  }

  /**
   * Called when there will be no more records, and why.
   *
   * <p>The default checkpoints at the end of a shard ({@link ShutdownReason#TERMINATE}) and does
   * nothing otherwise. <b>A processor that keeps records in memory must override it</b>, and write
   * them out before it checkpoints: otherwise they are lost when the shard ends. One that overrides
   * it and does not checkpoint at the end of the shard is called again, with a warning.
   *
   * @param checkpointer refuses everything if the reason is {@link ShutdownReason#ZOMBIE}
   */
  default void shutdown(IRecordProcessorCheckpointer checkpointer, ShutdownReason reason)
      throws Exception {
    if (reason == ShutdownReason.TERMINATE) {
      checkpointer.checkpoint();
    }
  }

  /** Like {@link #shutdown(IRecordProcessorCheckpointer, ShutdownReason)}. */
  default void shutdown(ShutdownInput input) throws Exception {
    shutdown(input.getCheckpointer(), input.getShutdownReason());
  }

  /**
   * Every record of the shard was delivered. The shard is finished, and its children start, when
   * the end was checkpointed.
   *
   * @throws Exception anything: this is called again with backoff
   */
  default void shardEnded(IRecordProcessorCheckpointer checkpointer) throws Exception {
    shutdown(new ShutdownInput(checkpointer, ShutdownReason.TERMINATE));
  }

  /**
   * The lease goes to another worker when this returns: a last chance to write out and checkpoint.
   * A processor that has not returned by {@link
   * KinesisClientLibConfiguration#withShutdownGraceMillis} is abandoned.
   *
   * @throws Exception anything: it is logged, and the lease goes
   */
  default void shutdownRequested(IRecordProcessorCheckpointer checkpointer) throws Exception {
    shutdown(new ShutdownInput(checkpointer, ShutdownReason.REQUESTED));
  }

  /**
   * The lease was lost. Release what was opened; do not write anything out, since the next owner
   * processes the same records.
   *
   * @param checkpointer refuses everything
   * @throws Exception anything: it is logged
   */
  default void leaseLost(IRecordProcessorCheckpointer checkpointer) throws Exception {
    shutdown(new ShutdownInput(checkpointer, ShutdownReason.ZOMBIE));
  }

  /**
   * Tells early that the lease is going away, or gone: whatever is under way can be cut short. The
   * only method that may be called while another one runs, on another thread. It is followed by
   * {@link #shutdownRequested} or {@link #leaseLost}.
   */
  default void leaseEnding() {}
}
