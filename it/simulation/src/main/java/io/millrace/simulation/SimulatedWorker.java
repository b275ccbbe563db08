package io.millrace.simulation;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.engine.EngineEvents;
import io.millrace.kcl.engine.EnginePorts;
import io.millrace.kcl.engine.EngineSettings;
import io.millrace.kcl.engine.FailureRule;
import io.millrace.kcl.engine.GivenUp;
import io.millrace.kcl.engine.WorkerLoop;
import io.millrace.kcl.health.ShardHealth;
import io.millrace.kcl.stream.StreamRecord;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.SessionId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;

/** One worker process: a machine, the real {@link WorkerLoop}, and its ways to the services. */
final class SimulatedWorker implements EngineEvents {

  private final SortedMap<LeaseKey, String> phases = new TreeMap<>();
  private final World world;
  private final String name;
  private final String workerId;
  private final long failoverMillis;
  private final Machine machine;
  private final Network network = new Network();
  private final Habits habits = new Habits();
  private final WorkerLoop loop;
  private final StoreLink storeLink;
  private final StreamLink streamLink;
  private final long fenceMillis;
  private final SeededRandom random;
  private final Map<LeaseKey, Long> tokens = new TreeMap<>();
  private final Map<LeaseKey, Integer> processors = new HashMap<>();
  private final List<SimulatedProcessor> made = new ArrayList<>();
  private final List<String> calls = new ArrayList<>();
  private final List<String> notices = new ArrayList<>();
  private final List<ShardHealth> standstills = new ArrayList<>();
  private final EngineSettings.Policies policies;
  private SessionId session;
  private boolean leaving;
  private boolean done;
  private Boolean stoppedCleanly;
  private Throwable failure;

  SimulatedWorker(World world, String name, String workerId, WorkerSettings settings) {
    this.world = world;
    this.name = name;
    this.workerId = workerId;
    this.failoverMillis = settings.failoverMillis();
    this.policies = settings.policies();
    this.random = world.random().fork("worker " + name);
    this.machine = new Machine(world.time(), name, random.fork("machine"));
    this.streamLink =
        new StreamLink(
            world.time(), world.stream(), network, random.fork("stream"), world.journal());
    this.storeLink =
        new StoreLink(
            machine,
            new JudgedTable(name, world.truth()),
            network,
            random.fork("store"),
            world.journal());
    EngineSettings.Membership membership = settings.membership();
    this.fenceMillis = membership.fenceMillis();
    EnginePorts ports =
        new EnginePorts(
            storeLink,
            streamLink,
            this::processor,
            machine,
            machine,
            machine,
            random.fork("engine"),
            this);
    this.loop =
        new WorkerLoop(
            new EngineSettings(
                new EngineSettings.Names(workerId, "app", "stream", "app"),
                membership,
                settings.start(),
                settings.reading(),
                new EngineSettings.Processing(500, 10_000, 1_000, World.DRAIN_MILLIS),
                settings.policies(),
                settings.auditMillis()),
            world.mutation().ports(ports));
    loop.done()
        .whenComplete(
            (clean, error) -> {
              done = true;
              stoppedCleanly = clean;
              failure = error instanceof CompletionException ? error.getCause() : error;
              world.stopped(this);
            });
  }

  private SimulatedProcessor processor(LeaseKey shard) {
    for (SimulatedProcessor before : made) {
      if (before.shard().equals(shard) && before.isInCall() && !before.isAbandoned()) {
        throw violation(
            "a second record processor of " + shard + " is made while a call of the first lasts");
      }
    }
    int number = processors.merge(shard, 1, Integer::sum);
    SimulatedProcessor processor =
        new SimulatedProcessor(
            this,
            shard,
            session,
            tokens.getOrDefault(shard, -1L),
            random.fork("processor " + shard + " " + number));
    made.add(processor);
    return processor;
  }

  // ---- what others ask

  String name() {
    return name;
  }

  String workerId() {
    return workerId;
  }

