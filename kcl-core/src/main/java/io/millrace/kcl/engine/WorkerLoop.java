package io.millrace.kcl.engine;

import io.millrace.kcl.stream.StreamException;
import io.millrace.lease.Application;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseScan;
import io.millrace.lease.LeaseStore.BeatResult;
import io.millrace.lease.LeaseStore.ExpireResult;
import io.millrace.lease.LeaseStore.OwnerResult;
import io.millrace.lease.LeaseStoreException;
import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import io.millrace.lease.SessionPage;
import io.millrace.lease.plan.FleetView;
import io.millrace.lease.plan.Holder;
import io.millrace.lease.plan.LeaseAction;
import io.millrace.lease.plan.LeasePlan;
import io.millrace.lease.plan.LeasePlanner;
import io.millrace.lease.plan.LeaseView;
import io.millrace.lease.plan.PlanSettings;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

// The worker: one thread, which alone touches everything below.
//
// A turn empties the inbox (answers of the store and the stream, returned calls of processors,
// timers), each event noting
// what it says; then decide() looks at what is known and starts whatever is due. Who should hold
// what is decided by
// LeasePlanner, who is alive by Membership, what a shard does next by ShardConsumer, which rows
// must exist by Lineage; this
// class asks them and carries out the answers. It never blocks and never runs user code.
//
// What must stay true here:
// - a row is acted upon as its owner only through its ShardConsumer, and there is one per lease at
// a time, from the claim
//   until its last callback has returned;
// - a claim is repeated, the same one, until its outcome is known; one that turns out late is
// adopted;
// - every change that others must know of is followed by a bump, written after it.
/** One worker of a fleet. */
public final class WorkerLoop {

  private enum Life {
    NEW,
    STARTING,
    RUNNING,
    LEAVING,
    STOPPED
  }

  /** How long an heir has to notice an announcement before its lease is drained. */
  private static final long ANNOUNCE_MILLIS = 2_500;

  /** How long an heir watches an announced lease closely. */
  private static final long WATCH_MILLIS = 20_000;

  private static final long WATCH_INTERVAL_MILLIS = 100;

  /** So many rows are watched at that interval; beyond, each less often. */
  private static final int WATCHED_CLOSELY = 32;

  private static final long SCAN_INTERVAL_MILLIS = 1_000;

  /** Of the time, at most one part in so many is spent scanning, however slow the table is. */
  private static final long SCAN_TIME_PARTS = 4;

  private static final long MAX_SCAN_INTERVAL_MILLIS = 10_000;

  /** Between two bumps, so that a burst of changes is announced a few times and not once each. */
  private static final long BUMP_SPACING_MILLIS = 50;

  /** Claims and row creations under way at a time. */
  private static final int MAX_WRITES_UNDER_WAY = 64;

  /** Left to everything that must still be written after the last processor was abandoned. */
  private static final long LAST_WRITES_MILLIS = 5_000;

  private final EngineSettings settings;
  private final EnginePorts ports;
  private final EventLoop loop;
  private final Membership membership;
  private final LeaseBook book = new LeaseBook();
  private final ByteBudget budget;
  private final StartUp startUp;
  private final Succeeding succeeding;
  private final Audit audit;
  private final ConsumerHost host = new ConsumerHost();

  private final SortedMap<LeaseKey, ShardConsumer> consumers = new TreeMap<>();
  private final SortedSet<LeaseKey> claiming = new TreeSet<>();
  private final Deque<Lease> claimQueue = new ArrayDeque<>();
  private final SortedMap<LeaseKey, SessionId> announced = new TreeMap<>();
  private final SortedMap<LeaseKey, Long> watchedUntil = new TreeMap<>();
  private final SortedSet<String> reportedRows = new TreeSet<>();
  private final CompletableFuture<Boolean> done = new CompletableFuture<>();

