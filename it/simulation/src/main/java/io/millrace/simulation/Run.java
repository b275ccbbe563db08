package io.millrace.simulation;

import io.millrace.kcl.engine.EngineSettings;
import io.millrace.kcl.engine.EngineSettings.InitialPosition;
import io.millrace.kcl.engine.FailureRule;
import io.millrace.lease.HashKeyRange;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.SessionId;
import io.millrace.lease.SessionLoad;
import io.millrace.simulation.Fault.Kind;
import io.millrace.simulation.SimulatedStream.ShardState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/** Runs one scenario: faults, then peace, then the end, and says what was wrong. */
final class Run {

  /** After the faults have stopped, everything must be in order within this time. */
  private static final long RECOVERY_MILLIS = 120_000;

  /** In order means: for so long nothing moves. */
  private static final long STEADY_MILLIS = 12_000;

  /** Longer than the rows of finished leases are kept, and the shards too. */
  private static final long HOUR_MILLIS = 3_700_000;

  private static final long PUT_MILLIS = 150;

  /**
   * What came of it.
   *
   * @param violation null if nothing was wrong
   * @param hash of everything that happened
   * @param reached how often each interesting event happened
   * @param tasks how many events the run had
   * @param trace the last events, if they were asked for
   */
  record Result(
      String violation, long hash, SortedMap<String, Long> reached, long tasks, String trace) {}

  private final Scenario scenario;
  private final World world;
  private final SeededRandom random;
  private final WorkerSettings settings;
  private final int traceLines;
  private final boolean watchesBuffers;
  private boolean flowing = true;
  private long poisonPercent;
  private List<Lease> foreignRows = List.of();
  private int ids;

  private Run(Scenario scenario, Mutation mutation, int traceLines, SessionLoad.Unit balanceBy) {
    this.scenario = scenario;
    this.traceLines = traceLines;
    this.world = new World(scenario.seed(), scenario.shards(), mutation, traceLines > 0, false);
    this.random = world.random().fork("run");
    // whoever asks a loop wakes it, and what only works because somebody asked must show as well
    this.watchesBuffers = random.percent(25);
    this.settings =
        WorkerSettings.DEFAULTS
            .withAudit(20_000)
            .withReading(
                random.percent(30) ? (int) random.between(10, 100) : 10_000,
                random.percent(30) ? 1 << 17 : 1 << 20)
            .withStart(
                new EngineSettings.Start(
                    scenario.start(),
                    scenario.start() == InitialPosition.AT_TIMESTAMP
                        ? Long.valueOf(world.time().wallMillis())
                        : null))
            .withPolicies(Policies.of(scenario.seed()))
            .withLoad(balanceBy, 100);
  }

  static Result of(Scenario scenario) {
    return of(scenario, Mutation.NONE, 0);
  }

  static Result of(Scenario scenario, Mutation mutation, int traceLines) {
    return new Run(scenario, mutation, traceLines, null).run();
  }

  /** The same with records large enough to count, and workers that balance by load. */
  static Result ofBalancing(Scenario scenario, SessionLoad.Unit balanceBy, int traceLines) {
    return new Run(scenario, Mutation.NONE, traceLines, balanceBy).run();
  }

  private Result run() {
    String violation = null;
    try {
      play();
    } catch (ViolationException e) {
      violation = e.getMessage();
    }
    Journal journal = world.journal();
    return new Result(
        violation,
        journal.hash(),
        journal.reached(),
        world.time().tasksRun(),
        traceLines > 0 ? journal.trace(traceLines) : "");
  }

  private void play() {
    VirtualTime time = world.time();
    if (scenario.has(Kind.FOREIGN_TABLE)) {
      fillForeign();
    }
    for (int i = 0; i < scenario.workers(); i++) {
      time.after(random.between(0, 2_000), this::joinNew);
    }
    time.after(random.nextLong(PUT_MILLIS), this::put);
    for (Fault fault : scenario.faults()) {
      time.after(fault.atMillis(), () -> inject(fault));
    }
    time.pass(Scenario.FAULTS_END_MILLIS);
    if (scenario.isFinal()) {
      everybodyStops();
      return;
    }
    heal();
    time.pass(5_000);
    recover();
    if (scenario.has(Kind.HOUR_PASSES)) {
      passAnHour();
    }
    shutDown();
    world.truth().requireGapsReported();
  }

