package io.millrace.kcl.engine;

import io.millrace.kcl.time.Clock;
import io.millrace.kcl.time.RandomSource;
import io.millrace.kcl.time.Scheduler;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.Executor;

/**
 * One thread, one queue of tasks by virtual time: what runs a whole fleet in a test, the same at
 * every run.
 */
final class VirtualTime {

  private record Task(long at, long number, Runnable run) implements Comparable<Task> {
    @Override
    public int compareTo(Task other) {
      int byTime = Long.compare(at, other.at);
      return byTime != 0 ? byTime : Long.compare(number, other.number);
    }
  }

  private final PriorityQueue<Task> tasks = new PriorityQueue<>();
  private long now = 1_000_000;
  private long numbers;

  long now() {
    return now;
  }

  void at(long delayMillis, Runnable task) {
    tasks.add(new Task(now + Math.max(0, delayMillis), numbers++, task));
  }

  /** Runs everything that is due within the next {@code millis}, and lets them pass. */
  void pass(long millis) {
    long end = now + millis;
    while (!tasks.isEmpty() && tasks.peek().at <= end) {
      Task task = tasks.remove();
      now = Math.max(now, task.at);
      task.run.run();
    }
    now = end;
  }

  /** Lets time pass until a condition holds, at most {@code millis}; returns whether it does. */
  boolean passUntil(java.util.function.BooleanSupplier condition, long millis) {
    long end = now + millis;
    while (!condition.getAsBoolean()) {
      if (tasks.isEmpty() || tasks.peek().at > end) {
        now = end;
        return condition.getAsBoolean();
      }
      Task task = tasks.remove();
      now = Math.max(now, task.at);
      task.run.run();
    }
    return true;
  }

  Clock clock() {
    return new Clock() {
      @Override
      public long monotonicMillis() {
        return now;
      }

      @Override
      public long wallMillis() {
        return 1_700_000_000_000L + now;
      }
    };
  }

  /** A machine's share of this time: once halted, nothing of it runs any more. */
  Machine machine(long seed) {
    return new Machine(seed);
  }

  final class Machine implements Scheduler, Executor {
    private final RandomSource random;
    private boolean halted;

    Machine(long seed) {
      this.random = new SeededRandom(seed);
    }

    RandomSource random() {
      return random;
    }

    void halt() {
      halted = true;
    }

    boolean isHalted() {
      return halted;
    }

    @Override
    public Runnable schedule(Runnable task, long delayMillis) {
      boolean[] cancelled = new boolean[1];
      at(
          delayMillis,
          () -> {
            if (!cancelled[0] && !halted) {
              task.run();
            }
          });
      return () -> cancelled[0] = true;
    }

    @Override
    public void execute(Runnable task) {
      schedule(task, 0);
    }
  }

  private static final class SeededRandom implements RandomSource {
    private final Random random;

    SeededRandom(long seed) {
      this.random = new Random(seed);
    }

    @Override
    public long nextLong() {
      return random.nextLong();
    }

    @Override
    public RandomSource fork(String component) {
      return new SeededRandom(random.nextLong() ^ component.hashCode());
    }
  }
}
