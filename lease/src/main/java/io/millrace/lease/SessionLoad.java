package io.millrace.lease;

import java.util.Objects;

/**
 * What the leases that a session holds bring it, on average over the last minute or so.
 *
 * @param perSecond not negative
 */
public record SessionLoad(Unit unit, long perSecond) {

  /** What is counted. Loads of different units are not compared. */
  public enum Unit {
    RECORDS,
    BYTES
  }

  public SessionLoad {
    Objects.requireNonNull(unit);
    if (perSecond < 0) {
      throw new IllegalArgumentException("perSecond is not negative: " + perSecond);
    }
  }
}