  private void everybodyStops() {
    if (!world.time().passUntil(() -> world.up().isEmpty(), 60_000)) {
      throw world.time().violation("Workers go on although the application is gone: " + names());
    }
    if (scenario.has(Kind.FOREIGN_TABLE)) {
      world.truth().requireUntouched(foreignRows);
      for (SimulatedWorker worker : world.workers()) {
        if (!worker.machine().isHalted()
            && !worker.isLeaving()
            && !String.valueOf(worker.failure()).contains("another library")) {
          throw worker.violation(
              "starts on another library's table, and stops: " + worker.failure());
        }
      }
      world.journal().reached("foreign table refused");
    }
  }

  private void fillForeign() {
    ShardState shard = world.stream().state(world.stream().openShards().get(0));
    world.truth().fillForeign(shard.id, shard.range);
    foreignRows = world.leases();
    world.over();
  }

  private List<String> names() {
    return world.up().stream().map(SimulatedWorker::name).toList();
  }

  // ---- workers

  private void joinNew() {
    join("w" + ids++);
  }

  private void join(String workerId) {
    if (world.up().size() >= Scenario.MAX_WORKERS || isClosed()) {
      return;
    }
    WorkerSettings its =
        switch ((int) random.nextLong(4)) {
          case 0 -> settings.withFailover(3_000, 1_000);
          case 1 -> settings.withFailover(10_000, random.between(500, 3_000));
          default -> settings;
        };
    SimulatedWorker worker = world.join(workerId, its);
    worker.habits().varied = true;
    worker.habits().callMillis = 60;
    if (watchesBuffers) {
      worker.streamLink().afterRead(() -> checkBuffers(worker));
    }
  }

  /** Nobody new comes to an application that is gone; to one that must be refused they do. */
  private boolean isClosed() {
    return world.isOver() && !scenario.has(Kind.FOREIGN_TABLE);
  }

  // ---- records

  private void put() {
    if (!flowing) {
      return;
    }
    List<LeaseKey> open = world.stream().openShards();
    long count = random.between(1, 3);
    for (int i = 0; i < count; i++) {
      int size = random.percent(2) ? (int) random.between(10_000, 60_000) : usualBytes();
      world.stream().put(random.oneOf(open), size).poison =
          poisonPercent > 0 && random.percent(poisonPercent);
    }
    world.time().after(random.between(1, 2 * PUT_MILLIS), this::put);
  }

  private int usualBytes() {
    return settings.balanceBy() == null ? 100 : 10_000;
  }

  private void checkBuffers(SimulatedWorker worker) {
    // a budget may be exceeded by one answer, when nothing else is held
    worker.requireBufferedAtMost(
        Math.max(settings.prefetchBytes(), worker.streamLink().largestAnswerBytes()));
  }

  // ---- faults

