package io.millrace.kcl.exec;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Threads with names, which do not keep a process alive. */
public final class DaemonThreads {
  private static final int IDLE_SECONDS = 30;

  private DaemonThreads() {}

  /**
   * @param name of the only thread that is expected, and of each one that replaces it
   */
  public static ThreadFactory named(String name) {
    return task -> daemon(task, name);
  }

  /**
   * @param prefix of the names {@code prefix-1}, {@code prefix-2} …
   */
  public static ThreadFactory numbered(String prefix) {
    AtomicInteger number = new AtomicInteger();
    return task -> daemon(task, prefix + "-" + number.incrementAndGet());
  }

  /**
   * So many threads at most, which end after 30 seconds without work. The caller closes it.
   *
   * @param prefix of the threads' names
   * @param maxWaiting tasks that wait for a thread; {@link Integer#MAX_VALUE} where the callers
   *     bound them. One more is refused with a {@link
   *     java.util.concurrent.RejectedExecutionException}.
   */
  public static ThreadPoolExecutor pool(String prefix, int threads, int maxWaiting) {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(maxWaiting),
            threads == 1 ? named(prefix) : numbered(prefix));
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }
}
