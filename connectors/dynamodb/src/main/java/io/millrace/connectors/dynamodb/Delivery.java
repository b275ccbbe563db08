package io.millrace.connectors.dynamodb;

import io.millrace.connectors.sink.Outcome;
import io.millrace.connectors.sink.SinkException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * One call of {@code deliver}: what has become of its items so far. Guarded by the {@link
 * Dispatcher}'s lock, all but the future.
 */
final class Delivery {

  private final Outcome[] outcomes;
  private final CompletableFuture<List<Outcome>> future = new CompletableFuture<>();
  private int open;
  private boolean progress;
  private Throwable lastRetry;
  private SinkException trouble;

  /**
   * @param known what is decided before anything is sent, by index; null for what is to be written
   */
  Delivery(List<Outcome> known) {
    outcomes = known.toArray(new Outcome[0]);
    for (Outcome outcome : outcomes) {
      if (outcome == null) {
        open++;
      }
    }
  }

  CompletableFuture<List<Outcome>> future() {
    return future;
  }

  boolean isTroubled() {
    return trouble != null;
  }

  /** Nothing more of it is sent; what is under way is waited for. */
  void troubled(SinkException why) {
    if (trouble == null) {
      trouble = why;
    }
  }

  /** An item is not under way and will not be. */
  void dropped() {
    open--;
  }

  void settle(int index, Outcome outcome) {
    outcomes[index] = outcome;
    open--;
    if (outcome instanceof Outcome.Retry retry) {
      lastRetry = retry.why();
    } else {
      progress = true;
    }
  }

  boolean isOver() {
    return open == 0;
  }

  /** Called once, without the lock. */
  void complete() {
    if (trouble != null) {
      future.completeExceptionally(trouble);
    } else if (!progress && lastRetry != null) {
      // nothing got through at all: that is no item's fault
      future.completeExceptionally(
          lastRetry instanceof SinkException known
              ? known
              : SinkException.passing(lastRetry.getMessage(), lastRetry));
    } else {
      future.complete(Arrays.asList(outcomes));
    }
  }
}