  long failoverMillis() {
    return failoverMillis;
  }

  Machine machine() {
    return machine;
  }

  Network network() {
    return network;
  }

  Habits habits() {
    return habits;
  }

  WorkerLoop loop() {
    return loop;
  }

  Truth truth() {
    return world.truth();
  }

  SimulatedStream stream() {
    return world.stream();
  }

  ViolationException violation(String what) {
    return world.time().violation(name + ": " + what);
  }

  Journal journal() {
    return world.journal();
  }

  StreamLink streamLink() {
    return streamLink;
  }

  SessionId session() {
    return session;
  }

  Boolean stoppedCleanly() {
    return stoppedCleanly;
  }

  Throwable failure() {
    return failure;
  }

  List<String> calls() {
    return Collections.unmodifiableList(calls);
  }

  EngineSettings.Policies policies() {
    return policies;
  }

  /** What the watchdog said, in order. */
  List<ShardHealth> standstills() {
    return Collections.unmodifiableList(standstills);
  }

  List<String> notices() {
    return Collections.unmodifiableList(notices);
  }

  /** Whether it runs and takes part. */
  boolean isUp() {
    return !machine.isHalted() && !done && !leaving;
  }

  boolean isDone() {
    return done;
  }

  boolean isLeaving() {
    return leaving;
  }

  /** Whether a call that will never return holds up a lease that this worker still has. */
  boolean isStuckForEver() {
    return made.stream()
        .anyMatch(
            p ->
                p.isStuckForEver()
                    && truth()
                        .row(p.shard())
                        .filter(r -> r.counter() == p.token() && !r.isFinished())
                        .isPresent());
  }

  // ---- its life

  SimulatedWorker start() {
    loop.start();
    return this;
  }

  void crash() {
    journal().note(name, "crashes", null, 0, null);
    machine.halt();
  }

  void leave() {
    journal().note(name, "is told to leave", null, 0, null);
    leaving = true;
    loop.leave();
  }

  void stop() {
    journal().note(name, "is told to stop", null, 0, null);
    leaving = true;
    loop.stop();
  }

  /**
   * A processor is about to be called: no heartbeat that was answered may be so old that others may
   * have taken the lease by now.
   */
  void requireNotFenced(LeaseKey shard, String call) {
    long since = machine.monotonicMillis() - storeLink.provenAliveAtMillis();
    if (since > fenceMillis) {
      throw violation(
          call
              + " of "
              + shard
              + " "
              + since
              + " ms after the last heartbeat that was answered; it has fenced itself after "
              + fenceMillis);
    }
  }

  /** Checks, on the worker's own loop, what it holds in memory. */
  void requireBufferedAtMost(long bytes) {
    loop.bufferedBytes()
        .whenComplete(
            (used, error) -> {
              if (used != null && used > bytes) {
                world
                    .time()
                    .note(name + " holds " + used + " bytes of records, allowed are " + bytes);
              }
            });
  }

  // ---- what its processors tell

  void called(String call, LeaseKey shard) {
    journal().note(name, "calls " + call, shard, 0, null);
    if (world.keepsDeliveries()) {
      calls.add(call + " " + shard);
    }
  }

  void delivered(LeaseKey shard, StreamRecord record) {
    world.delivered(this, shard, record);
  }

  // ---- what the engine tells

  @Override
  public void leaseTaken(LeaseKey shard, long token, String how) {
    tokens.put(shard, token);
    streamLink.startsAnew(shard);
    journal().note(name, "takes", shard, token, "#" + token + " " + how);
    journal().reached("lease " + how);
  }

  @Override
  public void leaseLost(LeaseKey shard, long token, String why) {
    journal().note(name, "loses", shard, token, "#" + token + " " + why);
    journal().reached("lease lost");
  }

  @Override
  public void leaseGiven(LeaseKey shard, long token, String successorOrNull, String why) {
    journal().note(name, "gives", shard, token, "#" + token + " to " + successorOrNull);
    journal().reached("lease given, " + why);
  }

