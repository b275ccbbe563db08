package io.millrace.connectors.pipeline;

import io.github.resilience4j.core.IntervalFunction;
import io.millrace.kcl.deadletter.DeadLetterDestination;
import io.millrace.kcl.time.Clock;
import io.millrace.kcl.time.RandomSource;
import io.millrace.kcl.time.Scheduler;
import java.util.concurrent.Executor;
import java.util.function.ToLongFunction;

/**
 * How a worker's shards are delivered, and with what.
 *
 * @param weigher bytes that a value takes up besides its record's payload
 */
record PipelineSettings<U>(
    String stream,
    ToLongFunction<? super U> weigher,
    Limits limits,
    BadRecords badRecords,
    Shared shared,
    Tools tools) {

  /**
   * @param drainMillis how long a leaving shard goes on emitting
   */
  record Limits(
      BufferLimits buffer, RetryLimits retry, IntervalFunction backoff, long drainMillis) {}

  /**
   * What becomes of records that cannot be stored.
   *
   * @param destination null if there is none
   * @param skip whether they are passed over where there is no destination; else the shard stops
   */
  record BadRecords(DeadLetterDestination destination, boolean skip) {}

  /** Of all shards of a worker. */
  record Shared(BufferBudget budget, SinkGate gate, PipelineMeters meters) {}

  /** Threads, time and chance. */
  record Tools(Executor executor, Scheduler scheduler, Clock clock, RandomSource random) {}
}
