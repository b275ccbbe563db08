package io.millrace.simulation;

import java.util.PriorityQueue;
import java.util.function.BooleanSupplier;

/**
 * True time, which no machine can see, and everything that is going to happen: one queue of tasks,
 * run one after another in the same order at every run.
 */
final class VirtualTime {

  /** What wall clocks show at true time 0. */
  static final long EPOCH_MILLIS = 1_700_000_000_000L;

  /** More tasks than this within one millisecond is a loop in which no time passes. */
  private static final int MAX_TASKS_A_MILLISECOND = 200_000;

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
  private long tasksRun;
  private int tasksThisMillisecond;
  private ViolationException violation;

  /**
   * Notes that something happened that must never happen. The run ends after the current task,
   * whoever catches what is returned here to be thrown.
   */
  ViolationException violation(String what) {
    ViolationException found = new ViolationException(what);
    if (violation == null) {
      violation = found;
    }
    return found;
  }

  /** As {@link #violation}, where there is nothing to throw to. */
  void note(String what) {
    if (violation == null) {
      violation = new ViolationException(what);
    }
  }

  long now() {
    return now;
  }

  /** The clock of the services, which nobody tampers with. */
  long wallMillis() {
    return EPOCH_MILLIS + now;
  }

  long tasksRun() {
    return tasksRun;
  }

  void after(long delayMillis, Runnable task) {
    tasks.add(new Task(now + Math.max(0, delayMillis), numbers++, task));
  }

  /** Runs everything that is due within the next {@code millis}, and lets them pass. */
  void pass(long millis) {
    passUntil(() -> false, millis);
  }

  /** Lets time pass until a condition holds, at most {@code millis}; returns whether it does. */
  boolean passUntil(BooleanSupplier condition, long millis) {
    long end = now + millis;
    while (!condition.getAsBoolean()) {
      if (tasks.isEmpty() || tasks.peek().at > end) {
        now = end;
        tasksThisMillisecond = 0;
        return condition.getAsBoolean();
      }
      runNext();
    }
    return true;
  }

  private void runNext() {
    Task task = tasks.remove();
    if (task.at > now) {
      now = task.at;
      tasksThisMillisecond = 0;
    }
    tasksRun++;
    if (++tasksThisMillisecond > MAX_TASKS_A_MILLISECOND) {
      throw violation("A loop in which no time passes");
    }
    task.run.run();
    if (violation != null) {
      throw violation;
    }
  }
}
