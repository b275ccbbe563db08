package io.millrace.connectors.dynamodb;

/**
 * How many write units a second the table is asked for: all that is allowed until it throttles,
 * then less at once and more again step by step. Pure; time is an argument, in milliseconds that
 * never go back. Not thread-safe.
 *
 * <p>A throttled table answers many requests that were under way with the same news: one decrease a
 * second is enough. The first decrease starts from what was really sent, because the allowed rate
 * may be far above it.
 */
final class AdaptiveRate {

  /** The least; a row of 400 KB still comes through, though slowly. */
  static final double LEAST = 1;

  private static final double DECREASE = 0.7;

  /** Of the rate at the last decrease, a second. */
  private static final double INCREASE = 0.05;

  private static final long SETTLE_MILLIS = 1_000;

  /** Of a second's rate, after a pause. */
  private static final double BURST = 0.1;

  private final double most;
  private double rate;
  private double tokens;
  private double step;
  private long refilledAt;
  private long decreasedAt;
  private boolean everDecreased;
  private long windowStart;
  private double windowUnits;
  private double sentPerSecond;

  AdaptiveRate(double most, long nowMillis) {
    this.most = most;
    rate = most;
    tokens = burst();
    refilledAt = nowMillis;
    windowStart = nowMillis;
  }

  /** How long to wait before something may be sent; 0 if it may be now. */
  long waitMillis(long nowMillis) {
    refill(nowMillis);
    return tokens > 0 ? 0 : 1 + (long) (-tokens / rate * 1_000);
  }

  /** Something is sent; it may be more than was left, the next one then waits. */
  void take(double units, long nowMillis) {
    refill(nowMillis);
    tokens -= units;
    windowUnits += units;
  }

  /** The table throttles. */
  void throttled(long nowMillis) {
    refill(nowMillis);
    if (everDecreased && nowMillis - decreasedAt < SETTLE_MILLIS) {
      return;
    }
    double sent = Math.max(sentPerSecond, windowUnits);
    double from = sent > 0 ? Math.min(rate, sent) : rate;
    rate = Math.max(LEAST, from * DECREASE);
    step = Math.max(1, from * INCREASE);
    tokens = Math.min(tokens, burst());
    decreasedAt = nowMillis;
    everDecreased = true;
  }

  /** Write units a second. */
  double perSecond() {
    return rate;
  }

  private void refill(long nowMillis) {
    long elapsed = Math.max(0, nowMillis - refilledAt);
    if (everDecreased && rate < most) {
      long steadySince = Math.max(refilledAt, decreasedAt + SETTLE_MILLIS);
      if (nowMillis > steadySince) {
        rate = Math.min(most, rate + step * (nowMillis - steadySince) / 1_000);
      }
    }
    tokens = Math.min(burst(), tokens + rate * elapsed / 1_000);
    refilledAt = Math.max(refilledAt, nowMillis);
    if (nowMillis - windowStart >= SETTLE_MILLIS) {
      sentPerSecond = windowUnits * 1_000 / (nowMillis - windowStart);
      windowUnits = 0;
      windowStart = nowMillis;
    }
  }

  private double burst() {
    return Math.max(1, rate * BURST);
  }
}
