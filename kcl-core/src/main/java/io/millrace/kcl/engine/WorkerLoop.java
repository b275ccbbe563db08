package io.millrace.kcl.engine;

import io.millrace.kcl.health.ShardHealth;
import io.millrace.lease.Application;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseScan;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

// The worker: one thread, which alone touches everything below.
//
// A turn empties the inbox (answers of the store and the stream, returned calls of processors,
// timers), each event noting what it says; then decide() looks at what is known and starts whatever
// is due. This class is the turn, the worker's life, and the wiring of its parts:
//
//   who is alive              Membership decides, MembershipCalls calls the store
//   what the table says       TableScans reads it into the LeaseBook, Bumps tell others to
//   who should hold what      LeasePlanner decides, Assignment asks it and starts what it says
//   what a lease brings       Loads, where they are balanced
//   how a lease comes         Claims, or from its former owner, awaited by HeirWatch
//   how a lease goes          HandOffs; Departure when all of them go
//   what a shard does next    ShardConsumer, held by Consumers
//   how shards get on         ProgressWatch looks, Watchdog says what changed
//   which rows must exist     Lineage, asked by StartUp, Succeeding and Audit
//
// They leave what the next turn has to do in the Agenda. Nothing here blocks or runs user code.
//
// What must stay true:
// - a row is acted upon as its owner only through its ShardConsumer, and there is one per lease at
//   a time, from the claim until its last callback has returned;
// - a claim is repeated, the same one, until its outcome is known; one that turns out late is
//   adopted;
// - every change that others must know of is followed by a bump, written after it.
/** One worker of a fleet. */
public final class WorkerLoop {

  /** Another library may have stopped between a parent's end and its children. */
  private static final long FIRST_AUDIT_MILLIS = 3_000;

  private enum Life {
    NEW,
    STARTING,
    RUNNING,
    LEAVING,
    STOPPED
  }

  private final EngineSettings settings;
  private final EnginePorts ports;
  private final EventLoop loop;
  private final Membership membership;
  private final LeaseBook book;
  private final Agenda agenda = new Agenda();
  private final StartUp startUp;
  private final MembershipCalls membershipCalls;
  private final Consumers consumers;
  private final Claims claims;
  private final HandOffs handOffs;
  private final HeirWatch heirWatch;
  private final Loads loads;
  private final Assignment assignment;
  private final TableScans scans;
  private final Bumps bumps;
  private final Audit audit;
  private final Departure departure;
  private final ProgressWatch progress;
  private final WorkerContext context;
  private final CompletableFuture<Boolean> done = new CompletableFuture<>();

  private Life life = Life.NEW;
  private Application application;
  private boolean initialising;
  private long nextAuditAt = Long.MAX_VALUE;
  private boolean fenced = true;
  private boolean cleanly = true;
  private Throwable failure;
  private int leasesReported = -1;
  private long timerAt = Long.MAX_VALUE;
  private Runnable cancelTimer = () -> {};

  public WorkerLoop(EngineSettings settings, EnginePorts outside) {
    this.settings = settings;
    DescribedStream stream = new DescribedStream(outside.stream());
    this.membership = new Membership(settings.membership());
    ForeignOwners foreign = new ForeignOwners(settings.start().foreign());
    this.book = new LeaseBook(foreign);
    this.loads =
        new Loads(settings.membership().balanceBy(), outside.withStream(stream), membership, book);
    this.ports = loads.measured();
    this.loop = new EventLoop(ports.loop(), ports.scheduler(), this::decide, this::fail);
    this.context = new WorkerContext(settings, ports, loop, membership, book, agenda, this::fail);
    this.startUp = new StartUp(settings, ports, loop, foreign, this::fail, this::isStopped);
    this.membershipCalls = new MembershipCalls(context, new MembershipHost());
    this.audit = new Audit(ports, loop);
    this.consumers = new Consumers(context, audit, stream::retentionMillis, new ConsumersHost());
    this.claims = new Claims(context, consumers, this::startAtMillis);
    this.handOffs = new HandOffs(context, consumers);
    this.heirWatch = new HeirWatch(context);
    this.assignment = new Assignment(context, consumers, claims, handOffs, loads);
    this.scans = new TableScans(context, consumers, this::isTakingPart, this::scanned);
    this.bumps = new Bumps(context, scans);
    this.progress = new ProgressWatch(context, consumers, this::isTakingPart, this::isStopped);
    this.departure = new Departure(context, consumers, claims, this::isStopped, this::stopped);
  }

  // ---- from any thread

  /** Begins. Returns at once. */
  public void start() {
    loop.post(
        () -> {
          if (life == Life.NEW) {
            life = Life.STARTING;
            progress.begin();
            startUp.begin(this::applicationOpened);
          }
        });
  }

  /**
   * Hands every lease over to the rest of the fleet, after its processor has finished, and leaves.
   *
   * @return as {@link #done}
   */
  public CompletionStage<Boolean> leave() {
    loop.post(this::beginLeaving);
    return done();
  }

