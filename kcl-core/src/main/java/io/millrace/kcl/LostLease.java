package io.millrace.kcl;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.engine.ShardCheckpointer;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.PendingCheckpoint;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What a processor gets to checkpoint with when its lease is lost: it refuses. */
record LostLease(LeaseKey shard, Checkpoint accepted) implements ShardCheckpointer {

  @Override
  public Checkpoint upTo() {
    return Checkpoint.SHARD_END; // any position that is not initial: it is refused all the same
  }

  @Override
  public CompletionStage<Void> checkpoint(Checkpoint position) {
    return refused();
  }

  @Override
  public CompletionStage<Void> prepare(PendingCheckpoint pending) {
    return refused();
  }

  @Override
  public Optional<PendingCheckpoint> pending() {
    return Optional.empty();
  }

  @Override
  public boolean isLeaseHeld() {
    return false;
  }

  private CompletionStage<Void> refused() {
    return CompletableFuture.failedFuture(
        new LeaseLostException("the lease was lost, another worker may be processing the shard"));
  }
}
