package io.millrace.kcl;

import io.millrace.kcl.deadletter.DeadLetter;
import io.millrace.kcl.deadletter.DeadLetterDestination;
import io.millrace.kcl.engine.GivenUp;
import io.millrace.kcl.stream.StreamRecord;
import io.millrace.kcl.time.Clock;
import io.millrace.lease.LeaseKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * Makes dead letters of records that were given up, and has them stored, a bounded number at a
 * time. All of them are stored, or it fails; whoever tries again stores all of them again.
 */
final class DeadLetterOffice {

  /** Letters of one shard that are being stored at a time. */
  private static final int MAX_AT_A_TIME = 100;

  private final String stream;
  private final DeadLetterDestination destination;
  private final Clock clock;
  private final Executor executor;

  /**
   * @param destination null if the failure policy wants no dead letters
   * @param executor on which the destination is called
   */
  DeadLetterOffice(
      String stream, DeadLetterDestination destination, Clock clock, Executor executor) {
    this.stream = stream;
    this.destination = destination;
    this.clock = clock;
    this.executor = executor;
  }

  /** Called on the executor; completes on any thread. */
  CompletionStage<Void> store(LeaseKey shard, GivenUp given) {
    if (destination == null) {
      throw new IllegalStateException("There is no destination for dead letters");
    }
    return store(shard, given, 0, Instant.ofEpochMilli(clock.wallMillis()));
  }

  private CompletionStage<Void> store(LeaseKey shard, GivenUp given, int from, Instant at) {
    int to = Math.min(given.records().size(), from + MAX_AT_A_TIME);
    List<CompletableFuture<Void>> stored = new ArrayList<>();
    for (StreamRecord record : given.records().subList(from, to)) {
      DeadLetter letter =
          DeadLetter.builder().stream(stream)
              .shardId(shard.value())
              .record(record)
              .error(given.cause())
              .attempts(given.attempts())
              .failedAt(at)
              .build();
      stored.add(destination.store(letter).toCompletableFuture());
    }
    CompletableFuture<Void> all =
        CompletableFuture.allOf(stored.toArray(new CompletableFuture<?>[0]));
    return to == given.records().size()
        ? all
        : all.thenComposeAsync(nothing -> store(shard, given, to, at), executor);
  }
}