  private Life life = Life.NEW;
  private Application application;
  private int claimsUnderWay;
  private int joinFailures;
  private boolean initialising;
  private boolean scanning;
  private int scanFailures;
  private long nextScanAt;
  private boolean scanWanted;
  private long scannedGeneration = -1;
  private boolean bumpOwed;
  private boolean bumping;
  private int bumpFailures;
  private boolean planWanted;
  private boolean ownersUnknown;
  private long planAgainAt = Long.MAX_VALUE;
  private long nextAuditAt = Long.MAX_VALUE;
  private boolean fenced = true;
  private boolean lastScanDone;
  private boolean cleanly = true;
  private boolean leavingTable;
  private Throwable failure;
  private int leasesReported = -1;
  private long timerAt = Long.MAX_VALUE;
  private Runnable cancelTimer = () -> {};

  public WorkerLoop(EngineSettings settings, EnginePorts ports) {
    this.settings = settings;
    this.ports = ports;
    this.loop = new EventLoop(ports.loop(), ports.scheduler(), this::decide, this::fail);
    this.membership = new Membership(settings.membership());
    this.budget = new ByteBudget(settings.reading().prefetchBytes());
    this.startUp = new StartUp(settings, ports, loop, this::fail, () -> life == Life.STOPPED);
    this.succeeding = new Succeeding(ports, loop);
    this.audit = new Audit(ports, loop);
  }

  // ---- from any thread

