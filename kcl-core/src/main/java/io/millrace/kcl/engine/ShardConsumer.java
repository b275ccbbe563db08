package io.millrace.kcl.engine;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.CheckpointTracker;
import io.millrace.kcl.engine.ConsumerPhase.Signal;
import io.millrace.kcl.stream.StreamException;
import io.millrace.lease.HeldLease;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseStore.OwnerResult;
import io.millrace.lease.PendingCheckpoint;
import io.millrace.lease.SessionId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;

// One shard under one fencing token, from the moment the lease is held until the last callback has
// returned.
//
// What must stay true:
// - one call of the processor at a time, and none after STOPPED: every call is made in call(),
// which only a transition of
//   ConsumerPhase leads to, and its completion is ignored once the consumer was abandoned;
// - a batch is dropped only after its call returned: a batch that threw is kept and delivered
// again;
// - nothing is delivered while the worker has fenced itself: checked here before each call, and
// once more by the adapter
//   on the processing thread;
// - SHARD_END is written only after the rows of the children exist, so that a crash between the two
// loses no lineage;
// - a hand-over is written only after every earlier write has a definite outcome, and nothing is
// delivered after it.
//
// A goal (run, drain, lose) says what the outside wants; it is looked at only between calls, so
// that a lost lease never
// interrupts user code, which could not be interrupted safely anyway.
/** Drives the record processor of one shard. Lives on the loop. */
final class ShardConsumer {

  /** What a consumer needs from its worker. On the loop, except {@link #mayDeliver}. */
  interface Host {
    boolean isFenced();

    /** Whether the lease may still be acted upon; from any thread. */
    boolean mayDeliver();

    /** A newer state of the lease's row. */
    void rowChanged(Lease lease);

    /** The row was removed by somebody. */
    void rowGone(LeaseKey key);

    /** Reads the row of a parent. */
    CompletionStage<Optional<Lease>> readRow(LeaseKey key);

    /** Creates the rows of the children, repeating until that is done, then tells who they are. */
    void createSuccessors(ShardConsumer consumer, Consumer<SortedSet<LeaseKey>> created);

    /** The lease is not ours any more. */
    void leaseLost(ShardConsumer consumer, String why);

    /** {@code SHARD_END} is in the store. */
    void finished(ShardConsumer consumer);

    /** The lease was handed over or released. */
    void handedOver(ShardConsumer consumer);

    /** No call is under way any more. */
    void stopped(ShardConsumer consumer);

    void shardNotFound(ShardConsumer consumer, StreamException cause);

    void fatal(Throwable cause);
  }

  private static final Runnable NO_DEADLINE = () -> {};

  private enum Goal {
    RUN,
    DRAIN,
    LOSE
  }

  private final Host host;
  private final EnginePorts ports;
  private final EventLoop loop;
  private final EngineSettings settings;
  private final HeldLease held;
  private final CheckpointTracker tracker;
  private final OwnerWrites writes;
  private final ShardReader reader;
  private final long heldSinceMillis;

  private Lease lease;
  private ShardProcessor processor;
  private ConsumerPhase phase = ConsumerPhase.WAITING;
  private Goal goal = Goal.RUN;
  private Batch current;
  private Checkpoint processedUpTo;
  private int attempts;
  private boolean pausedForRetry;
  private boolean waitsForFence;
  private long callStartedMillis;
  private long callNumber;
  private boolean draining;
  private volatile boolean handOverStarted;
  private boolean abandoned;
  private Optional<SessionId> successor = Optional.empty();
  private SortedSet<LeaseKey> children;
  private boolean successionAsked;
  private final List<Runnable> onChildren = new ArrayList<>();
  private final List<CompletableFuture<Void>> awaitingChildren = new ArrayList<>();
  private Runnable cancelDeadline = NO_DEADLINE;

  private volatile Checkpoint accepted;
  private volatile PendingCheckpoint pending;
  private volatile boolean leaseGone;

