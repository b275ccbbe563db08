package io.millrace.kcl;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.engine.ShardCheckpointer;
import io.millrace.lease.PendingCheckpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Takes every checkpoint down and answers as it is told. */
class FakeShardCheckpointer implements ShardCheckpointer {

  final List<Checkpoint> checkpoints = new ArrayList<>();
  final List<PendingCheckpoint> prepared = new ArrayList<>();
  volatile CompletableFuture<Void> answer = CompletableFuture.completedFuture(null);
  volatile boolean held = true;
  private final Checkpoint upTo;

  FakeShardCheckpointer(Checkpoint upTo) {
    this.upTo = upTo;
  }

  @Override
  public Checkpoint upTo() {
    return upTo;
  }

  @Override
  public CompletionStage<Void> checkpoint(Checkpoint position) {
    checkpoints.add(position);
    return answer;
  }

  @Override
  public CompletionStage<Void> prepare(PendingCheckpoint pending) {
    prepared.add(pending);
    return answer;
  }

  @Override
  public Checkpoint accepted() {
    return checkpoints.isEmpty()
        ? Checkpoint.TRIM_HORIZON
        : checkpoints.get(checkpoints.size() - 1);
  }

  @Override
  public Optional<PendingCheckpoint> pending() {
    return Optional.empty();
  }

  @Override
  public boolean isLeaseHeld() {
    return held;
  }
}