  private void inject(Fault fault) {
    Journal journal = world.journal();
    journal.note("", "fault", null, fault.kind().ordinal(), fault.toJava());
    journal.reached("fault " + fault.kind());
    switch (fault.kind()) {
      case CRASH ->
          onOne(
              fault,
              w -> {
                w.crash();
                world.time().after(fault.forMillis(), () -> join(w.workerId()));
              });
      case CRASH_FOR_GOOD ->
          onOne(
              fault,
              w -> {
                if (world.up().size() > 1) {
                  w.crash();
                }
              });
      case ROLL ->
          onOne(
              fault,
              w -> {
                w.leave();
                world.time().after(fault.amount() * 1_000, this::joinNew);
              });
      case STOP ->
          onOne(
              fault,
              w -> {
                w.stop();
                world.time().after(fault.amount() * 1_000, this::joinNew);
              });
      case JOIN -> joinNew();
      case TWIN -> onOne(fault, w -> join(w.workerId()));
      case VISIT -> visit(fault.forMillis());
      case PAUSE -> onOne(fault, w -> w.machine().pause(fault.forMillis()));
      case SUSPEND -> onOne(fault, w -> w.machine().suspend(fault.forMillis()));
      case DRIFT ->
          during(fault, w -> w.machine().drift(fault.amount()), w -> w.machine().drift(0));
      case WALL_JUMP -> onOne(fault, w -> w.machine().jumpWallClock(fault.amount()));
      case STORE_CUT -> network(fault, n -> n.storeCut = true);
      case STORE_SLOW ->
          network(fault, n -> n.storeMaxMillis = Math.max(n.storeMinMillis, fault.amount()));
      case STORE_REFUSES -> network(fault, n -> n.storeRefused = fault.amount());
      case STORE_LOSES_ANSWERS -> network(fault, n -> n.storeAnswersLost = fault.amount());
      case STORE_LATE ->
          network(
              fault,
              n -> {
                n.storeLate = 33;
                n.storeLateMillis = fault.amount();
              });
      case STORE_STALE -> network(fault, n -> n.storeStaleMillis = fault.amount());
      case STREAM_CUT -> network(fault, n -> n.streamCut = true);
      case STREAM_SLOW ->
          network(fault, n -> n.streamMaxMillis = Math.max(n.streamMinMillis, fault.amount()));
      case STREAM_THROTTLES -> network(fault, n -> n.streamThrottled = fault.amount());
      case STREAM_FAILS -> network(fault, n -> n.streamUnavailable = fault.amount());
      case ITERATORS_EXPIRE -> world.stream().expireIterators();
      case EMPTY_PAGES -> network(fault, n -> n.emptyPages = fault.amount());
      case LISTING_LATE -> network(fault, n -> n.listingAgeMillis = fault.amount());
      case LISTING_INCOMPLETE -> network(fault, n -> n.listingIncomplete = fault.amount());
      case SPLIT -> split(fault.target());
      case MERGE -> merge(fault.target());
      case RESHARD -> reshard(world.time().now() + fault.forMillis(), fault.amount());
      case TRIM -> {
        world.stream().trim(fault.amount());
        world.truth().trimmed();
      }
      case PROCESS_THROWS -> habits(fault, h -> h.throwsAt = fault.amount());
      case INITIALIZE_THROWS -> habits(fault, h -> h.initializeThrowsAt = fault.amount());
      case PROCESS_SLOW -> habits(fault, h -> h.callMillis = fault.amount());
      case PROCESS_BLOCKS -> habits(fault, h -> h.blocks = true);
      case PROCESS_NEVER_RETURNS -> habits(fault, h -> h.neverReturns = true);
      case CHECKPOINT_LATE -> habits(fault, h -> h.checkpointsLate = true);
      case CHECKPOINT_AHEAD -> habits(fault, h -> h.checkpointsAhead = true);
      case CHECKPOINT_NEVER -> habits(fault, h -> h.checkpoints = false);
      case CHECKPOINT_NOT_AT_END -> habits(fault, h -> h.checkpointsAtEnd = false);
      case POISON -> {
        poisonPercent = fault.amount();
        world.time().after(fault.forMillis(), () -> poisonPercent = 0);
      }
      case DEAD_LETTERS_REFUSED -> habits(fault, h -> h.deadLettersFail = fault.amount());
      case SHARD_PAUSED -> pauseShard(fault.target(), fault.forMillis());
      case ROW_REMOVED -> removeRow(fault.target());
      case FOREIGN_OWNER -> takeForeign(fault);
      case HOUR_PASSES -> {} // at peace
      case FOREIGN_TABLE -> {} // it was so from the start
      case TABLE_DELETED -> {
        world.over();
        world.truth().rows().dropTable();
      }
      case HANDED_BACK -> {
        world.over();
        world.truth().rows().removeSessionsAndApplication();
      }
      case STREAM_DELETED -> {
        world.over();
        world.stream().delete();
      }
      case STREAM_RECREATED -> {
        world.over();
        world.stream().recreate();
      }
    }
  }

  private void onOne(Fault fault, Consumer<SimulatedWorker> change) {
    List<SimulatedWorker> up = world.up();
    if (!up.isEmpty()) {
      change.accept(up.get(Math.floorMod(fault.target(), up.size())));
    }
  }

  /** Changes one worker, or all, and back after the fault's time. */
  private void during(
      Fault fault, Consumer<SimulatedWorker> change, Consumer<SimulatedWorker> restore) {
    List<SimulatedWorker> hit = world.up();
    if (fault.target() >= 0 && !hit.isEmpty()) {
      hit = List.of(hit.get(fault.target() % hit.size()));
    }
    hit.forEach(change);
    List<SimulatedWorker> changed = hit;
    world.time().after(fault.forMillis(), () -> changed.forEach(restore));
  }

  private void network(Fault fault, Consumer<Network> change) {
    boolean store = fault.kind().name().startsWith("STORE");
    during(
        fault,
        w -> change.accept(w.network()),
        w -> {
          if (store) {
            w.network().healStore();
          } else {
            w.network().healStream();
          }
        });
  }

  private void habits(Fault fault, Consumer<Habits> change) {
    during(
        fault,
        w -> change.accept(w.habits()),
        w -> {
          w.habits().heal();
          w.habits().callMillis = 60;
        });
  }

