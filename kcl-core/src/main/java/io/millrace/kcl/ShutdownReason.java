package io.millrace.kcl;

/** Why a record processor gets no more records. */
public enum ShutdownReason {
  /**
   * The shard was split or merged and every record of it has been delivered. The processor must
   * checkpoint, or its children do not start.
   */
  TERMINATE,
  /** The lease was lost: another worker may be processing the shard. Checkpoints are refused. */
  ZOMBIE,
  /**
   * The lease is about to be handed to another worker, or this worker stops. Checkpoints are
   * accepted until the call returns.
   */
  REQUESTED
}
