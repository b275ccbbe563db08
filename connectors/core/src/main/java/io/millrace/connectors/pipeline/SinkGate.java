package io.millrace.connectors.pipeline;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.core.IntervalFunction;
import io.millrace.connectors.sink.SinkException;
import io.millrace.kcl.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;

/**
 * How many shards of a worker emit at a time, and whether the sink is worth trying: when it has
 * failed again and again, one attempt at a time finds out whether it is back. Any thread.
 */
final class SinkGate {

  private static final int WINDOW_CALLS = 10;
  private static final int CALLS_BEFORE_JUDGEMENT = 4;
  private static final Duration FIRST_REST = Duration.ofSeconds(1);
  private static final Duration LONGEST_REST = Duration.ofSeconds(30);

  private final CircuitBreaker breaker;
  private final int places;
  private int inside;

  /**
   * @param places emissions at a time
   */
  SinkGate(String sink, int places, Clock clock) {
    this.places = places;
    this.breaker =
        CircuitBreaker.of(
            sink,
            CircuitBreakerConfig.custom()
                .slidingWindowSize(WINDOW_CALLS)
                .minimumNumberOfCalls(CALLS_BEFORE_JUDGEMENT)
                .failureRateThreshold(50)
                .slowCallRateThreshold(100)
                .slowCallDurationThreshold(Duration.ofDays(1)) // slow is no failure
                .permittedNumberOfCallsInHalfOpenState(1)
                .waitIntervalFunctionInOpenState(
                    IntervalFunction.ofExponentialRandomBackoff(FIRST_REST, 2, 0.3, LONGEST_REST))
                .clock(new Monotonic(clock))
                .currentTimestampFunction(ignored -> clock.monotonicMillis(), TimeUnit.MILLISECONDS)
                .build());
  }

  /** Whether an emission may begin; then {@link #left} follows. */
  boolean enter() {
    synchronized (this) {
      if (inside >= places) {
        return false;
      }
      inside++;
    }
    if (breaker.tryAcquirePermission()) {
      return true;
    }
    synchronized (this) {
      inside--;
    }
    return false;
  }

  /** An emission has ended; null if the sink answered. */
  void left(long tookMillis, Throwable error) {
    synchronized (this) {
      inside--;
    }
    if (error == null) {
      breaker.onSuccess(tookMillis, TimeUnit.MILLISECONDS);
      return;
    }
    breaker.onError(tookMillis, TimeUnit.MILLISECONDS, error);
    if (error instanceof SinkException trouble
        && trouble.needsSomebody()
        && breaker.getState() == CircuitBreaker.State.CLOSED) {
      breaker.transitionToOpenState();
    }
  }

  /** Whether the sink is being left alone. */
  boolean isDown() {
    CircuitBreaker.State state = breaker.getState();
    return state == CircuitBreaker.State.OPEN || state == CircuitBreaker.State.HALF_OPEN;
  }

  /** The monotonic clock, for a library that asks for instants and subtracts them. */
  private static final class Monotonic extends java.time.Clock {
    private final Clock clock;

    Monotonic(Clock clock) {
      this.clock = clock;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public java.time.Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return Instant.ofEpochMilli(clock.monotonicMillis());
    }
  }
}
