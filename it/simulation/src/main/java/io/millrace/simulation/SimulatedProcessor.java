package io.millrace.simulation;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.engine.Batch;
import io.millrace.kcl.engine.ShardCheckpointer;
import io.millrace.kcl.engine.ShardCheckpointer.LeaseLostException;
import io.millrace.kcl.engine.ShardProcessor;
import io.millrace.kcl.engine.ShardStart;
import io.millrace.kcl.stream.StreamRecord;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.PendingCheckpoint;
import io.millrace.lease.SessionId;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * A user's record processor and the thread it runs on. It processes, checkpoints as its worker's
 * {@link Habits} say, and insists on what a processor may rely on: one call at a time, and none
 * after the last.
 */
final class SimulatedProcessor implements ShardProcessor {

  private final SimulatedWorker worker;
  private final LeaseKey shard;
  private final SessionId session;
  private final long token;
  private final SeededRandom random;
  private String calling;
  private boolean ended;
  private boolean stuck;
  private boolean abandoned;
  private Checkpoint startedAt;
  private Checkpoint processedUpTo;
  private List<Checkpoint> failed;
  private Checkpoint deliveredUpTo;

  SimulatedProcessor(
      SimulatedWorker worker, LeaseKey shard, SessionId session, long token, SeededRandom random) {
    this.worker = worker;
    this.shard = shard;
    this.session = session;
    this.token = token;
    this.random = random;
  }

  LeaseKey shard() {
    return shard;
  }

  long token() {
    return token;
  }

  /** Whether the call under way will never return. */
  boolean isStuckForEver() {
    return stuck;
  }

  boolean isInCall() {
    return calling != null;
  }

  boolean isAbandoned() {
    return abandoned;
  }

  /** Nobody waits for the call under way any more. */
  void abandoned() {
    abandoned = true;
  }

  // ---- the thread

  private CompletionStage<Void> onThread(String call, Supplier<CompletionStage<Void>> work) {
    if (calling != null) {
      throw worker.violation(call + " of " + shard + " is called during " + calling);
    }
    if (ended) {
      throw worker.violation(call + " of " + shard + " is called after the last call");
    }
    calling = call;
    worker.called(call, shard);
    CompletableFuture<Void> returned = new CompletableFuture<>();
    worker
        .machine()
        .schedule(
            () ->
                work.get()
                    .whenComplete(
                        (nothing, error) -> {
                          calling = null;
                          if (error == null) {
                            returned.complete(null);
                          } else {
                            returned.completeExceptionally(error);
                          }
                        }),
            random.between(0, 1));
    return returned;
  }

