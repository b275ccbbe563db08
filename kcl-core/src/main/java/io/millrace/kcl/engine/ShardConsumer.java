package io.millrace.kcl.engine;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.engine.ConsumerPhase.Signal;
import io.millrace.kcl.health.ShardHealth;
import io.millrace.kcl.health.ShardState;
import io.millrace.kcl.stream.StreamException;
import io.millrace.kcl.stream.StreamRecord;
import io.millrace.lease.HeldLease;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.SessionId;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;

// One shard under one fencing token, from the moment the lease is held until the last callback
// has returned.
//
// What must stay true:
// - one call of the processor at a time, and none after STOPPED: every call is made in call(),
//   which only a transition of ConsumerPhase leads to, and its completion is ignored once the
//   consumer was abandoned;
// - a batch is dropped only after its call returned: a batch that threw is kept and delivered
//   again;
// - nothing is delivered while the worker has fenced itself: checked here before each call, and
//   once more by the adapter on the processing thread;
// - SHARD_END is written only after the rows of the children exist, so that a crash between the
//   two loses no lineage;
// - a hand-over is written only after every earlier write has a definite outcome, and nothing is
//   delivered after it.
//
// A goal (run, drain, lose) says what the outside wants; it is looked at only between calls, so
// that a lost lease never interrupts user code, which could not be interrupted safely anyway.
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

    /** Lets {@link #giveAway} be called when it is this consumer's turn to write its hand-over. */
    void awaitTurnToGiveAway(ShardConsumer consumer);

    /** The lease is not ours any more. */
    void leaseLost(ShardConsumer consumer, String why);

    /** {@code SHARD_END} is in the store. */
    void finished(ShardConsumer consumer);

    /** The lease was handed over or released. */
    void handedOver(ShardConsumer consumer);

    /** No call is under way any more. */
    void stopped(ShardConsumer consumer);

    void shardNotFound(ShardConsumer consumer, StreamException cause);

    /** How long the stream keeps records. */
    long retentionMillis();

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
  private final ShardCheckpoints checkpoints;
  private final AutoCheckpoints autoCheckpoints;
  private final ShardReader reader;
  private final long heldSinceMillis;

  private ShardProcessor processor;
  private ConsumerPhase phase = ConsumerPhase.WAITING;
  private Goal goal = Goal.RUN;
  private Delivery delivery;
  private Checkpoint processedUpTo;
  private int attempts;
  private boolean pausedForRetry;
  private GivenUp givenUp;
  private ShardConditions.Failing failing;
  private ShardConditions.Held paused;
  private ShardConditions.Held stoppedByRule;
  private LeaseKey waitingFor;
  private String calling;
  private boolean waitsForFence;
  private long callStartedMillis;
  private long callNumber;
  private boolean draining;
  private volatile boolean handOverStarted;
  private boolean abandoned;
  private Optional<SessionId> successor = Optional.empty();
  private Runnable cancelDeadline = NO_DEADLINE;

  private volatile boolean leaseGone;

  ShardConsumer(
      Lease lease,
      HeldLease held,
      Host host,
      EnginePorts ports,
      EventLoop loop,
      EngineSettings settings,
      ByteBudget budget) {
    this.held = held;
    this.host = host;
    this.ports = ports;
    this.loop = loop;
    this.settings = settings;
    this.processedUpTo = lease.checkpoint();
    this.heldSinceMillis = ports.clock().monotonicMillis();
    this.checkpoints = new ShardCheckpoints(lease, held, ports, loop, new CheckpointsOwner());
    this.autoCheckpoints = new AutoCheckpoints(settings.policies().checkpoint(), checkpoints, loop);
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
    return checkpoints.lease();
  }

  /** Whether this consumer is on its way out, or gone. */
  boolean isEnding() {
    return goal != Goal.RUN || phase == ConsumerPhase.STOPPED;
  }

  boolean isLost() {
    return leaseGone;
  }

  /**
   * Whether {@code row} is what our own hand-over makes of it, the answer to which is under way.
   */
  boolean isGivenAwayBy(Lease row) {
    return handOverStarted
        && row.counter() == held.token() + 1
        && Objects.equals(row.owner(), successor.map(SessionId::value).orElse(null));
  }

  boolean isInUserCode() {
    return phase.isCalling() && !abandoned;
  }

  private long inCallMillis() {
    return phase.isCalling() ? now() - callStartedMillis : 0;
  }

  /** How the shard gets on. */
  ShardHealth health() {
    long now = now();
    boolean inCall = phase.isCalling() && !abandoned;
    boolean mayBeStuck =
        inCall && now - callStartedMillis >= settings.policies().stallMillis() && processor != null;
    return ShardConditions.judge(
        new ShardConditions.Facts(
            shard(),
            held.token(),
            checkpoints.accepted(),
            inCall ? calling : null,
            callStartedMillis,
            mayBeStuck ? processor.where().orElse(null) : null,
            host.isFenced(),
            stoppedByRule == null ? paused : stoppedByRule,
            failing,
            phase == ConsumerPhase.WAITING ? waitingFor : null,
            reader.trouble(),
            delivery == null && !reader.hasBatch() && reader.isAtTip()),
        settings.policies().stallMillis(),
        now);
  }

  /** Tells how long the oldest record that is waiting for its processor has been in the stream. */
  void tellAge() {
    List<StreamRecord> waiting = delivery == null ? List.of() : delivery.waiting();
    if (!waiting.isEmpty()) {
      long age = Math.max(0, ports.clock().wallMillis() - waiting.get(0).arrivalMillis());
      ports.events().waiting(shard(), age, host.retentionMillis());
    } else {
      ports.events().waiting(shard(), 0, host.retentionMillis());
    }
  }

  /** No further records are delivered until {@link #resume}; the lease is kept. */
  void pause(String reason) {
    if (paused == null) {
      paused = new ShardConditions.Held(ShardState.PAUSED, now(), "paused: " + reason);
      ports.events().paused(shard(), true, reason);
    }
  }

  /** Goes on after a pause. */
  void resume() {
    if (paused != null) {
      paused = null;
      ports.events().paused(shard(), false, "resumed");
      advance();
    }
  }

  /** Goes on after the failure rule has stopped the shard, with the records that failed. */
  void resumeStopped() {
    if (stoppedByRule != null) {
      stoppedByRule = null;
      ports.events().stoppedByRule(shard(), null);
      advance();
    }
  }

  /** Starts, as soon as every parent is finished. */
  void start() {
    Lease lease = checkpoints.lease();
    if (lease.parents().isEmpty() || !lease.checkpoint().isInitial()) {
      makeProcessor();
    } else {
      checkParents(new ArrayList<>(lease.parents()), 1);
    }
  }

  /** Tells the heir that the lease will be handed over. */
  void announce(SessionId heir, Runnable announced) {
    checkpoints.announce(heir, announced);
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
    checkpoints.close();
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
    waitingFor = parent;
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
    ShardStart start =
        new ShardStart(shard(), checkpoints.accepted(), checkpoints.pending(), new Control());
    call("initialize", () -> processor.initialize(start), this::initialized);
  }

  private void initialized(Throwable error) {
    if (error == null) {
      attempts = 0;
      failing = null;
      move(Signal.RETURNED);
      if (goal == Goal.RUN) {
        reader.start(checkpoints.accepted(), lease().startAtMillis(), lease().hashKeyRange());
      }
      advance();
      return;
    }
    attempts++;
    processor = null;
    move(Signal.FAILED);
    failing("initialize", ShardState.RETRYING, attempts, error);
    reportFailure("initialize", attempts, error);
    retryLater(attempts, this::makeProcessor);
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
      call("leaseLost", processor::leaseLost, e -> lastCallReturned("leaseLost", e));
      return;
    }
    if (host.isFenced()) {
      return;
    }
    if (goal == Goal.DRAIN) {
      dropCurrent();
      move(Signal.DRAIN);
      // a batch whose call threw, or was refused by the fence, counts as not processed
      ShardCheckpointer checkpointer = checkpoints.upTo(processedUpTo);
      call(
          "shutdownRequested",
          () -> autoCheckpoints.withLast(() -> processor.shutdownRequested(checkpointer)),
          e -> lastCallReturned("shutdownRequested", e));
      return;
    }
    if (pausedForRetry || paused != null || stoppedByRule != null) {
      return;
    }
    if (givenUp != null) {
      storeDeadLetters();
      return;
    }
    if (delivery == null) {
      Batch batch = reader.poll();
      delivery = batch == null ? null : new Delivery(batch, settings.policies().failure());
    }
    if (delivery != null) {
      deliver();
    } else if (reader.isEnded()) {
      end();
    }
  }

  private void deliver() {
    Batch part = delivery.next();
    move(Signal.DELIVER);
    if (!part.records().isEmpty()) {
      checkpoints.delivered(part.records().get(part.records().size() - 1).position());
    }
    if (delivery.begin()) {
      Batch batch = delivery.batch();
      ports
          .events()
          .delivered(
              shard(), batch.records().size(), batch.sizeBytes(), batch.millisBehindLatest());
    }
    // never beyond what is being delivered, even if more was: a part behind it may have been
    // delivered and have failed
    Checkpoint upTo =
        part.records().isEmpty()
            ? processedUpTo
            : part.records().get(part.records().size() - 1).position();
    ShardCheckpointer checkpointer = checkpoints.upTo(upTo);
    call("processRecords", () -> processor.process(part, checkpointer), this::processed);
  }

  private void processed(Throwable error) {
    ports.events().processed(shard(), inCallMillis(), error, delivery.attempts() + 1);
    if (error == null) {
      move(Signal.RETURNED);
      failing = null;
      int records = delivery.waiting().size();
      passed(delivery.succeeded(), records);
    } else {
      move(Signal.FAILED);
      if (error instanceof ShardCheckpointer.LeaseLostException) {
        retryLater(delivery.attempts(), this::advance);
      } else {
        failed(error);
      }
    }
    advance();
  }

  private void failed(Throwable error) {
    Delivery.Verdict verdict =
        delivery.failed(ports.clock().wallMillis(), ports.clock().monotonicMillis());
    failing("processRecords", ShardState.RETRYING, delivery.attempts(), error);
    tellAge();
    if (verdict instanceof Delivery.Verdict.Retry retry) {
      reportFailure("processRecords", retry.attempts(), error);
      retryLater(retry.attempts(), this::advance);
    } else if (verdict instanceof Delivery.Verdict.GiveUp giveUp) {
      GivenUp records = new GivenUp(giveUp.records(), error, giveUp.attempts());
      switch (settings.policies().failure().then()) {
        case DEAD_LETTER -> {
          givenUp = records;
          checkpoints.passNothingBehind(processedUpTo);
        }
        case SKIP -> done(records);
        case STOP -> {
          String reason =
              "stopped by the failure policy at record "
                  + records.records().get(0).position()
                  + " after "
                  + records.attempts()
                  + " attempts: "
                  + error;
          stoppedByRule = new ShardConditions.Held(ShardState.STOPPED, now(), reason);
          ports.events().stoppedByRule(shard(), reason);
        }
      }
    }
  }

  private void storeDeadLetters() {
    GivenUp records = givenUp;
    move(Signal.GIVE_UP);
    call("store dead letters", () -> processor.giveUp(records), this::deadLettersStored);
  }

  private void deadLettersStored(Throwable error) {
    if (error == null) {
      attempts = 0;
      move(Signal.RETURNED);
      done(givenUp);
      givenUp = null;
      checkpoints.passAnything();
    } else {
      move(Signal.FAILED);
      if (!(error instanceof ShardCheckpointer.LeaseLostException)) {
        attempts++;
        failing("storing dead letters", ShardState.DEAD_LETTERS_REFUSED, attempts, error);
        tellAge();
        ports.events().deadLettersRefused(shard(), error, attempts);
      }
      retryLater(attempts, this::advance);
    }
    advance();
  }

  /** Records were given up, and everything that had to be done for them is done. */
  private void done(GivenUp records) {
    failing = null;
    ports.events().gaveUp(shard(), records, settings.policies().failure().then());
    passed(delivery.gaveUp(), records.records().size());
  }

  /** Everything up to {@code position} needs no further call. */
  private void passed(Checkpoint position, int records) {
    if (position != null) {
      processedUpTo = position;
      autoCheckpoints.processed(position, records);
    }
    if (delivery.isDone()) {
      dropCurrent();
    }
  }

  private void end() {
    checkpoints.everythingDelivered();
    checkpoints.askForSuccessors(() -> {});
    move(Signal.END);
    ShardCheckpointer checkpointer = checkpoints.upTo(Checkpoint.SHARD_END);
    call(
        "shardEnded",
        () -> autoCheckpoints.withEnd(() -> processor.shardEnded(checkpointer)),
        this::endReturned);
  }

  private void endReturned(Throwable error) {
    if (checkpoints.accepted().isShardEnd()) {
      finish();
      return;
    }
    move(error == null ? Signal.RETURNED : Signal.FAILED);
    if (goal == Goal.RUN) {
      attempts++;
      if (error != null) {
        failing("shardEnded", ShardState.RETRYING, attempts, error);
        reportFailure("shardEnded", attempts, error);
      } else {
        failing(
            "shardEnded",
            ShardState.END_NOT_CHECKPOINTED,
            attempts,
            new IllegalStateException("it returned without a checkpoint at the end of the shard"));
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
      retryLater(attempts, this::advance);
    }
    advance();
  }

  private void finish() {
    move(Signal.ENDED);
    cancelDeadline.run();
    reader.close();
    leaseGone = true;
    checkpoints.close();
    autoCheckpoints.close();
    ports.events().shardFinished(shard());
    host.finished(this);
    host.stopped(this);
  }

  private void lastCallReturned(String name, Throwable error) {
    move(error == null ? Signal.RETURNED : Signal.FAILED);
    if (error != null && !(error instanceof ShardCheckpointer.LeaseLostException)) {
      reportFailure(name, 1, error);
    }
    stopped();
  }

  /**
   * No call is under way and none will follow; what remains is to give the lease away, if it is
   * still ours.
   */
  private void stopped() {
    cancelDeadline.run();
    autoCheckpoints.close();
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
    host.awaitTurnToGiveAway(this);
  }

  /** Writes the hand-over. */
  void giveAway() {
    checkpoints.handOff(
        successor,
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
        });
  }

  private void drainDeadline() {
    if (phase.isCalling()) {
      abandon();
    } else if (phase != ConsumerPhase.STOPPED) {
      // fenced just now; its last call is still to come, and may not return either
      cancelDeadline = loop.after(settings.processing().drainMillis(), this::drainDeadline);
    }
  }

  private void call(String name, Supplier<CompletionStage<Void>> call, Consumer<Throwable> then) {
    long number = ++callNumber;
    calling = name;
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

  private void failing(String call, ShardState state, int times, Throwable cause) {
    long since = failing != null && failing.call().equals(call) ? failing.sinceMillis() : now();
    failing = new ShardConditions.Failing(call, since, times, state, cause.toString());
  }

  private void retryLater(int failures, Runnable then) {
    pausedForRetry = true;
    EngineSettings.Processing p = settings.processing();
    long delay =
        new Backoff(p.retryMillis(), p.maxRetryMillis())
            .millis(Math.max(1, failures), ports.random());
    loop.after(
        delay,
        () -> {
          pausedForRetry = false;
          then.run();
        });
  }

  private void reportFailure(String call, int attempt, Throwable error) {
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
                + Math.max(1, attempt)
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
    givenUp = null;
    if (delivery != null) {
      reader.release(delivery.batch());
      delivery = null;
    }
  }

  private long now() {
    return ports.clock().monotonicMillis();
  }

  // ---- the lease's row

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
                  + checkpoints.accepted()
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

  private final class CheckpointsOwner implements ShardCheckpoints.Owner {
    @Override
    public boolean isFenced() {
      return host.isFenced();
    }

    @Override
    public boolean isLeaseHeld() {
      return !isOver() && host.mayDeliver();
    }

    @Override
    public boolean isOver() {
      return leaseGone || handOverStarted;
    }

    @Override
    public void rowChanged(Lease lease) {
      host.rowChanged(lease);
    }

    @Override
    public void refused(Optional<Lease> row) {
      lostAtWrite(row);
    }

    @Override
    public void createSuccessors(Consumer<SortedSet<LeaseKey>> created) {
      host.createSuccessors(ShardConsumer.this, created);
    }

    @Override
    public void fatal(Throwable cause) {
      host.fatal(cause);
    }
  }

  private final class Control implements ShardControl {
    @Override
    public void pause(String reason) {
      loop.post(() -> ShardConsumer.this.pause(reason));
    }

    @Override
    public void resume() {
      loop.post(ShardConsumer.this::resume);
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
        checkpoints.askForSuccessors(() -> {});
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