  ShardConsumer(
      Lease lease,
      HeldLease held,
      Host host,
      EnginePorts ports,
      EventLoop loop,
      EngineSettings settings,
      ByteBudget budget) {
    this.lease = lease;
    this.held = held;
    this.host = host;
    this.ports = ports;
    this.loop = loop;
    this.settings = settings;
    this.accepted = lease.checkpoint();
    this.pending = lease.pending();
    this.processedUpTo = lease.checkpoint();
    this.tracker = new CheckpointTracker(lease.checkpoint());
    this.heldSinceMillis = ports.clock().monotonicMillis();
    this.writes = new OwnerWrites(ports, loop, host::isFenced);
    this.writes.onFatal(host::fatal);
    this.reader =
        new ShardReader(lease.key(), ports, loop, settings.reading(), budget, new ReaderListener());
  }

  // ---- what the worker asks

  LeaseKey shard() {
    return held.key();
  }

  HeldLease held() {
    return held;
  }

  long heldSinceMillis() {
    return heldSinceMillis;
  }

  ConsumerPhase phase() {
    return phase;
  }

  /** Children that the stream named at the end of the shard; empty if it did not. */
  List<LeaseKey> childrenFromStream() {
    return reader.childShards();
  }

  Lease lease() {
    return lease;
  }

  /** Whether this consumer is on its way out, or gone. */
  boolean isEnding() {
    return goal != Goal.RUN || phase == ConsumerPhase.STOPPED;
  }

  boolean isLost() {
    return leaseGone;
  }

  boolean isInUserCode() {
    return phase.isCalling() && !abandoned;
  }

  long inCallMillis() {
    return phase.isCalling() ? now() - callStartedMillis : 0;
  }

  /** Starts, as soon as every parent is finished. */
  void start() {
    if (lease.parents().isEmpty() || !lease.checkpoint().isInitial()) {
      makeProcessor();
    } else {
      checkParents(new ArrayList<>(lease.parents()), 1);
    }
  }

  /** Tells the heir that the lease will be handed over. */
  void announce(SessionId heir, Runnable announced) {
    writes.add(
        new OwnerWrites.Write(
            "announce",
            true,
            () -> ports.store().announce(held, heir),
            row -> {
              update(row);
              announced.run();
            },
            this::lostAtWrite));
  }

  /**
   * Finishes the batch, lets the processor checkpoint, and hands the lease over; empty releases it.
   */
  void drain(Optional<SessionId> to) {
    if (draining || leaseGone) {
      return;
    }
    draining = true;
    successor = to;
    if (goal == Goal.RUN) {
      goal = Goal.DRAIN;
      leaseEnding();
      reader.close();
    }
    cancelDeadline = loop.after(settings.processing().drainMillis(), this::drainDeadline);
    advance();
  }

  /** The lease is not ours any more, or must not be used any more. */
  void lose(String why) {
    if (leaseGone) {
      return;
    }
    leaseGone = true;
    writes.close();
    refuseWhoAwaitsChildren();
    goal = Goal.LOSE;
    reader.close();
    if (cancelDeadline == NO_DEADLINE) {
      // the worker may be given this lease again, and must be able to process it then
      cancelDeadline = loop.after(settings.processing().drainMillis(), this::drainDeadline);
    }
    leaseEnding();
    host.leaseLost(this, why);
    advance();
    if (phase == ConsumerPhase.STOPPED) {
      // it had stopped before, and was only waiting for its hand-over
      host.stopped(this);
    }
  }

  /**
   * Stops processing without asking the processor; the lease is released once its current call has
   * returned.
   */
  void stopNow() {
    if (leaseGone) {
      return;
    }
    draining = true;
    goal = Goal.LOSE;
    leaseEnding();
    reader.close();
    advance();
  }

