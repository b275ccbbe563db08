package io.millrace.kcl.engine;

import io.millrace.kcl.time.Clock;
import io.millrace.kcl.time.Scheduler;
import java.util.PriorityQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.BooleanSupplier;

/**
 * The executor of an {@link EventLoop} whose thread is the one that calls {@link #runUntil}: a test
 * can be a worker's loop while other threads do to it what threads do. Time stands still while
 * anything is to be done, and then jumps to the next timer.
 */
public final class LoopOfThisThread implements Executor, Clock, Scheduler {

  private static final long EPOCH_MILLIS = 1_700_000_000_000L;

  private record Timer(long at, long number, Runnable task) implements Comparable<Timer> {
    @Override
    public int compareTo(Timer other) {
      int byTime = Long.compare(at, other.at);
      return byTime != 0 ? byTime : Long.compare(number, other.number);
    }
  }

  private final LinkedBlockingQueue<Runnable> turns = new LinkedBlockingQueue<>();
  private final PriorityQueue<Timer> timers = new PriorityQueue<>();
  private volatile long now;
  private long numbers;

  @Override
  public void execute(Runnable turn) {
    turns.add(turn);
  }

  /** Makes {@link #runUntil} look at its condition again. */
  public void nudge() {
    turns.add(() -> {});
  }

  /** Only on the loop, as the engine does. */
  @Override
  public Runnable schedule(Runnable task, long delayMillis) {
    Timer timer = new Timer(now + delayMillis, numbers++, task);
    timers.add(timer);
    return () -> timers.remove(timer);
  }

  @Override
  public long monotonicMillis() {
    return now;
  }

  @Override
  public long wallMillis() {
    return EPOCH_MILLIS + now;
  }

  /** Is the loop until a condition holds; time passes whenever there is nothing else to do. */
  public void runUntil(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      Runnable turn = turns.poll();
      if (turn != null) {
        turn.run();
      } else {
        Timer next = timers.remove();
        now = Math.max(now, next.at);
        next.task.run();
      }
    }
  }

  /**
   * Is the loop until a condition holds, while others give it work; waits for them, and no time
   * passes. What never comes is waited for forever.
   */
  public void runWithOthersUntil(BooleanSupplier condition) throws InterruptedException {
    while (!condition.getAsBoolean()) {
      turns.take().run();
    }
  }
}
