package io.millrace.kcl.exec;

/**
 * When a pool adds threads. Nobody can tell a blocked task from a short one when it is submitted,
 * only by what happens to the tasks behind it.
 *
 * @param startThreads started as tasks come, without asking
 * @param maxThreads never more
 */
record GrowthRule(int startThreads, int maxThreads) {

  static final int MAX_THREADS = 1_024;

  /** A task that has waited this long waits because of busy or blocked threads. */
  static final long PATIENCE_MILLIS = 10;

  GrowthRule {
    if (startThreads < 1 || maxThreads < startThreads) {
      throw new IllegalArgumentException(
          "Not a pool's size: " + startThreads + " to " + maxThreads + " threads");
    }
  }

  /**
   * How many threads to add now, when every thread is busy. If no task was begun for a while, every
   * thread is stuck: the pool doubles, so that a thousand blocked tasks delay the next one by less
   * than a tenth of a second. If tasks are still being begun, the pool is merely busy and adds one
   * thread at a time.
   *
   * @param oldestWaitedMillis how long the task at the head has been waiting
   * @param sinceLastBeginMillis how long ago any task was begun
   */
  int threadsToAdd(int threads, int waiting, long oldestWaitedMillis, long sinceLastBeginMillis) {
    if (waiting == 0 || oldestWaitedMillis < PATIENCE_MILLIS || threads >= maxThreads) {
      return 0;
    }
    int wanted = sinceLastBeginMillis >= PATIENCE_MILLIS ? Math.max(1, threads) : 1;
    return Math.min(Math.min(wanted, waiting), maxThreads - threads);
  }
}