  /** Begins. Returns at once. */
  public void start() {
    loop.post(
        () -> {
          if (life == Life.NEW) {
            life = Life.STARTING;
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

  /** What every consumer is doing, as of a moment soon. */
  public CompletionStage<List<ShardStatus>> status() {
    CompletableFuture<List<ShardStatus>> answer = new CompletableFuture<>();
    loop.post(
        () ->
            answer.complete(
                consumers.values().stream()
                    .map(
                        c ->
                            new ShardStatus(
                                c.shard(),
                                c.held().token(),
                                c.phase(),
                                c.lease().checkpoint(),
                                c.inCallMillis()))
                    .toList()));
    return answer;
  }

  /** The bytes of records that are in memory or about to be, as of a moment soon. */
  public CompletionStage<Long> bufferedBytes() {
    CompletableFuture<Long> answer = new CompletableFuture<>();
    loop.post(() -> answer.complete(budget.usedBytes()));
    return answer;
  }

  // ---- a turn

  private void decide() {
    if (life == Life.NEW || life == Life.STOPPED) {
      return;
    }
    long now = now();
    if (application != null && !(membership.isLeaving() && membership.me().isEmpty())) {
      membership.due(now).forEach(this::run);
    }
    noticeFence(now);
    if (isTakingPart()) {
      if (membership.takeSessionsChanged() || book.takeChanged()) {
        planWanted = true;
      }
      // whoever is gone may have changed rows and had no time to say so
      scanWanted |= membership.takeSessionGone();
      scanIfNeeded(now);
      if ((planWanted || now >= planAgainAt) && !fenced) {
        plan(now);
      }
      bumpIfOwed();
      if (now >= nextAuditAt) {
        audit(now);
      }
      if (leasesReported != consumers.size()) {
        leasesReported = consumers.size();
        ports.events().leasesOwned(leasesReported);
      }
    }
    if (life == Life.LEAVING) {
      leaveIfEmpty();
    }
    setTimer(now);
  }

  private boolean isTakingPart() {
    return (life == Life.RUNNING || life == Life.LEAVING)
        && membership.me().isPresent()
        && application.initialised();
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
        next = Math.min(next, planAgainAt);
      }
    }
    if (needsScan() && !scanning) {
      next = Math.min(next, nextScanAt);
    }
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

  private long now() {
    return ports.clock().monotonicMillis();
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
          bumpOwed = true;
          beginRunning();
        });
  }

  private void beginRunning() {
    if (life == Life.STARTING) {
      life = Life.RUNNING;
    }
    scanWanted = true;
    planWanted = true;
    nextAuditAt =
        now() + settings.auditMillis() / 2 + ports.random().nextLong(settings.auditMillis());
  }

  // ---- membership

  private void run(Membership.Action action) {
    if (action instanceof Membership.Action.Join) {
      readPagesToJoin(0);
    } else if (action instanceof Membership.Action.Beat beat) {
      beat(beat.session());
    } else if (action instanceof Membership.Action.ReadPage read) {
      readPage(read.page());
    } else if (action instanceof Membership.Action.Expire expire) {
      expire(expire.session(), expire.observedBeat());
    }
  }

  private void readPagesToJoin(int page) {
    long startedAt = now();
    loop.whenDone(
        ports.store().readPage(page),
        (read, error) -> {
          if (error != null) {
            joinFailed("read sessions", error);
          } else if (read.isEmpty() && page == 0) {
            if (life == Life.STARTING) {
              createPageToJoin(0);
            } else {
              fail(applicationGone());
            }
          } else {
            read.ifPresent(p -> membership.pageRead(p, startedAt, now()));
            if (page + 1 < membership.pageCount()) {
              readPagesToJoin(page + 1);
            } else {
              chooseAndJoin();
            }
          }
        });
  }

  /**
   * Takes the lowest page with room: everybody reads page 0 for the generation, so a fleet that
   * fits into few pages reads less.
   */
  private void chooseAndJoin() {
    for (int number = 0; number < membership.pageCount(); number++) {
      Optional<SessionPage> page = membership.page(number);
      if (page.isEmpty()) {
        createPageToJoin(number);
        return;
      } else if (page.get().hasRoom()) {
        join(page.get());
        return;
      }
    }
    createPageToJoin(membership.pageCount());
  }

  private void createPageToJoin(int number) {
    long startedAt = now();
    loop.whenDone(
        ports.store().createPage(number),
        (page, error) -> {
          if (error != null) {
            joinFailed("create sessions", error);
          } else {
            membership.pageRead(page, startedAt, now());
            join(page);
          }
        });
  }

  private void join(SessionPage page) {
    Session session =
        membership.newSession(settings.names().workerId(), page, ports.random().nextLong());
    long startedAt = now();
    long startedWall = ports.clock().wallMillis();
    loop.whenDone(
        ports.store().join(session),
        (result, error) -> {
          if (error != null) {
            joinFailed("join", error);
            return;
          }
          membership.pageRead(result.page(), startedAt, now());
          if (result.page().session(session.id()).isPresent()) {
            joinFailures = 0;
            membership.joined(session, startedAt, startedWall);
            bumpOwed = true;
            ports.events().sessionJoined(session.id().value());
            if (application.initialised()) {
              beginRunning();
            }
          } else {
            joinFailures++;
            loop.after(
                ports.random().nextLong(20L * Math.min(50, joinFailures)),
                () -> readPagesToJoin(0));
          }
        });
  }

  private void joinFailed(String what, Throwable error) {
    storeTrouble(what, error);
    joinFailures++;
    loop.after(Backoff.STORE.millis(joinFailures, ports.random()), membership::joinFailed);
  }

  private void beat(Session session) {
    long startedAt = now();
    long startedWall = ports.clock().wallMillis();
    loop.whenDone(
        ports.store().beat(session),
        (result, error) -> {
          ports.events().beat(error == null, now() - startedAt);
          if (error != null) {
            membership.beatUnanswered();
            storeTrouble("heartbeat", error);
            return;
          }
          boolean mine = membership.isMe(session.id());
          if (result instanceof BeatResult.Alive alive) {
            pageRead(alive.page(), startedAt);
            membership.beatAnswered(session.id(), true, startedAt, startedWall);
          } else {
            membership.beatAnswered(session.id(), false, startedAt, startedWall);
            if (mine) {
              sessionLost(session.id());
            }
          }
        });
  }

  private void sessionLost(SessionId id) {
    ports
        .events()
        .notice(
            "WARN",
            "Session "
                + id
                + " was expired by another worker: no heartbeat of it arrived in time. Its leases are lost; "
                + "joining again");
    claimQueue.clear();
    claiming.clear();
    claimsUnderWay = 0;
    announced.clear();
    watchedUntil.clear();
    loseAll("the session has expired");
  }

  private void loseAll(String why) {
    for (ShardConsumer consumer : List.copyOf(consumers.values())) {
      consumer.lose(why);
    }
  }

  private void pageRead(SessionPage page, long startedAt) {
    membership.pageRead(page, startedAt, now());
    planWanted |= ownersUnknown;
  }

  private void readPage(int page) {
    long startedAt = now();
    loop.whenDone(
        ports.store().readPage(page),
        (read, error) -> {
          if (error != null) {
            membership.pageUnread(page, now());
            storeTrouble("read sessions", error);
          } else {
            // a page that does not exist holds nobody
            pageRead(
                read.orElseGet(
                    () -> new SessionPage(page, 0, 0, Collections.emptySortedMap(), 0, 0)),
                startedAt);
          }
        });
  }

  private void expire(SessionId session, long observedBeat) {
    long startedAt = now();
    loop.whenDone(
        ports.store().expire(session, observedBeat),
        (result, error) -> {
          membership.expiryEnded(session);
          if (error != null) {
            storeTrouble("expire", error);
          } else if (result instanceof ExpireResult.Gone gone) {
            membership.sessionGone(session);
            planWanted = true;
            if (gone.byThisCall()) {
              bumpOwed = true;
              ports.events().sessionExpired(session.value());
            }
          } else if (result instanceof ExpireResult.Lives lives) {
            pageRead(lives.page(), startedAt);
          }
        });
  }

  private void noticeFence(long now) {
    boolean was = fenced;
    fenced = membership.isFenced(now, ports.clock().wallMillis());
    if (was == fenced) {
      return;
    }
    ports.events().fenced(fenced);
    if (!fenced) {
      planWanted = true;
      if (!application.initialised()) {
        initialise();
      }
      List.copyOf(consumers.values()).forEach(ShardConsumer::advance);
    }
  }

  // ---- what the table says

  private boolean needsScan() {
    return isTakingPart() && (scanWanted || membership.generation() > scannedGeneration);
  }

  private void scanIfNeeded(long now) {
    if (scanning || now < nextScanAt || !needsScan()) {
      return;
    }
    scanning = true;
    scanWanted = false;
    nextScanAt = now + SCAN_INTERVAL_MILLIS;
    long generation = membership.generation();
    loop.whenDone(
        ports.store().scan(),
        (scan, error) -> {
          scanning = false;
          if (error != null) {
            scanWanted = true;
            scanFailures++;
            nextScanAt = now() + Backoff.STORE.millis(scanFailures, ports.random());
            storeTrouble("scan", error);
            return;
          }
          scanFailures = 0;
          nextScanAt =
              Math.max(
                  nextScanAt,
                  now()
                      + Math.min(MAX_SCAN_INTERVAL_MILLIS, (now() - now) * (SCAN_TIME_PARTS - 1)));
          scannedGeneration = Math.max(scannedGeneration, generation);
          scanned(scan, now);
        });
  }

  private void scanned(LeaseScan scan, long startedAt) {
    reportUnreadable(scan);
    reportForeign(scan);
    book.scanned(scan, startedAt, now());
    for (ShardConsumer consumer : List.copyOf(consumers.values())) {
      compareWithRow(consumer, startedAt);
    }
    membership.wantAllPages();
    planWanted = true;
    lastScanDone = true;
    watchAnnounced();
  }

  private void compareWithRow(ShardConsumer consumer, long scanStartedAt) {
    if (consumer.isLost() || consumer.heldSinceMillis() >= scanStartedAt) {
      return;
    }
    Optional<Lease> row = book.row(consumer.shard());
    if (row.isEmpty()) {
      consumer.lose("its row is gone from the table");
    } else if (row.get().counter() != consumer.held().token()
        || !row.get().isOwnedBy(consumer.held().owner())) {
      consumer.lose("the row says owner " + row.get().owner() + ", token " + row.get().counter());
    }
  }

  private void reportForeign(LeaseScan scan) {
    for (Lease lease : scan.leases()) {
      if (lease.isForeignOwned()
          && !lease.isFinished()
          && reportedRows.size() < 1_000
          && reportedRows.add(lease.key() + " " + lease.owner())) {
        ports
            .events()
            .notice(
                "ERROR",
                "Lease "
                    + lease.key()
                    + " of table "
                    + settings.names().table()
                    + " is owned by "
                    + lease.owner()
                    + ", a worker of another library. It is left alone, so its shard is not processed here:"
                    + " two libraries must not share a table. Stop one of them");
      }
    }
  }

  private void reportUnreadable(LeaseScan scan) {
    for (LeaseScan.UnreadableRow row : scan.unreadable()) {
      if (reportedRows.size() < 1_000 && reportedRows.add(row.key() + ' ' + row.problem())) {
        ports
            .events()
            .notice(
                "ERROR",
                "Row "
                    + row.key()
                    + " of table "
                    + settings.names().table()
                    + " cannot be read and is left alone, so its shard is not processed: "
                    + row.problem());
      }
    }
  }

  private void watchAnnounced() {
    if (membership.me().isEmpty() || life == Life.LEAVING) {
      return;
    }
    long now = now();
    for (Lease lease : book.announcedTo(membership.me().get())) {
      if (watchedUntil.putIfAbsent(lease.key(), now + WATCH_MILLIS) == null) {
        watch(lease.key());
      }
    }
  }

  private void watch(LeaseKey key) {
    loop.whenDone(
        ports.store().readLease(key),
        (row, error) -> {
          if (error == null) {
            row.ifPresentOrElse(lease -> book.seen(lease, now()), () -> book.gone(key));
          }
          boolean stillComing =
              error != null
                  || row.filter(
                          lease ->
                              membership.me().isPresent()
                                  && membership.me().get().equals(lease.heir())
                                  && !lease.isOwnedBy(membership.me().get()))
                      .isPresent();
          if (stillComing && now() < watchedUntil.getOrDefault(key, 0L)) {
            long interval =
                WATCH_INTERVAL_MILLIS
                    * Math.max(1, (watchedUntil.size() + WATCHED_CLOSELY - 1) / WATCHED_CLOSELY);
            loop.after(interval, () -> watch(key));
          } else {
            watchedUntil.remove(key);
          }
        });
  }

  private void bumpIfOwed() {
    if (!bumpOwed || bumping) {
      return;
    }
    bumpOwed = false;
    bumping = true;
    long startedAt = now();
    long before = membership.generation();
    loop.whenDone(
        ports.store().bump(),
        (page, error) -> {
          if (error != null) {
            bumpFailures++;
            storeTrouble("bump", error);
            loop.after(
                Backoff.STORE.millis(bumpFailures, ports.random()),
                () -> {
                  bumping = false;
                  bumpOwed = true;
                });
            return;
          }
          loop.after(BUMP_SPACING_MILLIS, () -> bumping = false);
          bumpFailures = 0;
          if (page.isEmpty()) {
            fail(applicationGone());
            return;
          }
          pageRead(page.get(), startedAt);
          if (page.get().generation() == before + 1 && scannedGeneration == before && !scanning) {
            // nobody else has announced anything since the last scan, and what we changed we know
            scannedGeneration = before + 1;
          }
        });
  }

  private IllegalStateException applicationGone() {
    return new IllegalStateException(
        "The session rows of table "
            + settings.names().table()
            + " were removed while this worker was running: the application is gone, or was handed "
            + "back to another library");
  }

  // ---- who takes what

  private void plan(long now) {
    planWanted = false;
    planAgainAt = Long.MAX_VALUE;
    SessionId me = membership.me().orElseThrow();
    adopt(me);
    ownersUnknown = false;
    SortedSet<LeaseKey> eligible = LeasePlanner.eligible(book.leases());
    List<LeaseView> views = new ArrayList<>();
    for (Lease lease : book.leases()) {
      views.add(view(lease, eligible.contains(lease.key()), now));
    }
    LeasePlan plan =
        LeasePlanner.plan(
            new FleetView(me, membership.sessions(), views, now, PlanSettings.DEFAULTS));
    planAgainAt = plan.wakeAtMillis().orElse(Long.MAX_VALUE);
    for (LeaseAction action : plan.actions()) {
      if (action instanceof LeaseAction.ClaimLease claim) {
        claiming.add(claim.key());
        claimQueue.add(claim.seen());
      } else if (action instanceof LeaseAction.HandOffLease handOff) {
        handOff(handOff.key(), handOff.heir());
      } else if (action instanceof LeaseAction.ReleaseLease release) {
        consumers.get(release.key()).drain(Optional.empty());
      }
    }
    claimNext();
  }

  private LeaseView view(Lease lease, boolean eligible, long now) {
    ShardConsumer consumer = consumers.get(lease.key());
    if (consumer != null && !consumer.isLost()) {
      boolean busy = consumer.isEnding() || announced.containsKey(lease.key());
      return new LeaseView(lease, Holder.ME, consumer.heldSinceMillis(), busy);
    }
    Holder holder = book.holder(lease, membership);
    ownersUnknown |=
        holder == Holder.OTHER
            && lease.ownerSession().filter(owner -> !membership.isAlive(owner)).isPresent();
    boolean free = holder == Holder.FREE && eligible && !lease.isFinished();
    long since = book.freeSince(lease.key(), free, now);
    return new LeaseView(lease, holder, since, consumer != null || claiming.contains(lease.key()));
  }

  private void adopt(SessionId me) {
    for (Lease lease : book.adoptable(me, consumers.keySet())) {
      if (!claiming.contains(lease.key())) {
        hold(lease, me, "handed over");
      }
    }
  }

  private void claimNext() {
    while (claimsUnderWay < MAX_WRITES_UNDER_WAY && !claimQueue.isEmpty()) {
      claimsUnderWay++;
      claim(claimQueue.remove(), membership.me().orElseThrow(), 1);
    }
  }

  private void claim(Lease seen, SessionId me, int attempt) {
    OptionalLong startAt =
        application.startAtMillis() == null
            ? OptionalLong.empty()
            : OptionalLong.of(application.startAtMillis());
    loop.whenDone(
        ports.store().claim(seen, me, startAt),
        (result, error) -> {
          if (!membership.isMe(me)) {
            return; // the session is over; whatever was claimed for it is free
          }
          if (error != null) {
            storeTrouble("claim", error);
            if (EventLoop.isFinal(error)) {
              book.gone(seen.key()); // a scan will say what is wrong with the row
              scanWanted = true;
              claimEnded(seen.key());
            } else {
              loop.after(
                  Backoff.STORE.millis(attempt, ports.random()),
                  () -> {
                    if (membership.isMe(me)) {
                      claim(seen, me, attempt + 1);
                    }
                  });
            }
            return;
          }
          claimEnded(seen.key());
          if (result instanceof OwnerResult.Done won) {
            book.seen(won.lease(), now());
            bumpOwed = true;
            hold(won.lease(), me, "claimed");
          } else if (result instanceof OwnerResult.Lost lost) {
            lost.current()
                .ifPresentOrElse(row -> book.seen(row, now()), () -> book.gone(seen.key()));
          }
        });
  }

  private void claimEnded(LeaseKey key) {
    claiming.remove(key);
    claimsUnderWay--;
    planWanted = true;
    claimNext();
  }

  private void hold(Lease lease, SessionId me, String how) {
    ShardConsumer consumer =
        new ShardConsumer(lease, lease.heldBy(me), host, ports, loop, settings, budget);
    consumers.put(lease.key(), consumer);
    watchedUntil.remove(lease.key());
    ports.events().leaseTaken(lease.key(), lease.counter(), how);
    planWanted = true;
    if (life == Life.RUNNING) {
      consumer.start();
    }
  }

  private void handOff(LeaseKey key, SessionId heir) {
    ShardConsumer consumer = consumers.get(key);
    announced.put(key, heir);
    consumer.announce(heir, () -> bumpOwed = true);
    loop.after(
        ANNOUNCE_MILLIS,
        () -> {
          if (consumers.get(key) != consumer || !heir.equals(announced.get(key))) {
            return;
          }
          if (isFit(heir)) {
            consumer.drain(Optional.of(heir));
          } else {
            announced.remove(key);
            planWanted = true;
          }
        });
  }

  private boolean isFit(SessionId heir) {
    return membership.sessions().stream().anyMatch(s -> s.id().equals(heir) && !s.leaving());
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
    audit.run(
        application,
        new Audit.Host() {
          @Override
          public boolean mayWrite() {
            return !fenced && life == Life.RUNNING && membership.me().isPresent();
          }

          @Override
          public void scanned(LeaseScan scan, long startedAt) {
            WorkerLoop.this.scanned(scan, startedAt);
          }

          @Override
          public void created(Lease lease) {
            book.seen(lease, now());
            bumpOwed = true;
          }

          @Override
          public void deleted(LeaseKey key) {
            book.gone(key);
            bumpOwed = true;
          }

          @Override
          public void streamChanged(RuntimeException why) {
            fail(why);
          }

          @Override
          public void trouble(String what, Throwable error) {
            bumpOwed = true; // it may have taken effect
            storeTrouble(what, error);
          }
        });
  }

  // ---- stopping

  private void beginLeaving() {
    if (life == Life.STOPPED || life == Life.LEAVING) {
      return;
    }
    boolean takesPart = isTakingPart();
    life = Life.LEAVING;
    membership.leave();
    bumpOwed = true;
    planWanted = true;
    lastScanDone = !takesPart;
    loop.after(settings.processing().drainMillis(), this::abandonAll);
  }

  private void beginStopping() {
    beginLeaving();
    for (ShardConsumer consumer : List.copyOf(consumers.values())) {
      consumer.stopNow();
    }
    lastScanDone = true;
  }

  private void abandonAll() {
    if (life == Life.STOPPED) {
      return;
    }
    for (ShardConsumer consumer : List.copyOf(consumers.values())) {
      cleanly = false;
      boolean overdue = consumer.isInUserCode();
      consumer.drain(Optional.empty());
      if (overdue) {
        consumer.abandon();
      }
    }
    loop.after(LAST_WRITES_MILLIS, () -> stopped(false));
  }

  /** Everything is handed over, and nothing was handed to us meanwhile: leave the table. */
  private void leaveIfEmpty() {
    if (!consumers.isEmpty() || claimsUnderWay > 0 || leavingTable) {
      return;
    }
    Optional<SessionId> me = membership.me();
    if (me.isEmpty()) {
      stopped(cleanly);
      return;
    }
    if (!lastScanDone || (!claimQueue.isEmpty())) {
      scanWanted = true;
      return;
    }
    if (!book.adoptable(me.get(), consumers.keySet()).isEmpty()) {
      planAgainAt = now(); // by the timer, and only while not fenced
      return;
    }
    leavingTable = true;
    leaveTable(me.get(), 1);
  }

  private void leaveTable(SessionId me, int attempt) {
    loop.whenDone(
        ports.store().leave(me),
        (page, error) -> {
          if (life == Life.STOPPED) {
            return;
          }
          if (error != null) {
            storeTrouble("leave", error);
            loop.after(
                Backoff.STORE.millis(attempt, ports.random()), () -> leaveTable(me, attempt + 1));
            return;
          }
          lastBump(1);
        });
  }

  /** Without it, nobody might look at the last leases that were handed over. */
  private void lastBump(int attempt) {
    loop.whenDone(
        ports.store().bump(),
        (bumped, error) -> {
          if (error == null || life == Life.STOPPED) {
            stopped(cleanly);
          } else {
            storeTrouble("bump", error);
            loop.after(Backoff.STORE.millis(attempt, ports.random()), () -> lastBump(attempt + 1));
          }
        });
  }

  private void fail(Throwable cause) {
    if (failure != null || life == Life.STOPPED) {
      return;
    }
    failure = cause;
    ports.events().notice("ERROR", "The worker stops: " + cause.getMessage());
    loseAll("the worker stops: " + cause.getMessage());
    membership.me().ifPresent(me -> ports.store().leave(me));
    membership.stop();
    life = Life.STOPPED;
    if (consumers.isEmpty()) {
      finish();
    } else {
      loop.after(LAST_WRITES_MILLIS, this::finish);
    }
  }

  private void stopped(boolean clean) {
    if (life == Life.STOPPED) {
      return;
    }
    life = Life.STOPPED;
    membership.stop();
    cleanly &= clean;
    loseAll("the worker has stopped"); // whatever is still to be written is not waited for
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

  private void storeTrouble(String operation, Throwable error) {
    ports.events().storeTrouble(operation, error);
    if (error instanceof LeaseStoreException known
        && known.kind() == LeaseStoreException.Kind.TABLE_MISSING) {
      fail(error);
    }
  }

  // ---- what consumers ask

  private final class ConsumerHost implements ShardConsumer.Host {
    @Override
    public boolean isFenced() {
      return membership.isFenced(now(), ports.clock().wallMillis());
    }

    @Override
    public boolean mayDeliver() {
      return !membership.isFenced(now(), ports.clock().wallMillis());
    }

    @Override
    public void rowChanged(Lease lease) {
      book.seen(lease, now());
    }

    @Override
    public void rowGone(LeaseKey key) {
      book.gone(key);
    }

    @Override
    public CompletionStage<Optional<Lease>> readRow(LeaseKey key) {
      return ports.store().readLease(key);
    }

    @Override
    public void createSuccessors(ShardConsumer consumer, Consumer<SortedSet<LeaseKey>> created) {
      succeeding.createRows(
          new Succeeding.Request(
              consumer.lease(),
              consumer.childrenFromStream(),
              application,
              () -> book.leases(),
              () -> isFenced(),
              () -> consumer.isLost() || life == Life.STOPPED,
              row -> {
                book.seen(row, now());
                bumpOwed = true;
              },
              created));
    }

    @Override
    public void leaseLost(ShardConsumer consumer, String why) {
      letGo(consumer);
      bumpOwed = true; // a write of ours without an answer may have taken effect
      ports.events().leaseLost(consumer.shard(), consumer.held().token(), why);
    }

    @Override
    public void finished(ShardConsumer consumer) {
      letGo(consumer);
      bumpOwed = true;
    }

    @Override
    public void handedOver(ShardConsumer consumer) {
      letGo(consumer);
      bumpOwed = true;
    }

    private void letGo(ShardConsumer consumer) {
      book.letGo(consumer.shard(), consumer.held().token());
      announced.remove(consumer.shard());
      planWanted = true;
    }

    @Override
    public void stopped(ShardConsumer consumer) {
      if (consumers.remove(consumer.shard(), consumer)) {
        planWanted = true;
        if (failure != null && consumers.isEmpty()) {
          finish();
        }
      }
    }

    @Override
    public void shardNotFound(ShardConsumer consumer, StreamException cause) {
      audit.checkShard(
          application,
          consumer.shard(),
          WorkerLoop.this::fail,
          gone -> {
            if (gone) {
              consumer.shardExpired();
            }
          });
    }

    @Override
    public void fatal(Throwable cause) {
      fail(cause);
    }
  }
}
