package io.millrace.embedded;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A clock that stands still until it is moved: for tests of retention, of expired iterators and of
 * whatever else takes hours. In UTC; safe for use by several threads.
 */
public final class ManualClock extends Clock {
  private final AtomicReference<Instant> now;

  /**
   * A clock that shows this time.
   *
   * @param start not null
   */
  public ManualClock(Instant start) {
    now = new AtomicReference<>(Objects.requireNonNull(start, "start"));
  }

  /**
   * Moves the clock.
   *
   * @param by not null; negative to move it back
   */
  public void advance(Duration by) {
    Objects.requireNonNull(by, "by");
    now.updateAndGet(instant -> instant.plus(by));
  }

  /**
   * Sets the clock.
   *
   * @param time not null; may lie before the present
   */
  public void set(Instant time) {
    now.set(Objects.requireNonNull(time, "time"));
  }

  @Override
  public Instant instant() {
    return now.get();
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  /** Not supported: a clock in another zone would have to be moved twice. */
  @Override
  public Clock withZone(ZoneId zone) {
    throw new UnsupportedOperationException("ManualClock is in UTC only");
  }
}
