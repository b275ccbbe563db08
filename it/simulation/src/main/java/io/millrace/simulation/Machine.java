package io.millrace.simulation;

import io.millrace.kcl.time.Clock;
import io.millrace.kcl.time.Scheduler;
import java.util.concurrent.Executor;

/**
 * One worker's share of time: its two clocks, which may drift, stand still and jump, its timers,
 * and its one thread. Once halted, nothing of it runs any more; while paused, everything waits.
 */
final class Machine implements Clock, Scheduler, Executor {

  /** Turns of the loop a second; a loop that wakes every millisecond has lost its way. */
  private static final int MAX_TURNS_A_SECOND = 900;

  /** Within so long after a clock was set back, no heartbeat may have been answered. */
  private static final long DOUBT_MILLIS = 30_000;

  private final VirtualTime time;
  private final String name;
  private final SeededRandom random;

  private long ratePerMillion = 1_000_000;
  private long countedAt;
  private long counted;
  private long wallOffset;
  private long pausedUntil;
  private long suspendedUntil;
  private long setBackAt = Long.MIN_VALUE / 2;
  private boolean suspended;
  private boolean halted;
  private long second;
  private int turns;

  Machine(VirtualTime time, String name, SeededRandom random) {
    this.time = time;
    this.name = name;
    this.random = random;
    this.countedAt = time.now();
    this.counted = random.nextLong(1_000_000_000);
  }

  SeededRandom random() {
    return random;
  }

  VirtualTime time() {
    return time;
  }

  void halt() {
    halted = true;
  }

  boolean isHalted() {
    return halted;
  }

  /** Nothing runs for a while; both clocks go on. */
  void pause(long millis) {
    pausedUntil = Math.max(pausedUntil, time.now() + millis);
  }

  /**
   * Nothing runs for a while, and the monotonic clock stands still. Unless the wall clock was just
   * set back: a machine on which both clocks deny that time has passed cannot know that it has, and
   * nobody claims that it could (see docs/simulation.md).
   */
  void suspend(long millis) {
    if (time.now() < setBackAt + DOUBT_MILLIS) {
      pause(millis);
      return;
    }
    settle();
    suspended = true;
    suspendedUntil = Math.max(suspendedUntil, time.now() + millis);
    pause(millis);
    time.after(
        millis,
        () -> {
          if (time.now() >= suspendedUntil && suspended) {
            countedAt = time.now();
            suspended = false;
          }
        });
  }

  /** From here on the clocks run faster or slower, by so many millionths. */
  void drift(long millionths) {
    settle();
    ratePerMillion = 1_000_000 + millionths;
  }

  void jumpWallClock(long millis) {
    if (millis < 0) {
      if (suspended) {
        return; // as above
      }
      setBackAt = time.now();
    }
    wallOffset += millis;
  }

  private void settle() {
    counted = monotonicMillis();
    countedAt = time.now();
  }

  @Override
  public long monotonicMillis() {
    return suspended ? counted : counted + (time.now() - countedAt) * ratePerMillion / 1_000_000;
  }

  @Override
  public long wallMillis() {
    return time.wallMillis() + wallOffset;
  }

  @Override
  public Runnable schedule(Runnable task, long delayMillis) {
    boolean[] cancelled = new boolean[1];
    runAt(monotonicMillis() + delayMillis, task, cancelled);
    return () -> cancelled[0] = true;
  }

  private void runAt(long dueMonotonic, Runnable task, boolean[] cancelled) {
    long left = dueMonotonic - monotonicMillis();
    time.after(
        left,
        () -> {
          if (cancelled[0] || halted) {
            return;
          }
          if (time.now() < pausedUntil) {
            time.after(pausedUntil - time.now(), () -> runAt(dueMonotonic, task, cancelled));
          } else if (monotonicMillis() < dueMonotonic) {
            runAt(dueMonotonic, task, cancelled);
          } else {
            task.run();
          }
        });
  }

  /** Runs a turn of the worker's loop. */
  @Override
  public void execute(Runnable task) {
    schedule(
        () -> {
          countTurn();
          task.run();
        },
        0);
  }

  private void countTurn() {
    if (time.now() / 1_000 != second) {
      second = time.now() / 1_000;
      turns = 0;
    }
    if (++turns > MAX_TURNS_A_SECOND && time.now() > pausedUntil + 1_000) {
      throw time.violation("The loop of " + name + " spins");
    }
  }
}