  private void visit(long millis) {
    int before = world.workers().size();
    joinNew();
    if (world.workers().size() > before) {
      SimulatedWorker visitor = world.workers().get(before);
      world.time().after(millis % 3_000, visitor::leave);
    }
  }

  private void pauseShard(int target, long millis) {
    List<LeaseKey> open = world.stream().openShards();
    LeaseKey shard = open.get(Math.floorMod(target, open.size()));
    world.up().forEach(w -> w.loop().pause(shard, "for a while"));
    world.time().after(millis, () -> world.up().forEach(w -> w.loop().resume(shard)));
  }

  /** An operator who resumes whatever was stopped or paused. */
  private void resumeShards() {
    for (Lease lease : world.leases()) {
      if (!lease.isFinished()) {
        world.up().forEach(w -> w.loop().resume(lease.key()));
      }
    }
    world.time().after(5_000, this::resumeShards);
  }

  private void split(int target) {
    List<LeaseKey> open = world.stream().openShards();
    if (open.size() < Scenario.MAX_SHARDS && !world.truth().isCoverageBroken()) {
      world.stream().split(open.get(Math.floorMod(target, open.size())));
    }
  }

  private void merge(int target) {
    List<ShardState> open = new ArrayList<>();
    for (LeaseKey key : world.stream().openShards()) {
      open.add(world.stream().state(key));
    }
    open.sort(Comparator.comparing((ShardState s) -> s.range.start()));
    // a row removed by hand is lost for good once its shard is merged, as the documentation says
    if (open.size() > 1 && !world.truth().isCoverageBroken()) {
      int left = Math.floorMod(target, open.size() - 1);
      world.stream().merge(open.get(left).id, open.get(left + 1).id);
    }
  }

  private void reshard(long until, long everyMillis) {
    if (world.time().now() >= until || world.isOver()) {
      return;
    }
    int target = (int) random.nextLong(16);
    if (random.percent(60)) {
      split(target);
    } else {
      merge(target);
    }
    world
        .time()
        .after(random.between(1, Math.max(1, 2 * everyMillis)), () -> reshard(until, everyMillis));
  }

  private void removeRow(int target) {
    List<LeaseKey> candidates = resting();
    if (world.truth().isInitialised() && !candidates.isEmpty()) {
      world.truth().removeRow(candidates.get(Math.floorMod(target, candidates.size())));
    }
  }

  private void takeForeign(Fault fault) {
    List<LeaseKey> candidates = resting();
    if (world.truth().isInitialised() && !candidates.isEmpty()) {
      LeaseKey taken = candidates.get(Math.floorMod(fault.target(), candidates.size()));
      world.truth().takeForeign(taken);
      world.time().after(fault.forMillis(), () -> world.truth().letGoForeign(taken));
    }
  }

  /**
   * Leases that a hand from outside may touch. What the documentation calls lost for good is left
   * out: shards on the move between parents and children.
   */
  private List<LeaseKey> resting() {
    List<LeaseKey> candidates = new ArrayList<>();
    for (Lease lease : world.leases()) {
      if (!lease.isFinished()
          && world.stream().state(lease.key()).isOpen()
          && lease.parents().stream()
              .allMatch(p -> world.truth().row(p).map(Lease::isFinished).orElse(true))) {
        candidates.add(lease.key());
      }
    }
    return candidates;
  }

  // ---- peace

  private void heal() {
    world.journal().note("", "the faults stop", null, 0, null);
    for (SimulatedWorker worker : world.workers()) {
      worker.network().heal();
      worker.habits().heal();
      if (worker.isUp() && worker.isStuckForEver()) {
        worker.crash();
      }
    }
    if (world.up().isEmpty()) {
      joinNew();
    }
    poisonPercent = 0;
    FailureRule failure = settings.policies().failure();
    if (!failure.givesUp() || failure.then() == FailureRule.Then.STOP) {
      world.healPoison();
    }
    resumeShards();
  }

  private void recover() {
    VirtualTime time = world.time();
    long deadline = time.now() + RECOVERY_MILLIS;
    long steadySince = time.now();
    while (time.now() - Math.max(steadySince, world.truth().lastOwnerChange()) < STEADY_MILLIS) {
      if (time.now() > deadline) {
        throw time.violation(
            "Not in order "
                + RECOVERY_MILLIS / 1_000
                + " s after the last fault: "
                + disorder().orElse("leases keep moving"));
      }
      time.pass(250);
      if (disorder().isPresent()) {
        steadySince = time.now();
      }
    }
    flowing = false;
    awaitBacklog();
  }