  /** Stops waiting for the call under way: what it does no longer matters. */
  void abandon() {
    if (phase.isCalling()) {
      abandoned = true;
      ports
          .events()
          .notice(
              "ERROR",
              "Shard "
                  + shard()
                  + " (token "
                  + held.token()
                  + "): the record processor has not returned for "
                  + inCallMillis()
                  + " ms and is abandoned; "
                  + (leaseGone
                      ? "its lease is lost"
                      : "its lease is given away without its last checkpoint"));
      move(Signal.ABANDON);
      stopped();
    }
  }

  // ---- parents

  private void checkParents(List<LeaseKey> unchecked, int round) {
    if (phase != ConsumerPhase.WAITING || goal != Goal.RUN) {
      return;
    }
    if (unchecked.isEmpty()) {
      makeProcessor();
      return;
    }
    LeaseKey parent = unchecked.get(0);
    loop.whenDone(
        host.readRow(parent),
        (row, error) -> {
          if (error == null && (row.isEmpty() || row.get().isFinished())) {
            checkParents(unchecked.subList(1, unchecked.size()), round);
            return;
          }
          if (error == null && round == 1) {
            ports.events().consumerPhase(shard(), phase.name(), "waiting for parent " + parent);
          }
          loop.after(
              settings.processing().parentPollMillis(), () -> checkParents(unchecked, round + 1));
        });
  }

  // ---- calls of the processor

  private void makeProcessor() {
    if (phase != ConsumerPhase.WAITING || goal != Goal.RUN) {
      return;
    }
    if (host.isFenced()) {
      waitsForFence = true;
      return;
    }
    waitsForFence = false;
    processor = ports.processors().create(shard());
    move(Signal.START);
    ShardStart start = new ShardStart(shard(), accepted, pending);
    call(() -> processor.initialize(start), this::initialized);
  }

  private void initialized(Throwable error) {
    if (error == null) {
      attempts = 0;
      move(Signal.RETURNED);
      if (goal == Goal.RUN) {
        reader.start(accepted, lease.startAtMillis(), lease.hashKeyRange());
      }
      advance();
      return;
    }
    attempts++;
    processor = null;
    move(Signal.FAILED);
    reportFailure("initialize", error);
    retryLater(this::makeProcessor);
    advance();
  }

  /** Decides what to do next, if no call is under way. */
  void advance() {
    if (phase == ConsumerPhase.WAITING) {
      if (goal != Goal.RUN) {
        move(Signal.STOP);
        stopped();
      } else if (waitsForFence && !host.isFenced()) {
        makeProcessor();
      }
      return;
    }
    if (phase != ConsumerPhase.IDLE) {
      return;
    }
    if (goal == Goal.LOSE) {
      dropCurrent();
      move(Signal.LOSE);
      call(processor::leaseLost, e -> lastCallReturned("leaseLost", e));
      return;
    }
    if (host.isFenced()) {
      return;
    }
    if (goal == Goal.DRAIN) {
      dropCurrent();
      move(Signal.DRAIN);
      // a batch whose call threw, or was refused by the fence, counts as not processed
      ShardCheckpointer checkpointer = new Checkpointer(processedUpTo);
      call(
          () -> processor.shutdownRequested(checkpointer),
          e -> lastCallReturned("shutdownRequested", e));
      return;
    }
    if (pausedForRetry) {
      return;
    }
    if (current == null) {
      current = reader.poll();
    }
    if (current != null) {
      deliver();
    } else if (reader.isEnded()) {
      end();
    }
  }

  private void deliver() {
    Batch batch = current;
    move(Signal.DELIVER);
    if (!batch.records().isEmpty()) {
      tracker.delivered(batch.records().get(batch.records().size() - 1).position());
    }
    if (attempts == 0) {
      ports
          .events()
          .delivered(
              shard(), batch.records().size(), batch.sizeBytes(), batch.millisBehindLatest());
    }
    ShardCheckpointer checkpointer = new Checkpointer(tracker.lastDelivered());
    call(() -> processor.process(batch, checkpointer), this::processed);
  }