  /** Runs the user's code after as long as it takes, or never. */
  private CompletionStage<Void> working(long millis, Supplier<CompletionStage<Void>> then) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    worker.machine().schedule(() -> work(then, done), millis);
    return done;
  }

  private void work(Supplier<CompletionStage<Void>> then, CompletableFuture<Void> done) {
    Habits habits = worker.habits();
    if (habits.neverReturns) {
      stuck = true;
      worker.journal().reached("processor never returned");
      return;
    }
    if (habits.blocks || habits.blockedShards.contains(shard)) {
      worker.machine().schedule(() -> work(then, done), 500);
      return;
    }
    then.get()
        .whenComplete(
            (nothing, error) -> {
              if (error == null) {
                done.complete(null);
              } else {
                done.completeExceptionally(error);
              }
            });
  }

  private long callMillis() {
    long most = Math.max(1, worker.habits().callMillis);
    return worker.habits().varied ? random.between(1, most) : most;
  }

  private static CompletionStage<Void> returned() {
    return CompletableFuture.completedFuture(null);
  }

  private static CompletionStage<Void> thrown(RuntimeException e) {
    return CompletableFuture.failedFuture(e);
  }

  // ---- the calls

  @Override
  public CompletionStage<Void> initialize(ShardStart start) {
    startedAt = start.checkpoint();
    processedUpTo = start.checkpoint();
    deliveredUpTo = start.checkpoint();
    return onThread(
        "initialize",
        () ->
            working(
                1,
                () ->
                    random.percent(worker.habits().initializeThrowsAt)
                        ? thrown(new IllegalStateException("initialize throws"))
                        : returned()));
  }

  @Override
  public CompletionStage<Void> process(Batch batch, ShardCheckpointer checkpointer) {
    return onThread(
        "process",
        () -> {
          if (!checkpointer.isLeaseHeld()) {
            worker.journal().reached("delivery refused while fenced");
            return thrown(new LeaseLostException("fenced"));
          }
          worker.requireNotFenced(shard, "process");
          worker.truth().callStarts(worker.name(), shard, session, token, "process");
          requireNext(batch);
          return working(callMillis(), () -> processed(batch, checkpointer))
              .whenComplete((nothing, error) -> failed = error == null ? null : failed);
        });
  }

  /**
   * Within one token, a batch follows the last one that was processed; the same one comes again, as
   * it was, if its call has thrown.
   */
  private void requireNext(Batch batch) {
    List<Checkpoint> positions = batch.records().stream().map(StreamRecord::position).toList();
    if (failed != null) {
      if (!failed.equals(positions)) {
        throw worker.violation(
            "the batch at " + failed + " of " + shard + " failed; now comes " + positions);
      }
      return;
    }
    for (Checkpoint position : positions) {
      if (position.compareTo(deliveredUpTo) <= 0) {
        throw worker.violation(
            "after "
                + deliveredUpTo
                + " of "
                + shard
                + " comes "
                + position
                + "; the lease was taken at "
                + startedAt);
      }
      deliveredUpTo = position;
    }
    failed = positions; // until the call has returned
  }

  private CompletionStage<Void> processed(Batch batch, ShardCheckpointer checkpointer) {
    Habits habits = worker.habits();
    List<StreamRecord> records = batch.records();
    boolean throwing = random.percent(habits.throwsAt);
    int count = throwing ? (int) random.nextLong(records.size() + 1) : records.size();
    for (StreamRecord record : records.subList(0, count)) {
      worker
          .truth()
          .processed(worker.name(), shard, SimulatedStream.numberOf(record.sequenceNumber()));
      worker.delivered(shard, record);
      if (record.position().compareTo(processedUpTo) > 0) {
        processedUpTo = record.position();
      }
    }
    if (throwing) {
      worker.journal().reached("batch failed");
      return thrown(new IllegalStateException("process throws"));
    }
    if (habits.checkpointsAhead && !records.isEmpty()) {
      return checkpointAhead(checkpointer);
    }
    if (!habits.checkpoints || records.isEmpty()) {
      return returned();
    }
    if (habits.checkpointsLate) {
      Checkpoint position = processedUpTo;
      worker.machine().schedule(() -> checkpointer.checkpoint(position), random.between(0, 12_000));
      worker.journal().reached("checkpoint from another thread");
      return returned();
    }
    if (!habits.varied) {
      return checkpointer.checkpoint(checkpointer.upTo());
    }
    return switch ((int) random.nextLong(8)) {
      case 0 -> returned();
      case 1 ->
          checkpointer.checkpoint(records.get((int) random.nextLong(records.size())).position());
      case 2 ->
          checkpointer
              .prepare(new PendingCheckpoint(checkpointer.upTo(), new byte[] {1}))
              .thenCompose(nothing -> checkpointer.checkpoint(checkpointer.upTo()));
      case 3 -> {
        // several at once, and nobody waits
        records.forEach(record -> checkpointer.checkpoint(record.position()));
        yield returned();
      }
      default -> checkpointer.checkpoint(checkpointer.upTo());
    };
  }

  /** Asks for a position that nobody has delivered; the engine must refuse. */
  private CompletionStage<Void> checkpointAhead(ShardCheckpointer checkpointer) {
    Checkpoint position = Checkpoint.at(worker.stream().futureSequence(random.between(0, 100)), 0);
    return checkpointer
        .checkpoint(position)
        .handle(
            (nothing, error) -> {
              if (error == null) {
                throw worker.violation("A checkpoint ahead of delivery was accepted");
              }
              worker.journal().reached("checkpoint ahead refused");
              return null;
            });
  }

  @Override
  public CompletionStage<Void> shardEnded(ShardCheckpointer checkpointer) {
    return onThread(
        "shardEnded",
        () -> {
          if (!checkpointer.isLeaseHeld()) {
            return thrown(new LeaseLostException("fenced"));
          }
          worker.requireNotFenced(shard, "shardEnded");
          worker.truth().callStarts(worker.name(), shard, session, token, "shardEnded");
          return working(
              1,
              () -> {
                if (!worker.habits().checkpointsAtEnd) {
                  return returned();
                }
                if (worker.habits().checkpointsLate) {
                  worker
                      .machine()
                      .schedule(
                          () -> checkpointer.checkpoint(checkpointer.upTo()),
                          random.between(0, 3_000));
                  return returned();
                }
                CompletionStage<Void> last = checkpointer.checkpoint(checkpointer.upTo());
                if (worker.habits().varied && processedUpTo.isRecord() && random.percent(30)) {
                  checkpointer.checkpoint(processedUpTo); // another thread, a little late
                }
                return last.thenRun(() -> ended = true);
              });
        });
  }

  @Override
  public CompletionStage<Void> shutdownRequested(ShardCheckpointer checkpointer) {
    return onThread(
        "shutdownRequested",
        () ->
            working(
                1,
                () -> {
                  CompletionStage<Void> last =
                      worker.habits().checkpoints && !checkpointer.upTo().isInitial()
                          ? checkpointer.checkpoint(checkpointer.upTo())
                          : returned();
                  return last.whenComplete((nothing, error) -> ended = true);
                }));
  }

  @Override
  public CompletionStage<Void> leaseLost() {
    boolean throwing = random.percent(worker.habits().throwsAt);
    return onThread(
            "leaseLost",
            () ->
                working(
                    1,
                    () ->
                        throwing
                            ? thrown(new IllegalStateException("leaseLost throws"))
                            : returned()))
        .whenComplete((nothing, error) -> ended = true);
  }

  @Override
  public void leaseEnding() {
    worker.called("leaseEnding", shard);
  }
}
