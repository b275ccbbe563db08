package io.millrace.kcl.keyed;

import io.millrace.kcl.Record;
import io.millrace.kcl.deadletter.DeadLetterDestination;
import io.millrace.kcl.time.Clock;
import io.millrace.kcl.time.RandomSource;
import io.millrace.kcl.time.Scheduler;
import java.util.concurrent.Executor;
import java.util.function.Function;

/** How shards are processed, and with what. */
record KeyParallelSettings(
    Limits limits,
    Function<? super Record, ?> key,
    RecordFailureHandler onFailure,
    DeadLetters deadLetters,
    Tools tools) {

  /**
   * Of one shard.
   *
   * @param concurrency records being processed at a time
   * @param records accepted behind the low-water mark
   * @param bytes payloads of accepted records that are not finished
   * @param checkpointMillis the least time between two checkpoints
   * @param drainMillis how long a leaving shard goes on with what it has accepted
   */
  record Limits(
      int concurrency, int records, long bytes, long checkpointMillis, long drainMillis) {}

  /**
   * Where to.
   *
   * @param stream the stream's name, for the letters
   * @param destination null if there is none
   */
  record DeadLetters(String stream, DeadLetterDestination destination) {}

  /** Threads, time and chance. */
  record Tools(Executor executor, Scheduler scheduler, Clock clock, RandomSource random) {}
}
