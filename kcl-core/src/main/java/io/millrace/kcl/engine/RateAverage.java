package io.millrace.kcl.engine;

/**
 * How much arrives a second, averaged so that the past counts less the longer ago it is. Pure.
 *
 * <p>What is remembered is an amount and the time in which it arrived, and both fade alike. So the
 * average is right from the first second on, only less steady: it does not have to climb from zero.
 *
 * @param amount what has arrived, faded
 * @param seconds the time in which it arrived, faded; at most the memory
 * @param atMillis up to when, on the monotonic clock
 */
record RateAverage(double amount, double seconds, long atMillis) {

  /**
   * What is this old counts a little more than a third. Five minutes, because a shard that is
   * written to in bursts looks many times as busy, or idle, over one.
   */
  static final double MEMORY_SECONDS = 300;

  static RateAverage startingAt(long nowMillis) {
    return new RateAverage(0, 0, nowMillis);
  }

  /** The same, after {@code arrived} more. A clock that has gone back changes nothing else. */
  RateAverage plus(long arrived, long nowMillis) {
    RateAverage now = at(nowMillis);
    return new RateAverage(now.amount + arrived, now.seconds, now.atMillis);
  }

  /** Zero as long as no time has passed. */
  double perSecond(long nowMillis) {
    RateAverage now = at(nowMillis);
    return now.seconds > 0 ? now.amount / now.seconds : 0;
  }

  private RateAverage at(long nowMillis) {
    if (nowMillis <= atMillis) {
      return this;
    }
    // StrictMath: the same on every machine, so that a simulation can be repeated
    double left = StrictMath.exp((atMillis - nowMillis) / 1_000.0 / MEMORY_SECONDS);
    return new RateAverage(amount * left, seconds * left + MEMORY_SECONDS * (1 - left), nowMillis);
  }
}
