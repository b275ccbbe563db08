package io.millrace.kcl.exec;

import io.millrace.kcl.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/*
 * Why not ThreadPoolExecutor: with an unbounded queue it never grows past its core size, with a
 * synchronous hand-off it makes a thread for every task of a burst. What is wanted lies between:
 * a burst of short tasks runs on few threads, a blocked task gets a replacement soon.
 *
 * So tasks wait in one queue, and one more thread, the supervisor, looks at the task at the head
 * whenever one has to wait, and adds threads by GrowthRule. What must stay true: a waiting task
 * always has either an idle thread that was signalled, or a supervisor that is awake. The queue has
 * no bound of its own: the engine has at most one task a shard under way.
 */
final class GrowingPool extends AbstractExecutorService {

  /** A thread without work for this long ends. */
  private static final long KEEP_ALIVE_MILLIS = 10_000;

  private final String name;
  private final GrowthRule rule;
  private final Clock clock;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition workOrEnd = lock.newCondition();
  private final Condition waitingOrEnd = lock.newCondition();
  private final Condition terminated = lock.newCondition();

  private final ArrayDeque<Waiting> queue = new ArrayDeque<>();
  private final Set<Thread> threads = new HashSet<>();
  private int idle;
  private long lastBeginMillis;
  private long nextThreadNumber;
  private boolean shutdown;
  private boolean shutdownNow;
  private int largestSize;

  private record Waiting(Runnable task, long sinceMillis) {}

  GrowingPool(String name, GrowthRule rule, Clock clock) {
    this.name = name;
    this.rule = rule;
    this.clock = clock;
  }

  /** Starts the supervisor; without one the pool grows only by {@link #growIfStuck}. */
  GrowingPool start() {
    newThread(this::supervise, name + "-supervisor").start();
    return this;
  }

  @Override
  public void execute(Runnable task) {
    if (task == null) {
      throw new NullPointerException("task");
    }
    lock.lock();
    try {
      if (shutdown) {
        throw new RejectedExecutionException("The executor " + name + " is shut down");
      }
      queue.add(new Waiting(task, clock.monotonicMillis()));
      if (idle >= queue.size()) {
        workOrEnd.signal();
      } else if (threads.size() >= rule.startThreads() || !addThread()) {
        workOrEnd.signal();
        waitingOrEnd.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** What the supervisor does when a task has waited; returns how many threads it added. */
  int growIfStuck() {
    lock.lock();
    try {
      if (queue.isEmpty() || idle >= queue.size()) {
        return 0;
      }
      long now = clock.monotonicMillis();
      int wanted =
          rule.threadsToAdd(
              threads.size(),
              queue.size(),
              now - queue.peek().sinceMillis(),
              now - lastBeginMillis);
      int added = 0;
      while (added < wanted && addThread()) {
        added++;
      }
      return added;
    } finally {
      lock.unlock();
    }
  }

  /** The most threads there have been, supervisor apart. */
  int largestSize() {
    lock.lock();
    try {
      return largestSize;
    } finally {
      lock.unlock();
    }
  }

  private boolean addThread() {
    Thread thread = newThread(this::work, name + "-" + nextThreadNumber++);
    threads.add(thread);
    try {
      thread.start();
    } catch (OutOfMemoryError e) {
      // the system gives no more threads: go on with those that are there
      threads.remove(thread);
      if (threads.isEmpty()) {
        throw e;
      }
      return false;
    }
    largestSize = Math.max(largestSize, threads.size());
    return true;
  }

  /** Daemon threads: a processor that never returns must not keep the JVM from ending. */
  private static Thread newThread(Runnable body, String name) {
    Thread thread = new Thread(body, name);
    thread.setDaemon(true);
    return thread;
  }

  private void work() {
    Thread self = Thread.currentThread();
    for (Runnable task = next(self); task != null; task = next(self)) {
      try {
        task.run();
      } catch (Throwable e) {
        self.getUncaughtExceptionHandler().uncaughtException(self, e);
      }
    }
  }

  /** The next task; null when this thread is to end, which it then is as far as the pool knows. */
  private Runnable next(Thread self) {
    lock.lock();
    try {
      if (!shutdownNow) {
        Thread.interrupted(); // what a task left behind does not concern the next one
      }
      long waitNanos = TimeUnit.MILLISECONDS.toNanos(KEEP_ALIVE_MILLIS);
      while (queue.isEmpty()) {
        if (shutdown || waitNanos <= 0) {
          threads.remove(self);
          if (shutdown && threads.isEmpty()) {
            terminated.signalAll();
          }
          return null;
        }
        idle++;
        try {
          waitNanos = workOrEnd.awaitNanos(waitNanos);
        } catch (InterruptedException e) {
          // shutdownNow, or somebody's late interrupt of a task that has ended: look again
        } finally {
          idle--;
        }
      }
      lastBeginMillis = clock.monotonicMillis();
      return queue.poll().task();
    } finally {
      lock.unlock();
    }
  }

  private void supervise() {
    lock.lock();
    try {
      while (!shutdown || !queue.isEmpty()) {
        try {
          if (queue.isEmpty()) {
            waitingOrEnd.await();
          } else {
            // a tick, and no signal cuts it short: the rule looks at how long a task has waited
            long tick = TimeUnit.MILLISECONDS.toNanos(GrowthRule.PATIENCE_MILLIS);
            while (tick > 0 && !queue.isEmpty()) {
              tick = waitingOrEnd.awaitNanos(tick);
            }
            growIfStuck();
          }
        } catch (InterruptedException e) {
          // nobody interrupts the supervisor on purpose; it ends with the pool
        }
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void shutdown() {
    lock.lock();
    try {
      shutdown = true;
      workOrEnd.signalAll();
      waitingOrEnd.signalAll();
      if (threads.isEmpty()) {
        terminated.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public List<Runnable> shutdownNow() {
    lock.lock();
    try {
      List<Runnable> neverBegun = new ArrayList<>();
      for (Waiting waiting : queue) {
        neverBegun.add(waiting.task());
      }
      queue.clear();
      shutdownNow = true;
      shutdown();
      threads.forEach(Thread::interrupt);
      return neverBegun;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean isShutdown() {
    lock.lock();
    try {
      return shutdown;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean isTerminated() {
    lock.lock();
    try {
      return shutdown && threads.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
    lock.lock();
    try {
      long nanos = unit.toNanos(timeout);
      while (!(shutdown && threads.isEmpty())) {
        if (nanos <= 0) {
          return false;
        }
        nanos = terminated.awaitNanos(nanos);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }
}