  private void processed(Throwable error) {
    ports.events().processed(shard(), inCallMillis(), error, attempts + 1);
    if (error == null) {
      attempts = 0;
      move(Signal.RETURNED);
      if (!current.records().isEmpty()) {
        processedUpTo = current.records().get(current.records().size() - 1).position();
      }
      dropCurrent();
    } else {
      move(Signal.FAILED);
      if (!(error instanceof ShardCheckpointer.LeaseLostException)) {
        attempts++;
        reportFailure("processRecords", error);
      }
      retryLater(this::advance);
    }
    advance();
  }

  private void end() {
    tracker.everythingDelivered();
    askForSuccessors(() -> {});
    move(Signal.END);
    ShardCheckpointer checkpointer = new Checkpointer(Checkpoint.SHARD_END);
    call(() -> processor.shardEnded(checkpointer), this::endReturned);
  }

  private void endReturned(Throwable error) {
    if (accepted.isShardEnd()) {
      finish();
      return;
    }
    move(error == null ? Signal.RETURNED : Signal.FAILED);
    if (goal == Goal.RUN) {
      attempts++;
      if (error != null) {
        reportFailure("shardEnded", error);
      } else {
        ports
            .events()
            .notice(
                "WARN",
                "Shard "
                    + shard()
                    + " has ended, but its record processor did not checkpoint: its children cannot start. "
                    + "Call checkpointer.checkpoint() in shutdown when the reason is TERMINATE (or in shardEnded). "
                    + "It is called again.");
      }
      retryLater(this::advance);
    }
    advance();
  }

  private void finish() {
    move(Signal.ENDED);
    cancelDeadline.run();
    reader.close();
    leaseGone = true;
    writes.close();
    ports.events().shardFinished(shard());
    host.finished(this);
    host.stopped(this);
  }

  private void lastCallReturned(String name, Throwable error) {
    move(error == null ? Signal.RETURNED : Signal.FAILED);
    if (error != null && !(error instanceof ShardCheckpointer.LeaseLostException)) {
      reportFailure(name, error);
    }
    stopped();
  }

  /**
   * No call is under way and none will follow; what remains is to give the lease away, if it is
   * still ours.
   */
  private void stopped() {
    cancelDeadline.run();
    reader.close();
    dropCurrent();
    if (leaseGone || !draining) {
      host.stopped(this);
      return;
    }
    if (handOverStarted) {
      return;
    }
    handOverStarted = true;
    refuseWhoAwaitsChildren();
    writes.add(
        new OwnerWrites.Write(
            successor.isPresent() ? "hand-off" : "release",
            false,
            () -> ports.store().handOff(held, successor),
            row -> {
              leaseGone = true;
              host.rowChanged(row);
              ports
                  .events()
                  .leaseGiven(
                      shard(),
                      held.token(),
                      successor.map(SessionId::value).orElse(null),
                      abandoned ? "abandoned" : "drained");
              host.handedOver(this);
              host.stopped(this);
            },
            this::lostAtWrite));
  }

  private void drainDeadline() {
    if (phase.isCalling()) {
      abandon();
    } else if (phase != ConsumerPhase.STOPPED) {
      // fenced just now; its last call is still to come, and may not return either
      cancelDeadline = loop.after(settings.processing().drainMillis(), this::drainDeadline);
    }
  }

  private void call(Supplier<CompletionStage<Void>> call, Consumer<Throwable> then) {
    long number = ++callNumber;
    callStartedMillis = now();
    CompletionStage<Void> stage;
    try {
      stage = call.get();
    } catch (RuntimeException e) {
      stage = CompletableFuture.failedFuture(e);
    }
    loop.whenDone(
        stage,
        (nothing, error) -> {
          if (number == callNumber && !abandoned) {
            then.accept(error);
          }
        });
  }

  private void move(Signal signal) {
    ConsumerPhase next =
        phase
            .after(signal)
            .orElseThrow(
                () ->
                    new IllegalStateException("Shard " + shard() + ": " + signal + " in " + phase));
    phase = next;
    ports.events().consumerPhase(shard(), next.name(), signal.name());
  }