  /**
   * Stops processing as soon as the calls under way have returned, and releases the leases.
   *
   * @return as {@link #done}
   */
  public CompletionStage<Boolean> stop() {
    loop.post(this::beginStopping);
    return done();
  }

  /**
   * Completes when nothing is under way any more: with true if every processor finished in time and
   * every lease was given away, exceptionally if the worker could not go on.
   */
  public CompletionStage<Boolean> done() {
    return done.minimalCompletionStage();
  }

  /**
   * How every shard gets on that this worker holds, and for one worker of the fleet, the auditor,
   * also those that nobody holds; as of a moment soon.
   */
  public CompletionStage<List<ShardHealth>> health() {
    CompletableFuture<List<ShardHealth>> answer = new CompletableFuture<>();
    loop.post(() -> answer.complete(progress.now()));
    return answer;
  }

  /**
   * Delivers nothing of a shard until {@link #resume}; its lease is kept, and once it moves to
   * another worker the pause is over.
   *
   * @return whether this worker holds the shard
   */
  public CompletionStage<Boolean> pause(LeaseKey shard, String reason) {
    return onConsumer(shard, consumer -> consumer.pause(reason));
  }

  /**
   * Goes on with a shard after a pause, or after the failure rule has stopped it.
   *
   * @return whether this worker holds the shard
   */
  public CompletionStage<Boolean> resume(LeaseKey shard) {
    return onConsumer(
        shard,
        consumer -> {
          consumer.resume();
          consumer.resumeStopped();
        });
  }

  private CompletionStage<Boolean> onConsumer(LeaseKey shard, Consumer<ShardConsumer> change) {
    CompletableFuture<Boolean> answer = new CompletableFuture<>();
    loop.post(
        () -> {
          ShardConsumer consumer = consumers.get(shard);
          if (consumer != null) {
            change.accept(consumer);
          }
          answer.complete(consumer != null);
        });
    return answer;
  }

  /** The bytes of records that are in memory or about to be, as of a moment soon. */
  public CompletionStage<Long> bufferedBytes() {
    CompletableFuture<Long> answer = new CompletableFuture<>();
    loop.post(() -> answer.complete(consumers.bufferedBytes()));
    return answer;
  }

  // ---- a turn

  private void decide() {
    if (life == Life.NEW || life == Life.STOPPED) {
      return;
    }
    long now = context.now();
    loads.sayIfDue(now);
    if (application != null && !(membership.isLeaving() && membership.me().isEmpty())) {
      membership.due(now).forEach(membershipCalls::run);
    }
    noticeFence(now);
    if (isTakingPart()) {
      if (membership.takeSessionsChanged() || book.takeChanged()) {
        agenda.wantPlan();
      }
      if (membership.takeSessionGone()) {
        // whoever is gone may have changed rows and had no time to say so
        agenda.wantScan();
      }
      scans.scanIfNeeded(now);
      if (agenda.isPlanDue(now) && !fenced) {
        assignment.plan(now);
      }
      bumps.bumpIfOwed();
      if (now >= nextAuditAt) {
        audit(now);
      }
      if (leasesReported != consumers.count()) {
        leasesReported = consumers.count();
        ports.events().leasesOwned(leasesReported);
      }
    }
    if (life == Life.LEAVING) {
      departure.leaveIfEmpty();
    }
    setTimer(now);
  }

  private boolean isTakingPart() {
    return (life == Life.RUNNING || life == Life.LEAVING)
        && membership.me().isPresent()
        && application.initialised();
  }

  private boolean isStopped() {
    return life == Life.STOPPED;
  }

  private void setTimer(long now) {
    if (life == Life.STOPPED) {
      return;
    }
    // only what decide() would act upon: anything else would wake the loop for nothing, again and
    // again
    long next = membership.nextDueAt();
    if (isTakingPart()) {
      next = Math.min(next, nextAuditAt);
    }
    if (!fenced) {
      next = Math.min(next, membership.fenceAtMillis());
      if (isTakingPart()) {
        next = Math.min(next, agenda.planAtMillis());
      }
    }
    next = Math.min(next, scans.nextAtMillis());
    if (next == Long.MAX_VALUE || next == timerAt) {
      return;
    }
    cancelTimer.run();
    timerAt = next;
    cancelTimer =
        loop.after(
            Math.max(1, next - now),
            () -> {
              timerAt = Long.MAX_VALUE;
            });
  }

  private void noticeFence(long now) {
    boolean was = fenced;
    fenced = membership.isFenced(now, ports.clock().wallMillis());
    if (was != fenced) {
      ports.events().fenced(fenced);
    }
    if (was && !fenced) {
      agenda.wantPlan();
      if (!application.initialised()) {
        initialise();
      }
    }
    // after a pause, the fence may have closed and opened again within one turn: whoever was held
    // back by it meanwhile waits for nothing else
    if (!fenced && (consumers.takeHeldBack() || was)) {
      consumers.all().forEach(ShardConsumer::advance);
    }
  }

