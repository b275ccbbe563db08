package io.millrace.kcl;

import io.millrace.kcl.time.RandomSource;
import io.millrace.kcl.time.Scheduler;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.Executor;

/** Tasks and timers that run when the test says so, in an order that a seed gives. One thread. */
public final class VirtualTime {

  private record Timer(long at, int number, Runnable task) {}

  private final ManualClock clock = new ManualClock();
  private final List<Runnable> tasks = new ArrayList<>();
  private final PriorityQueue<Timer> timers =
      new PriorityQueue<>((a, b) -> a.at == b.at ? a.number - b.number : Long.compare(a.at, b.at));
  private final Random random;
  private int timerNumber;

  public VirtualTime(long seed) {
    random = new Random(seed);
  }

  public ManualClock clock() {
    return clock;
  }

  public Executor executor() {
    return tasks::add;
  }

  public Scheduler scheduler() {
    return (task, delay) -> {
      Timer timer = new Timer(clock.monotonicMillis() + delay, timerNumber++, task);
      timers.add(timer);
      return () -> timers.remove(timer);
    };
  }

  public RandomSource randomSource() {
    return new RandomSource() {
      @Override
      public long nextLong() {
        return random.nextLong();
      }

      @Override
      public RandomSource fork(String component) {
        return this;
      }
    };
  }

  /** What the order comes from; a test may draw from it too. */
  public Random random() {
    return random;
  }

  /** Forgets tasks and timers: the process was killed. */
  public void clear() {
    tasks.clear();
    timers.clear();
  }

  /** Runs one task, or else the next timer; false if there is neither. */
  public boolean step() {
    if (!tasks.isEmpty()) {
      tasks.remove(random.nextInt(tasks.size())).run();
      return true;
    }
    Timer timer = timers.poll();
    if (timer == null) {
      return false;
    }
    clock.advance(timer.at - clock.monotonicMillis());
    timer.task.run();
    return true;
  }

  /** Runs what is due within so many milliseconds. */
  public void run(long millis) {
    long end = clock.monotonicMillis() + millis;
    while (!tasks.isEmpty() || !timers.isEmpty() && timers.peek().at <= end) {
      step();
    }
    clock.advance(Math.max(0, end - clock.monotonicMillis()));
  }
}