  private void retryLater(Runnable then) {
    pausedForRetry = true;
    EngineSettings.Processing p = settings.processing();
    long delay =
        new Backoff(p.retryMillis(), p.maxRetryMillis())
            .millis(Math.max(1, attempts), ports.random());
    loop.after(
        delay,
        () -> {
          pausedForRetry = false;
          then.run();
        });
  }

  private void reportFailure(String call, Throwable error) {
    ports
        .events()
        .notice(
            "ERROR",
            "Shard "
                + shard()
                + " (token "
                + held.token()
                + "): "
                + call
                + " failed, attempt "
                + Math.max(1, attempts)
                + ": "
                + error
                + (goal == Goal.RUN ? "; it is called again" : ""));
  }

  private void leaseEnding() {
    if (processor != null) {
      processor.leaseEnding();
    }
  }

  /** Gives the batch's bytes back; only when no call is using it. */
  private void dropCurrent() {
    if (current != null) {
      reader.release(current);
      current = null;
    }
  }

  private long now() {
    return ports.clock().monotonicMillis();
  }

  // ---- checkpoints

  private void update(Lease row) {
    lease = row;
    accepted = row.checkpoint();
    pending = row.pending();
    host.rowChanged(row);
  }

  private void lostAtWrite(Optional<Lease> row) {
    row.ifPresent(host::rowChanged);
    if (leaseGone) {
      return;
    }
    if (row.isEmpty()) {
      host.rowGone(shard());
    }
    if (row.isPresent()
        && row.get().isOwnedBy(held.owner())
        && row.get().counter() == held.token()) {
      // Somebody outside of the protocol has moved the checkpoint. To go on would be to process
      // from the wrong place, and to let go in silence would leave the row owned for ever.
      ports
          .events()
          .notice(
              "ERROR",
              "Shard "
                  + shard()
                  + " (token "
                  + held.token()
                  + "): the checkpoint was moved by somebody else, from "
                  + accepted
                  + " to "
                  + row.get().checkpoint()
                  + "; the lease is released, and whoever takes it goes on from there");
      stopNow();
    } else {
      lose(
          "the store refused a write: "
              + row.map(r -> "the row says owner " + r.owner() + ", token " + r.counter())
                  .orElse("the row is gone"));
    }
  }

  private void askForSuccessors(Runnable then) {
    if (children != null) {
      then.run();
      return;
    }
    onChildren.add(then);
    if (!successionAsked) {
      successionAsked = true;
      host.createSuccessors(
          this,
          created -> {
            children = created;
            onChildren.forEach(Runnable::run);
            onChildren.clear();
          });
    }
  }

  /** Their rows are not created any more, and the processor's thread waits for an answer. */
  private void refuseWhoAwaitsChildren() {
    awaitingChildren.forEach(answer -> answer.completeExceptionally(lost()));
    awaitingChildren.clear();
  }

  private void checkpoint(Checkpoint position, CompletableFuture<Void> answer) {
    if (leaseGone || handOverStarted) {
      answer.completeExceptionally(lost());
      return;
    }
    Optional<String> refusal = tracker.request(position);
    if (refusal.isPresent()) {
      answer.completeExceptionally(
          new IllegalArgumentException("Shard " + shard() + ": " + refusal.get()));
    } else if (position.equals(accepted) && pending == null && writes.isEmpty()) {
      answer.complete(null);
    } else if (position.isShardEnd()) {
      awaitingChildren.add(answer);
      askForSuccessors(
          () -> {
            if (awaitingChildren.remove(answer)) {
              writeCheckpoint(position, answer);
            }
          });
    } else {
      writeCheckpoint(position, answer);
    }
  }