  // ---- starting

  private void applicationOpened(Application opened) {
    application = opened;
  }

  private void initialise() {
    if (initialising) {
      return;
    }
    initialising = true;
    startUp.createFirstLeases(
        application,
        () -> membership.me().isEmpty() || fenced,
        initialised -> {
          application = initialised;
          agenda.oweBump();
          beginRunning();
        });
  }

  private void beginRunning() {
    if (life == Life.STARTING) {
      life = Life.RUNNING;
    }
    agenda.wantScan();
    agenda.wantPlan();
    long auditMillis =
        startUp.hasAdopted()
            ? Math.min(FIRST_AUDIT_MILLIS, settings.auditMillis())
            : settings.auditMillis();
    nextAuditAt = context.now() + auditMillis / 2 + ports.random().nextLong(auditMillis);
  }

  private OptionalLong startAtMillis() {
    return application.startAtMillis() == null
        ? OptionalLong.empty()
        : OptionalLong.of(application.startAtMillis());
  }

  // ---- what the parts tell

  private void scanned() {
    departure.scanned();
    if (life != Life.LEAVING) {
      heirWatch.watchAnnounced();
    }
  }

  private final class MembershipHost implements MembershipCalls.Host {
    @Override
    public boolean isStarting() {
      return life == Life.STARTING;
    }

    @Override
    public void joined() {
      loads.joined();
      if (application.initialised()) {
        beginRunning();
      }
    }

    @Override
    public void sessionLost() {
      claims.clear();
      handOffs.clear();
      heirWatch.clear();
      consumers.loseAll("the session has expired");
    }
  }

  private final class ConsumersHost implements Consumers.Host {
    @Override
    public Application application() {
      return application;
    }

    @Override
    public boolean isRunning() {
      return life == Life.RUNNING;
    }

    @Override
    public boolean isStopped() {
      return WorkerLoop.this.isStopped();
    }

    @Override
    public void held(LeaseKey key) {
      heirWatch.forget(key);
      loads.held(key);
    }

    @Override
    public void letGo(LeaseKey key) {
      handOffs.forget(key);
      loads.letGo(key);
    }

    @Override
    public void consumerStopped() {
      if (failure != null && consumers.isEmpty()) {
        finish();
      }
    }
  }

  // ---- the audit

  private void audit(long now) {
    nextAuditAt = now + settings.auditMillis();
    if (fenced || life != Life.RUNNING) {
      return;
    }
    if (!membership.isAuditor()) {
      audit.checkStream(application, this::fail);
      return;
    }
    audit.run(application, new AuditHost());
  }

  private final class AuditHost implements Audit.Host {
    @Override
    public boolean mayWrite() {
      return !fenced && life == Life.RUNNING && membership.me().isPresent();
    }

    @Override
    public void scanned(LeaseScan scan, long startedAt) {
      scans.scanned(scan, startedAt);
    }

    @Override
    public void created(Lease lease) {
      book.seen(lease, context.now());
      agenda.oweBump();
    }

    @Override
    public void deleted(LeaseKey key) {
      book.gone(key);
      agenda.oweBump();
    }

    @Override
    public void streamChanged(RuntimeException why) {
      fail(why);
    }

    @Override
    public void trouble(String what, Throwable error) {
      agenda.oweBump(); // it may have taken effect
      context.storeTrouble(what, error);
    }
  }

  // ---- stopping

  private void beginLeaving() {
    if (life == Life.STOPPED || life == Life.LEAVING) {
      return;
    }
    boolean takesPart = isTakingPart();
    life = Life.LEAVING;
    departure.begin(takesPart);
  }

  private void beginStopping() {
    beginLeaving();
    departure.hurry();
  }

  private void fail(Throwable cause) {
    if (failure != null || life == Life.STOPPED) {
      return;
    }
    failure = cause;
    ports.events().notice("ERROR", "The worker stops: " + cause.getMessage());
    consumers.loseAll("the worker stops: " + cause.getMessage());
    membership.me().ifPresent(me -> ports.store().leave(me));
    membership.stop();
    life = Life.STOPPED;
    if (consumers.isEmpty()) {
      finish();
    } else {
      loop.after(Departure.LAST_WRITES_MILLIS, this::finish);
    }
  }

  private void stopped(boolean clean) {
    if (life == Life.STOPPED) {
      return;
    }
    life = Life.STOPPED;
    membership.stop();
    cleanly = clean;
    consumers.loseAll(
        "the worker has stopped"); // whatever is still to be written is not waited for
    finish();
  }

  private void finish() {
    cancelTimer.run();
    if (failure != null) {
      done.completeExceptionally(failure);
    } else {
      done.complete(cleanly);
    }
  }
}
