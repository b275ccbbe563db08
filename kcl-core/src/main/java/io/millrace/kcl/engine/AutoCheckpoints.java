package io.millrace.kcl.engine;

import io.millrace.checkpoint.Checkpoint;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * Checkpoints what was processed, as often as the rule says, with one write under way at a time: a
 * checkpoint that becomes due meanwhile is written after it, for everything processed by then.
 * Never while a prepared checkpoint is open: that one is the processor's to commit. Lives on the
 * loop.
 */
final class AutoCheckpoints {

  private static final Runnable NO_TIMER = () -> {};

  private final CheckpointRule rule;
  private final ShardCheckpoints checkpoints;
  private final EventLoop loop;
  private Checkpoint processed;
  private long unsavedRecords;
  private boolean saving;
  private boolean due;
  private boolean closed;
  private Runnable cancelTimer = NO_TIMER;

  AutoCheckpoints(CheckpointRule rule, ShardCheckpoints checkpoints, EventLoop loop) {
    this.rule = rule;
    this.checkpoints = checkpoints;
    this.loop = loop;
    this.processed = checkpoints.accepted();
  }

  /** Everything up to {@code position}, so many records more, is done with. */
  void processed(Checkpoint position, long records) {
    processed = position;
    unsavedRecords += records;
    if (!rule.automatic()) {
      return;
    }
    if (unsavedRecords >= rule.everyRecords()) {
      save();
    } else if (cancelTimer == NO_TIMER && rule.everyMillis() != Long.MAX_VALUE) {
      cancelTimer =
          loop.after(
              rule.everyMillis(),
              () -> {
                cancelTimer = NO_TIMER;
                save();
              });
    }
  }

  private void save() {
    if (closed) {
      return;
    }
    if (saving || checkpoints.isPreparedHere()) {
      due = true;
      return;
    }
    Checkpoint position = processed;
    due = false;
    unsavedRecords = 0;
    cancelTimer.run();
    cancelTimer = NO_TIMER;
    if (!isAhead(position)) {
      return;
    }
    saving = true;
    loop.whenDone(
        checkpoints.upTo(position).checkpoint(position),
        (done, lost) -> {
          saving = false;
          if (due && lost == null) {
            save();
          }
        });
  }

  /**
   * The processor's last call, followed by a checkpoint of what was processed when it is made.
   *
   * @param call makes the call
   */
  CompletionStage<Void> withLast(Supplier<CompletionStage<Void>> call) {
    Checkpoint position = processed;
    CompletionStage<Void> returned = call.get();
    if (!rule.automatic()) {
      return returned;
    }
    // a prepared checkpoint is left for the successor, whether or not the call threw
    return returned
        .handle((nothing, error) -> error)
        .thenCompose(
            error ->
                (checkpoints.isPreparedHere() || !isAhead(position)
                        ? CompletableFuture.<Void>completedFuture(null)
                        : checkpoints.upTo(position).checkpoint(position))
                    .thenCompose(
                        saved ->
                            error == null
                                ? CompletableFuture.completedFuture(null)
                                : CompletableFuture.failedFuture(error)));
  }

  /** The call at the end of the shard, followed by the checkpoint that its processor left out. */
  CompletionStage<Void> withEnd(Supplier<CompletionStage<Void>> call) {
    CompletionStage<Void> returned = call.get();
    if (!rule.automatic()) {
      return returned;
    }
    return returned.thenCompose(
        nothing ->
            checkpoints.accepted().isShardEnd()
                ? CompletableFuture.completedFuture(null)
                : checkpoints.upTo(Checkpoint.SHARD_END).checkpoint(Checkpoint.SHARD_END));
  }

  void close() {
    closed = true;
    cancelTimer.run();
    cancelTimer = NO_TIMER;
  }

  private boolean isAhead(Checkpoint position) {
    return position.isRecord() && position.compareTo(checkpoints.accepted()) > 0;
  }
}