  /** What is not as it should be when there are no faults; asked often, so cheap. */
  private Optional<String> disorder() {
    SortedMap<String, Integer> leasesOf = new TreeMap<>();
    SortedSet<SessionId> live = new TreeSet<>();
    for (SimulatedWorker worker : world.up()) {
      if (worker.session() == null || !world.truth().isInPage(worker.session())) {
        return Optional.of(worker.name() + " has no session");
      }
      live.add(worker.session());
      leasesOf.put(worker.session().value(), 0);
    }
    if (!live.equals(world.truth().sessions())) {
      return Optional.of("sessions " + world.truth().sessions() + ", but live are " + live);
    }
    List<HashKeyRange> covered = new ArrayList<>();
    for (Lease lease : world.leases()) {
      ShardState shard = world.stream().state(lease.key());
      if (lease.isFinished()) {
        continue;
      }
      covered.add(lease.hashKeyRange());
      if (!shard.isOpen()) {
        return Optional.of(lease.key() + " is closed, and its lease is not finished: " + lease);
      }
      if (lease.owner() == null || !leasesOf.containsKey(lease.owner())) {
        return Optional.of(lease.key() + " is owned by " + lease.owner());
      }
      leasesOf.merge(lease.owner(), 1, Integer::sum);
    }
    for (LeaseKey open : world.stream().openShards()) {
      if (world.truth().row(open).isEmpty()) {
        return Optional.of("no lease for open shard " + open);
      }
    }
    int most = leasesOf.values().stream().mapToInt(n -> n).max().orElse(0);
    int least = leasesOf.values().stream().mapToInt(n -> n).min().orElse(0);
    return most - least > mostDifference(covered.size() / Math.max(1, live.size()))
        ? Optional.of("unbalanced: " + leasesOf)
        : Optional.empty();
  }

  /** However many poison records there are, each takes its attempts, and then there is progress. */
  private void awaitBacklog() {
    VirtualTime time = world.time();
    long settled = -1;
    while (world.truth().backlog().isPresent()) {
      if (world.truth().settled() == settled) {
        throw time.violation("Backlog: " + world.truth().backlog().orElseThrow());
      }
      settled = world.truth().settled();
      time.passUntil(() -> world.truth().backlog().isEmpty(), 20_000);
    }
  }

  /** By how many leases two workers may differ. */
  private int mostDifference(int share) {
    // by load, each stays within the square root of its share
    return settings.balanceBy() == null
        ? 1
        : 1 + 2 * Math.max(1, (int) Math.ceil(Math.sqrt(share)));
  }

  /** The rows of finished leases go when nobody needs them any more, and nothing else changes. */
  private void passAnHour() {
    VirtualTime time = world.time();
    time.pass(HOUR_MILLIS);
    world.stream().trim(HOUR_MILLIS / 2);
    world.truth().trimmed();
    // rows say by the wall clock of whoever wrote them when they ended
    long skew =
        scenario.faults().stream()
            .filter(fault -> fault.kind() == Fault.Kind.WALL_JUMP)
            .mapToLong(fault -> Math.abs(fault.amount()))
            .sum();
    boolean gone =
        time.passUntil(
            () -> world.leases().stream().noneMatch(Lease::isFinished), RECOVERY_MILLIS + skew);
    if (!gone) {
      throw time.violation(
          "Rows of leases that finished more than an hour ago are still there: "
              + world.leases().stream().filter(Lease::isFinished).toList());
    }
    flowing = true;
    put();
    recover();
  }

  // ---- the end

  private void shutDown() {
    VirtualTime time = world.time();
    for (SimulatedWorker worker : world.up()) {
      if (random.percent(80)) {
        worker.leave();
      } else {
        worker.stop();
      }
      if (random.percent(50)) {
        time.pass(random.between(0, 6_000));
      }
    }
    boolean ended =
        time.passUntil(
            () -> world.workers().stream().allMatch(w -> w.isDone() || w.machine().isHalted()),
            World.DRAIN_MILLIS + 6_000);
    if (!ended) {
      throw time.violation("Workers do not stop");
    }
    time.pass(5_000);
    for (SimulatedWorker worker : world.workers()) {
      worker.requireBufferedAtMost(0);
    }
    time.pass(1_000);
    if (!world.truth().sessions().isEmpty()) {
      throw time.violation("After everybody has left, there are " + world.truth().sessions());
    }
  }
}
