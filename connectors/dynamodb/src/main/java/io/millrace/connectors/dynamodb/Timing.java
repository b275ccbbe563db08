package io.millrace.connectors.dynamodb;

import io.millrace.kcl.time.Clock;
import io.millrace.kcl.time.RandomSource;
import io.millrace.kcl.time.Scheduler;
import java.util.Objects;

/** Time and randomness, which tests put their own in place of. */
record Timing(Clock clock, Scheduler scheduler, RandomSource random) {
  Timing {
    Objects.requireNonNull(clock, "clock");
    Objects.requireNonNull(scheduler, "scheduler");
    Objects.requireNonNull(random, "random");
  }
}
