package io.millrace.kcl;

/**
 * Moves the resume point of one shard. Everything up to and including a checkpoint is never
 * delivered again; everything behind it is, whenever another worker takes over or this one starts
 * anew.
 *
 * <p>A checkpointer belongs to the call it was handed to. With a batch, "everything" means up to
 * the last record of that batch: a late call from another thread never covers a batch that is still
 * being processed. At the end of a shard it means the end of the shard.
 *
 * <p>Every method may be called from any thread, also after the call it was handed to has returned,
 * and blocks until the lease table has answered; while the table is out of reach the write is
 * repeated for as long as the lease is held. Checkpoints do not go backwards. All forms throw:
 *
 * <ul>
 *   <li>{@link ShutdownException} (checked) if the lease is not held any more: stop working on this
 *       shard,
 *   <li>{@link InvalidStateException} (checked) if it cannot be stored and repeating cannot help,
 *   <li>{@link KinesisClientLibDependencyException} if the waiting thread was interrupted (its
 *       interrupt flag is set again): whether it was stored is not known, repeating is safe,
 *   <li>{@link ThrottlingException}: declared for code written for the Kinesis Client Library;
 *       Millrace repeats throttled writes by itself,
 *   <li>{@link IllegalArgumentException} if the position was not delivered to this processor, or
 *       lies before the checkpoint.
 * </ul>
 */
public interface IRecordProcessorCheckpointer {

  /**
   * Checkpoints the last record of the batch that this checkpointer came with, or the end of the
   * shard.
   */
  void checkpoint()
      throws KinesisClientLibDependencyException,
          InvalidStateException,
          ThrottlingException,
          ShutdownException;

  /** Checkpoints one record: it and everything before it. */
  void checkpoint(Record record)
      throws KinesisClientLibDependencyException,
          InvalidStateException,
          ThrottlingException,
          ShutdownException;

  /**
   * Checkpoints a sequence number, with sub-sequence number 0. Of a record that aggregates several,
   * the first is covered; the others are delivered again after a restart.
   */
  void checkpoint(String sequenceNumber)
      throws KinesisClientLibDependencyException,
          InvalidStateException,
          ThrottlingException,
          ShutdownException;

  /** Checkpoints a position within a record that aggregates several. */
  void checkpoint(String sequenceNumber, long subSequenceNumber)
      throws KinesisClientLibDependencyException,
          InvalidStateException,
          ThrottlingException,
          ShutdownException;

  /** Stores the intention to checkpoint what {@link #checkpoint()} would. */
  IPreparedCheckpointer prepareCheckpoint()
      throws KinesisClientLibDependencyException,
          InvalidStateException,
          ThrottlingException,
          ShutdownException;

  /**
   * Like {@link #prepareCheckpoint()}, with application state.
   *
   * @param applicationState what a successor needs in order to finish the work; stored with the
   *     lease, copied, at most a few kilobytes; null for none
   */
  IPreparedCheckpointer prepareCheckpoint(byte[] applicationState)
      throws KinesisClientLibDependencyException,
          InvalidStateException,
          ThrottlingException,
          ShutdownException;

  /** Stores the intention to checkpoint one record. */
  IPreparedCheckpointer prepareCheckpoint(Record record)
      throws KinesisClientLibDependencyException,
          InvalidStateException,
          ThrottlingException,
          ShutdownException;

  /**
   * Like {@link #prepareCheckpoint(Record)}, with application state.
   *
   * @param applicationState what a successor needs in order to finish the work; stored with the
   *     lease, copied, at most a few kilobytes; null for none
   */
  IPreparedCheckpointer prepareCheckpoint(Record record, byte[] applicationState)
      throws KinesisClientLibDependencyException,
          InvalidStateException,
          ThrottlingException,
          ShutdownException;

  /** Stores the intention to checkpoint a sequence number, with sub-sequence number 0. */
  IPreparedCheckpointer prepareCheckpoint(String sequenceNumber)
      throws KinesisClientLibDependencyException,
          InvalidStateException,
          ThrottlingException,
          ShutdownException;

  /**
   * Like {@link #prepareCheckpoint(String)}, with application state.
   *
   * @param applicationState what a successor needs in order to finish the work; stored with the
   *     lease, copied, at most a few kilobytes; null for none
   */
  IPreparedCheckpointer prepareCheckpoint(String sequenceNumber, byte[] applicationState)
      throws KinesisClientLibDependencyException,
          InvalidStateException,
          ThrottlingException,
          ShutdownException;

  /** Stores the intention to checkpoint a position within a record that aggregates several. */
  IPreparedCheckpointer prepareCheckpoint(String sequenceNumber, long subSequenceNumber)
      throws KinesisClientLibDependencyException,
          InvalidStateException,
          ThrottlingException,
          ShutdownException;

  /**
   * Like {@link #prepareCheckpoint(String, long)}, with application state.
   *
   * @param applicationState what a successor needs in order to finish the work; stored with the
   *     lease, copied, at most a few kilobytes; null for none
   */
  IPreparedCheckpointer prepareCheckpoint(
      String sequenceNumber, long subSequenceNumber, byte[] applicationState)
      throws KinesisClientLibDependencyException,
          InvalidStateException,
          ThrottlingException,
          ShutdownException;

  /**
   * Whether the lease is still held, as far as this worker can know without asking anybody. Costs
   * nothing. False means: do not begin anything that the next owner of the shard would do again.
   */
  boolean isLeaseHeld();
}
