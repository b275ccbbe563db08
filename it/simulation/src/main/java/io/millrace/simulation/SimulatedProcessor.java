package io.millrace.simulation;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.engine.Batch;
import io.millrace.kcl.engine.GivenUp;
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

  /** What a record does to a processor that cannot process it. */
  static final class PoisonException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PoisonException() {
      super("a poison record");
    }
  }

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
  private List<Checkpoint> unfinished = List.of();
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
    worker.truth().requireToldOf(shard, token, start);
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
              .thenRun(() -> passed(batch.records()));
        });
  }

  /**
   * Within one token, a batch follows the last one that was processed or given up. If its call has
   * thrown, the same one comes again, as it was, or, if the rule wants failures isolated, a first
   * part of it.
   */
  private void requireNext(Batch batch) {
    List<Checkpoint> positions = batch.records().stream().map(StreamRecord::position).toList();
    if (!unfinished.isEmpty()) {
      boolean isPart =
          positions.size() <= unfinished.size()
              && unfinished.subList(0, positions.size()).equals(positions);
      boolean mayBePart = worker.policies().failure().bisect();
      if (!isPart || (!mayBePart && positions.size() < unfinished.size())) {
        throw worker.violation(
            "of " + shard + " is unfinished " + unfinished + "; now comes " + positions);
      }
      if (positions.size() < unfinished.size()) {
        worker.journal().reached("part of a batch delivered");
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
    unfinished = positions;
  }

  /** These need no further call: they were processed, or given up. */
  void passed(List<StreamRecord> records) {
    List<Checkpoint> positions = records.stream().map(StreamRecord::position).toList();
    if (positions.size() > unfinished.size()
        || !unfinished.subList(0, positions.size()).equals(positions)) {
      throw worker.violation(
          "of " + shard + " is unfinished " + unfinished + "; passed are " + positions);
    }
    unfinished = List.copyOf(unfinished.subList(positions.size(), unfinished.size()));
  }

  private CompletionStage<Void> processed(Batch batch, ShardCheckpointer checkpointer) {
    Habits habits = worker.habits();
    List<StreamRecord> records = batch.records();
    boolean throwing = random.percent(habits.throwsAt);
    int poison = firstPoison(records);
    int count = records.size();
    if (poison >= 0) {
      count = (int) random.nextLong(poison + 1);
    } else if (throwing) {
      count = (int) random.nextLong(records.size() + 1);
    }
    for (StreamRecord record : records.subList(0, count)) {
      worker
          .truth()
          .processed(worker.name(), shard, SimulatedStream.numberOf(record.sequenceNumber()));
      worker.delivered(shard, record);
      if (record.position().compareTo(processedUpTo) > 0) {
        processedUpTo = record.position();
      }
    }
    if (poison >= 0) {
      worker.journal().reached("batch with poison failed");
      return thrown(new PoisonException());
    }
    if (throwing) {
      worker.journal().reached("batch failed");
      return thrown(new IllegalStateException("process throws"));
    }
    if (habits.checkpointsAhead && !records.isEmpty()) {
      return checkpointAhead(checkpointer);
    }
    if (!habits.checkpoints || records.isEmpty() || leavesCheckpoints()) {
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

  private int firstPoison(List<StreamRecord> records) {
    for (int i = 0; i < records.size(); i++) {
      if (worker
          .truth()
          .isPoison(shard, SimulatedStream.numberOf(records.get(i).sequenceNumber()))) {
        return i;
      }
    }
    return -1;
  }

  /** With automatic checkpoints, a processor mostly makes none; that it may, too, is tested. */
  private boolean leavesCheckpoints() {
    return worker.policies().checkpoint().automatic() && !random.percent(10);
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
  public CompletionStage<Void> giveUp(GivenUp given) {
    return onThread("giveUp", () -> working(callMillis(), () -> stored(given)));
  }

  /** Some letters are stored, perhaps all; only then it counts. */
  private CompletionStage<Void> stored(GivenUp given) {
    boolean failing = random.percent(worker.habits().deadLettersFail);
    int size = given.records().size();
    int count = failing ? (int) random.nextLong(size) : size;
    for (StreamRecord record : given.records().subList(0, count)) {
      worker
          .truth()
          .givenUp(worker.name(), shard, SimulatedStream.numberOf(record.sequenceNumber()));
    }
    return failing ? thrown(new IllegalStateException("dead letters are refused")) : returned();
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
                long throwsAt = worker.habits().throwsAt;
                if (throwsAt > 0 && random.percent(throwsAt)) {
                  return thrown(new IllegalStateException("shardEnded throws"));
                }
                if (!worker.habits().checkpointsAtEnd || leavesCheckpoints()) {
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
                      worker.habits().checkpoints
                              && !leavesCheckpoints()
                              && !checkpointer.upTo().isInitial()
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