  private void writeCheckpoint(Checkpoint position, CompletableFuture<Void> answer) {
    long askedAt = now();
    Checkpoint[] previous = new Checkpoint[1];
    long endedAtMillis = ports.clock().wallMillis();
    writes.add(
        new OwnerWrites.Write(
            "checkpoint",
            true,
            () -> {
              if (accepted.isShardEnd()) {
                // asked for before the end was written, and answered by it
                return CompletableFuture.completedFuture(new OwnerResult.Done(lease));
              }
              if (previous[0] == null) {
                previous[0] = accepted;
              }
              return position.isShardEnd()
                  ? ports.store().endShard(held, previous[0], children, endedAtMillis)
                  : ports.store().checkpoint(held, previous[0], max(position, previous[0]));
            },
            row -> {
              update(row);
              tracker.accepted(row.checkpoint());
              ports.events().checkpointed(shard(), row.checkpoint(), now() - askedAt);
              answer.complete(null);
            },
            row -> {
              answer.completeExceptionally(lost());
              lostAtWrite(row);
            }));
  }

  private static Checkpoint max(Checkpoint a, Checkpoint b) {
    return a.compareTo(b) >= 0 ? a : b;
  }

  private void prepare(PendingCheckpoint wanted, CompletableFuture<Void> answer) {
    if (leaseGone || handOverStarted) {
      answer.completeExceptionally(lost());
      return;
    }
    Optional<String> refusal = tracker.check(wanted.checkpoint());
    if (refusal.isPresent()) {
      answer.completeExceptionally(
          new IllegalArgumentException("Shard " + shard() + ": " + refusal.get()));
      return;
    }
    Checkpoint[] previous = new Checkpoint[1];
    writes.add(
        new OwnerWrites.Write(
            "prepare",
            true,
            () -> {
              if (previous[0] == null) {
                previous[0] = accepted;
              }
              return ports.store().prepare(held, previous[0], wanted);
            },
            row -> {
              update(row);
              answer.complete(null);
            },
            row -> {
              answer.completeExceptionally(lost());
              lostAtWrite(row);
            }));
  }

  private ShardCheckpointer.LeaseLostException lost() {
    return new ShardCheckpointer.LeaseLostException(
        "The lease of shard "
            + shard()
            + " (token "
            + held.token()
            + ") is not held any more; whoever holds it now goes on from the last checkpoint, "
            + accepted);
  }

  private final class Checkpointer implements ShardCheckpointer {
    private final Checkpoint upTo;

    Checkpointer(Checkpoint upTo) {
      this.upTo = upTo;
    }

    @Override
    public Checkpoint upTo() {
      return upTo;
    }

    @Override
    public CompletionStage<Void> checkpoint(Checkpoint position) {
      CompletableFuture<Void> answer = new CompletableFuture<>();
      loop.post(() -> ShardConsumer.this.checkpoint(position, answer));
      return answer;
    }

    @Override
    public CompletionStage<Void> prepare(PendingCheckpoint wanted) {
      CompletableFuture<Void> answer = new CompletableFuture<>();
      loop.post(() -> ShardConsumer.this.prepare(wanted, answer));
      return answer;
    }

    @Override
    public Checkpoint accepted() {
      return accepted;
    }

    @Override
    public Optional<PendingCheckpoint> pending() {
      return Optional.ofNullable(pending);
    }

    @Override
    public boolean isLeaseHeld() {
      return !leaseGone && !handOverStarted && host.mayDeliver();
    }
  }

  private final class ReaderListener implements ShardReader.Listener {
    @Override
    public void readable() {
      if (reader.isEnded() && goal == Goal.RUN) {
        // early, so that the children's rows are there when the last batch has been processed
        askForSuccessors(() -> {});
      }
      advance();
    }

    @Override
    public void gap(String what) {
      ports.events().gap(shard(), what);
    }

    @Override
    public void shardNotFound(StreamException cause) {
      host.shardNotFound(ShardConsumer.this, cause);
    }
  }

  /** The shard has expired before it was read to its end; said loudly, and lineage goes on. */
  void shardExpired() {
    if (goal == Goal.RUN && !reader.isEnded()) {
      ports
          .events()
          .gap(
              shard(),
              "the shard has expired; records behind "
                  + processedUpTo
                  + " that were not read are gone");
      reader.endAsExpired();
    }
  }
}
