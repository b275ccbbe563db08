package io.millrace.kcl;

import io.millrace.checkpoint.Checkpoint;

/**
 * A checkpoint that was prepared: the intention is stored on the lease, the resume point has not
 * moved. If the worker dies between the two, the successor finds it in {@link
 * InitializationInput#getPendingCheckpoint()}.
 */
public interface IPreparedCheckpointer {

  /** The position that was prepared. */
  Checkpoint getPendingCheckpoint();

  /**
   * Moves the resume point to the prepared position and drops the prepared one. Blocks until the
   * lease table has answered; may be called from any thread.
   *
   * @throws ShutdownException if the lease is not held any more
   * @throws InvalidStateException if it cannot be stored
   * @throws ThrottlingException declared for code written for the Kinesis Client Library
   * @throws KinesisClientLibDependencyException if the waiting thread was interrupted
   * @throws IllegalArgumentException if the checkpoint has moved past the position already
   */
  void checkpoint()
      throws KinesisClientLibDependencyException,
          InvalidStateException,
          ThrottlingException,
          ShutdownException;
}
