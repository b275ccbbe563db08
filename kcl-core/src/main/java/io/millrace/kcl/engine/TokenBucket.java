package io.millrace.kcl.engine;

/**
 * A rate limit that lets one debt through: a call is allowed while the level is positive, whatever
 * it turns out to cost, and the next one waits until the debt is paid. That is how the read limits
 * of a shard work: a call may return 10 MB, and then the shard is silent for five seconds.
 */
final class TokenBucket {

  private final double perMilli;
  private final double capacity;
  private double level;
  private long refilledAt;

  TokenBucket(double perSecond, double capacity, long nowMillis) {
    this.perMilli = perSecond / 1_000;
    this.capacity = capacity;
    this.level = capacity;
    this.refilledAt = nowMillis;
  }

  /** When the level is positive again, now or later; on the same clock as {@code nowMillis}. */
  long availableAt(double needed, long nowMillis) {
    refill(nowMillis);
    return level >= needed ? nowMillis : nowMillis + (long) Math.ceil((needed - level) / perMilli);
  }

  void take(double amount, long nowMillis) {
    refill(nowMillis);
    level -= amount;
  }

  private void refill(long nowMillis) {
    if (nowMillis > refilledAt) {
      level = Math.min(capacity, level + (nowMillis - refilledAt) * perMilli);
      refilledAt = nowMillis;
    }
  }
}
