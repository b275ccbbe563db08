package io.millrace.kcl.engine;

import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * One shard's record processor as the engine sees it. The engine calls on its loop thread and never
 * has two calls of one processor under way; a call must not block, its stage completes on any
 * thread when the user's code has returned or thrown.
 */
public interface ShardProcessor {

  CompletionStage<Void> initialize(ShardStart start);

  /** May be called again with the same batch if it failed. */
  CompletionStage<Void> process(Batch batch, ShardCheckpointer checkpointer);

  /** Stores records that are not delivered again. May be called again with the same ones. */
  CompletionStage<Void> giveUp(GivenUp records);

  /**
   * Every record was delivered. The shard is finished only when {@code SHARD_END} has been
   * checkpointed; otherwise this is called again.
   */
  CompletionStage<Void> shardEnded(ShardCheckpointer checkpointer);

  /** The last call before the lease is handed over; checkpoints are still accepted. */
  CompletionStage<Void> shutdownRequested(ShardCheckpointer checkpointer);

  /** The last call after the lease was lost; checkpoints are refused. */
  CompletionStage<Void> leaseLost();

  /**
   * The lease is going away, or gone; may come at any time, on the loop thread, beside a call. Must
   * return at once.
   */
  void leaseEnding();

  /** Where in the user's code the call under way is, in words; empty if that is not known. */
  default Optional<String> where() {
    return Optional.empty();
  }
}