  @Override
  public void checkpointed(LeaseKey shard, Checkpoint checkpoint, long millis) {
    journal().reached("checkpoint");
  }

  @Override
  public void gaveUp(LeaseKey shard, GivenUp records, FailureRule.Then then) {
    if (records.cause() instanceof SimulatedProcessor.PoisonException
        && (policies.failure().bisect()
            ? records.records().size() != 1 || !isPoison(shard, records.records().get(0))
            : records.records().stream().noneMatch(r -> isPoison(shard, r)))) {
      throw violation("gave up " + records + " of " + shard + ", which processes well");
    }
    made.stream()
        .filter(p -> p.shard().equals(shard))
        .reduce((earlier, later) -> later)
        .orElseThrow()
        .passed(records.records());
    if (then == FailureRule.Then.SKIP) {
      journal().reached("record skipped");
      for (StreamRecord record : records.records()) {
        truth().givenUp(name, shard, SimulatedStream.numberOf(record.sequenceNumber()));
      }
    } else {
      journal().reached("dead letter stored, record passed");
    }
  }

  private boolean isPoison(LeaseKey shard, StreamRecord record) {
    return truth().isPoison(shard, SimulatedStream.numberOf(record.sequenceNumber()))
        || world.isPoisonHealed();
  }

  @Override
  public void deadLettersRefused(LeaseKey shard, Throwable cause, int attempt) {
    journal().reached("dead letter refused");
  }

  @Override
  public void stoppedByRule(LeaseKey shard, String reasonOrNull) {
    journal().note(name, "stopped by rule", shard, 0, reasonOrNull);
    journal().reached(reasonOrNull == null ? "stopped shard resumed" : "shard stopped by its rule");
  }

  @Override
  public void paused(LeaseKey shard, boolean paused, String reason) {
    journal().reached(paused ? "shard paused" : "shard resumed");
  }

  @Override
  public void stalled(ShardHealth health) {
    journal().reached("standstill " + health.state());
    if (world.keepsDeliveries()) {
      standstills.add(health);
    }
  }

  @Override
  public void moves(ShardHealth health) {
    journal().reached("moves again");
  }

  @Override
  public void shardFinished(LeaseKey shard) {
    journal().note(name, "finished", shard, 0, null);
    journal().reached("shard finished");
  }

  @Override
  public void fenced(boolean fenced) {
    journal().note(name, fenced ? "is fenced" : "goes on", null, 0, null);
    journal().reached(fenced ? "worker fenced" : "worker went on");
  }

  @Override
  public void gap(LeaseKey shard, String what) {
    journal().note(name, "reports a gap", shard, 0, what);
    truth().gapReported(shard);
    world.gap(shard, what);
  }

  @Override
  public void sessionJoined(String sessionId) {
    if (session != null) {
      journal().reached("session lost, joined again");
    }
    session = new SessionId(sessionId);
    journal().note(name, "joined", null, 0, sessionId);
  }

  @Override
  public void notice(String level, String message) {
    journal().note(name, level, null, 0, message);
    if (message.contains("was moved by somebody else")) {
      world.time().note(name + ": " + message); // there is nobody else
    }
    if (message.contains("is abandoned")) {
      journal().reached("processor abandoned");
    }
    if (message.contains("did not checkpoint")) {
      journal().reached("shard end without a checkpoint");
    }
    if (world.keepsDeliveries()) {
      notices.add(level + " " + message);
    }
  }

  @Override
  public void consumerPhase(LeaseKey shard, String phase, String reason) {
    if (reason.startsWith("waiting for parent")) {
      journal().reached("child waited for its parent");
      return;
    }
    if (reason.equals("ABANDON")) {
      made.stream().filter(p -> p.shard().equals(shard)).forEach(SimulatedProcessor::abandoned);
    }
    String before = phase.equals("STOPPED") ? phases.remove(shard) : phases.put(shard, phase);
    journal().reached("phase " + (before == null ? "WAITING" : before) + " " + reason);
  }
}
