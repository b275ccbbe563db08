package io.millrace.kcl.engine;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.lease.PendingCheckpoint;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Moves the resume point of one shard. May be called from any thread; nothing blocks. Stages
 * complete when the store has answered, exceptionally with an {@link IllegalArgumentException} (the
 * position was not delivered, or lies before the checkpoint) or a {@link LeaseLostException}.
 */
public interface ShardCheckpointer {

  /**
   * The last position that this checkpointer was handed out with: what an unqualified checkpoint
   * means.
   */
  Checkpoint upTo();

  CompletionStage<Void> checkpoint(Checkpoint position);

  CompletionStage<Void> prepare(PendingCheckpoint pending);

  /** The newest checkpoint that the store accepted. */
  Checkpoint accepted();

  /** A prepared checkpoint that is not committed, if any. */
  Optional<PendingCheckpoint> pending();

  /** Whether the lease is still held, judged without I/O against the self-fencing deadline. */
  boolean isLeaseHeld();

  /** The lease is not held any more. */
  final class LeaseLostException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public LeaseLostException(String message) {
      super(message);
    }
  }
}
