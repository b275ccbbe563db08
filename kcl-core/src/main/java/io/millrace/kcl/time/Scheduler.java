package io.millrace.kcl.time;

/** Runs tasks later. */
public interface Scheduler {

  /**
   * Runs {@code task} after {@code delayMillis} milliseconds, once. The task must not block.
   *
   * @return cancels the task if it has not run yet
   */
  Runnable schedule(Runnable task, long delayMillis);
}
