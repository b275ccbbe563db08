package io.millrace.kcl.keyed;

import java.time.Duration;
import java.util.Objects;

/** What is done about a record whose processing threw. */
public sealed interface FailureDecision {

  /** Try again after a pause that doubles from half a second to half a minute, with jitter. */
  record Retry() implements FailureDecision {}

  /**
   * Try again after this pause.
   *
   * @param pause not negative
   */
  record RetryAfter(Duration pause) implements FailureDecision {
    public RetryAfter {
      Objects.requireNonNull(pause, "pause");
      if (pause.isNegative()) {
        throw new IllegalArgumentException("The pause must not be negative: " + pause);
      }
    }
  }

  /**
   * Store it as a dead letter, and go on when it is stored. Without a destination it is tried again
   * instead, and the log says so.
   */
  record StoreDeadLetter() implements FailureDecision {}

  /** Go on without it. It is gone. */
  record Skip() implements FailureDecision {}

  /**
   * Start no more records of this shard, and keep its lease. Every delivery says why, until the
   * shard changes hands or the worker is started anew.
   */
  record Stop() implements FailureDecision {}
}
