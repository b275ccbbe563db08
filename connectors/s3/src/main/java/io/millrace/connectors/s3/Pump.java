package io.millrace.connectors.s3;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.IntFunction;

/** Starts a number of steps, a few at a time, on the executor's threads. */
final class Pump {
  private final int count;
  private final Executor executor;
  private final IntFunction<CompletionStage<?>> step;
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private int next;
  private int running;
  private Throwable failure;

  private Pump(int count, Executor executor, IntFunction<CompletionStage<?>> step) {
    this.count = count;
    this.executor = executor;
    this.step = step;
  }

  /**
   * @return completes when all steps have; after one has failed no other is started, and the stage
   *     fails with it once none is under way any more
   */
  static CompletionStage<Void> run(
      int count, int atATime, Executor executor, IntFunction<CompletionStage<?>> step) {
    Pump pump = new Pump(count, executor, step);
    if (count == 0) {
      pump.done.complete(null);
    }
    for (int i = 0; i < Math.min(count, atATime); i++) {
      pump.startNext();
    }
    return pump.done;
  }

  private void startNext() {
    int index;
    synchronized (this) {
      if (failure != null || next == count) {
        return;
      }
      index = next++;
      running++;
    }
    CompletionStage<?> started;
    try {
      started = step.apply(index);
    } catch (RuntimeException | Error e) {
      started = CompletableFuture.failedFuture(e);
    }
    started.whenCompleteAsync((result, error) -> finished(error), executor);
  }

  private void finished(Throwable error) {
    boolean over;
    synchronized (this) {
      running--;
      if (error != null && failure == null) {
        failure = S3Errors.cause(error);
      }
      over = running == 0 && (failure != null || next == count);
    }
    if (!over) {
      startNext();
    } else if (failure == null) {
      done.complete(null);
    } else {
      done.completeExceptionally(failure);
    }
  }
}
