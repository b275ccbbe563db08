package io.millrace.kcl.engine;

import io.millrace.kcl.time.RandomSource;

/**
 * Pauses between attempts: they double from a first one to a longest one, each shortened at random
 * by up to a half.
 */
record Backoff(long firstMillis, long longestMillis) {

  /** For calls to the store that did not answer. */
  static final Backoff STORE = new Backoff(50, 2_000);

  /** For calls to the stream that failed. */
  static final Backoff STREAM = new Backoff(100, 5_000);

  /**
   * For what repeating is unlikely to mend, but may: a permission taken away, an invalid request.
   */
  static final Backoff STUBBORN = new Backoff(1_000, 30_000);

  /**
   * @param attempt how many attempts have failed, from 1
   */
  long millis(int attempt, RandomSource random) {
    long full = firstMillis;
    for (int i = 1; i < attempt && full < longestMillis; i++) {
      full *= 2;
    }
    full = Math.min(full, longestMillis);
    return full - random.nextLong(full / 2 + 1);
  }
}
