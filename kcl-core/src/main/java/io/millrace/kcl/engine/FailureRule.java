package io.millrace.kcl.engine;

import java.util.Objects;

/**
 * What becomes of records whose processing throws.
 *
 * @param maxAttempts so many calls with the same records, then they are given up; {@link
 *     #UNLIMITED} for ever
 * @param maxAgeMillis records that arrived longer ago are given up when a call with them throws;
 *     {@link #FOR_EVER} for ever
 * @param bisect whether a batch that is to be given up is halved until the records that fail are
 *     alone
 * @param then what giving up means
 */
public record FailureRule(int maxAttempts, long maxAgeMillis, boolean bisect, Then then) {

  public static final int UNLIMITED = Integer.MAX_VALUE;
  public static final long FOR_EVER = Long.MAX_VALUE;

  /** What giving up means. */
  public enum Then {
    /** The records are stored elsewhere, and the checkpoint may pass them once they are. */
    DEAD_LETTER,
    /** The records are passed over. */
    SKIP,
    /** Nothing is passed over: the shard waits, with its lease held, until somebody resumes it. */
    STOP
  }

  /** Nothing is ever given up. */
  public static final FailureRule RETRY_FOR_EVER =
      new FailureRule(UNLIMITED, FOR_EVER, false, Then.STOP);

  public FailureRule {
    Objects.requireNonNull(then);
    if (maxAttempts < 1 || maxAgeMillis < 0) {
      throw new IllegalArgumentException(
          "maxAttempts is at least 1 and maxAgeMillis is not negative: "
              + maxAttempts
              + ", "
              + maxAgeMillis);
    }
  }

  /** Whether records are given up at some time. */
  public boolean givesUp() {
    return maxAttempts != UNLIMITED || maxAgeMillis != FOR_EVER;
  }
}
