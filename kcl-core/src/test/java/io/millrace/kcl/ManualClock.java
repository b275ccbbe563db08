package io.millrace.kcl;

import io.millrace.kcl.time.Clock;

/** Stands still until it is moved. */
public final class ManualClock implements Clock {

  private volatile long millis;

  public void advance(long byMillis) {
    millis += byMillis;
  }

  @Override
  public long monotonicMillis() {
    return millis;
  }

  @Override
  public long wallMillis() {
    return 1_700_000_000_000L + millis;
  }
}
