package io.millrace.kcl.exec;

import io.millrace.kcl.time.Scheduler;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Runs tasks later, on one daemon thread. Once it is closed nothing happens later any more. */
public final class TimerThread implements Scheduler, AutoCloseable {

  private final ScheduledThreadPoolExecutor timer;

  /**
   * @param name of the thread
   */
  public TimerThread(String name) {
    timer = new ScheduledThreadPoolExecutor(1, DaemonThreads.named(name));
    timer.setRemoveOnCancelPolicy(true);
  }

  @Override
  public Runnable schedule(Runnable task, long delayMillis) {
    try {
      ScheduledFuture<?> future = timer.schedule(task, delayMillis, TimeUnit.MILLISECONDS);
      return () -> future.cancel(false);
    } catch (RejectedExecutionException e) {
      return () -> {};
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
