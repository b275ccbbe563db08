package io.millrace.kcl.engine;

import io.millrace.kcl.time.Scheduler;
import io.millrace.lease.LeaseStoreException;
import java.util.Queue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * The inbox of one worker and the thread that empties it. Everything that changes the worker's
 * state runs here, one event after another, so that nothing in the engine needs a lock.
 *
 * <p>The inbox has no bound of its own; what can be in it is bounded by what posts: calls under way
 * to the store and the stream, one call to each processor, timers, and user threads, which wait for
 * their checkpoint.
 */
final class EventLoop {

  /** So that one turn ends and timers are looked at, however much arrives. */
  private static final int MAX_EVENTS_A_TURN = 1_000;

  private final Executor executor;
  private final Scheduler scheduler;
  private final Runnable afterTurn;
  private final Consumer<Throwable> onDefect;
  private final Queue<Runnable> inbox = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean scheduled = new AtomicBoolean();

  /**
   * @param afterTurn decides what to do next, after the inbox was emptied
   * @param onDefect told of an exception that an event let escape: a defect, never an expected
   *     failure
   */
  EventLoop(
      Executor executor, Scheduler scheduler, Runnable afterTurn, Consumer<Throwable> onDefect) {
    this.executor = executor;
    this.scheduler = scheduler;
    this.afterTurn = afterTurn;
    this.onDefect = onDefect;
  }

  /** Runs {@code event} on the loop. From any thread. */
  void post(Runnable event) {
    inbox.add(event);
    wake();
  }

  /**
   * Runs {@code handler} on the loop with the value or, unwrapped, the failure of {@code stage}.
   */
  <T> void whenDone(CompletionStage<T> stage, BiConsumer<? super T, Throwable> handler) {
    stage.whenComplete((value, error) -> post(() -> handler.accept(value, unwrap(error))));
  }

  /** Runs {@code event} on the loop after a delay; returns what cancels it. */
  Runnable after(long delayMillis, Runnable event) {
    return scheduler.schedule(() -> post(event), Math.max(0, delayMillis));
  }

  static Throwable unwrap(Throwable error) {
    Throwable cause = error;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  /** Whether repeating a store operation cannot help. */
  static boolean isFinal(Throwable error) {
    return error instanceof LeaseStoreException known
        && (known.kind() == LeaseStoreException.Kind.INVALID
            || known.kind() == LeaseStoreException.Kind.TABLE_MISSING);
  }

  private void wake() {
    if (scheduled.compareAndSet(false, true)) {
      executor.execute(this::turn);
    }
  }

  private void turn() {
    scheduled.set(false);
    try {
      for (int i = 0; i < MAX_EVENTS_A_TURN; i++) {
        Runnable event = inbox.poll();
        if (event == null) {
          break;
        }
        event.run();
      }
      afterTurn.run();
    } catch (RuntimeException | Error defect) {
      onDefect.accept(defect);
    }
    if (!inbox.isEmpty()) {
      wake();
    }
  }
}
