package io.millrace.kcl.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.engine.EngineEvents;
import io.millrace.kcl.engine.FailureRule;
import io.millrace.kcl.engine.GivenUp;
import io.millrace.kcl.engine.ShardCheckpointer.LeaseLostException;
import io.millrace.kcl.health.ShardState;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.SessionLoad;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * The worker's meters in a Micrometer registry; {@code docs/metrics.md} explains each.
 *
 * <table>
 * <caption>All carry the tags {@code application} and {@code stream}; others are named. No tag
 * names a shard: shard ids are never used again, so a meter for each would never stop growing.
 * </caption>
 * <tr><th>meter</th><th>type, unit</th><th>what</th></tr>
 * <tr><td>{@code millrace.records}</td><td>counter, records</td><td>handed to processors;
 *     a batch that is delivered again counts once</td></tr>
 * <tr><td>{@code millrace.bytes}</td><td>counter, bytes</td><td>their payloads</td></tr>
 * <tr><td>{@code millrace.millis.behind.latest}</td><td>gauge, milliseconds</td><td>how far the
 *     shard that is furthest behind is behind</td></tr>
 * <tr><td>{@code millrace.process.time}</td><td>timer</td><td>one call of {@code processRecords};
 *     {@code outcome} = {@code success}, {@code failure}</td></tr>
 * <tr><td>{@code millrace.retrying.shards}</td><td>gauge, shards</td><td>shards whose last batch
 *     failed and is delivered again</td></tr>
 * <tr><td>{@code millrace.shards.stalled}</td><td>gauge, shards</td><td>shards that make no
 *     progress; {@code reason} = the {@link ShardState}s that are a standstill, in lower case with
 *     dots</td></tr>
 * <tr><td>{@code millrace.given.up}</td><td>counter, records</td><td>given up by the failure
 *     policy; {@code outcome} = {@code dead.letter}, {@code skipped}</td></tr>
 * <tr><td>{@code millrace.dead.letter.failures}</td><td>counter, calls</td><td>attempts to store
 *     dead letters that failed, and are repeated</td></tr>
 * <tr><td>{@code millrace.oldest.unprocessed.age}</td><td>gauge, milliseconds</td><td>age of the
 *     oldest record that was read and waits for its processor</td></tr>
 * <tr><td>{@code millrace.retention.left}</td><td>gauge, milliseconds</td><td>until retention
 *     removes that record</td></tr>
 * <tr><td>{@code millrace.checkpoint.time}</td><td>timer</td><td>one stored checkpoint</td></tr>
 * <tr><td>{@code millrace.leases.owned}</td><td>gauge, leases</td><td>held now</td></tr>
 * <tr><td>{@code millrace.load}</td><td>gauge, units a second</td><td>what this worker's leases
 *     bring; only where leases are balanced by load; {@code unit} = {@code records}, {@code bytes}
 *     </td></tr>
 * <tr><td>{@code millrace.load.fair}</td><td>gauge, units a second</td><td>what it would carry if
 *     the load of the fleet were spread by weight; {@code unit} as above</td></tr>
 * <tr><td>{@code millrace.claims}</td><td>counter, leases</td><td>taken over; {@code outcome} =
 *     {@code claimed}, {@code adopted}, {@code other}</td></tr>
 * <tr><td>{@code millrace.leases.lost}</td><td>counter, leases</td><td>lost while held</td></tr>
 * <tr><td>{@code millrace.leases.given}</td><td>counter, leases</td><td>given up on purpose;
 *     {@code outcome} = {@code handed.off}, {@code released}</td></tr>
 * <tr><td>{@code millrace.shards.finished}</td><td>counter, shards</td><td>processed to their
 *     end</td></tr>
 * <tr><td>{@code millrace.heartbeats}</td><td>timer</td><td>one heartbeat; {@code outcome} =
 *     {@code success}, {@code failure}</td></tr>
 * <tr><td>{@code millrace.fenced}</td><td>gauge, 0 or 1</td><td>1 while the worker has stopped
 *     itself because its heartbeats fail</td></tr>
 * <tr><td>{@code millrace.sessions.expired}</td><td>counter, sessions</td><td>of other workers,
 *     seen dead and removed by this one</td></tr>
 * <tr><td>{@code millrace.read.throttles}</td><td>counter, reads</td><td>refused by the stream's
 *     limits</td></tr>
 * <tr><td>{@code millrace.read.failures}</td><td>counter, reads</td><td>that failed otherwise</td>
 *     </tr>
 * <tr><td>{@code millrace.gaps}</td><td>counter, gaps</td><td>records that retention removed before
 *     they were read</td></tr>
 * <tr><td>{@code millrace.store.failures}</td><td>counter, calls</td><td>calls to the lease table
 *     that failed, before they were repeated</td></tr>
 * </table>
 *
 * <p>Written to on the engine's loop thread, read by the registry on any.
 */
public final class MeterEvents implements EngineEvents, AutoCloseable {

  private final MeterRegistry registry;
  private final Tags tags;
  private final List<Meter> meters = new ArrayList<>();

  private final Counter records;
  private final Counter bytes;
  private final Timer processSuccess;
  private final Timer processFailure;
  private final Timer checkpointTime;
  private final Counter deadLetters;
  private final Counter skipped;
  private final Counter deadLetterFailures;
  private final Counter claimed;
  private final Counter adopted;
  private final Counter takenOtherwise;
  private final Counter leasesLost;
  private final Counter handedOff;
  private final Counter released;
  private final Counter shardsFinished;
  private final Timer beatSuccess;
  private final Timer beatFailure;
  private final Counter sessionsExpired;
  private final Counter readThrottles;
  private final Counter readFailures;
  private final Counter gaps;
  private final Counter storeFailures;

  private final AtomicInteger leasesOwned = new AtomicInteger();
  private final AtomicInteger fenced = new AtomicInteger();
  private final AtomicLong load = new AtomicLong();
  private final AtomicLong fairLoad = new AtomicLong();
  private boolean loadShown;
  private boolean closed;

  /** Of shards held now: an entry goes when the lease does. */
  private final Map<LeaseKey, Long> behindMillis = new ConcurrentHashMap<>();

  /** Of shards held now. */
  private final Map<LeaseKey, Long> ageMillis = new ConcurrentHashMap<>();

  private final Map<ShardState, AtomicInteger> standstills = new EnumMap<>(ShardState.class);
  private volatile long retentionMillis;

  private final Set<LeaseKey> retrying = ConcurrentHashMap.newKeySet();

  public MeterEvents(MeterRegistry registry, String application, String stream) {
    this.registry = registry;
    this.tags = Tags.of("application", application, "stream", stream);
    records = counter("millrace.records", "records", "Records handed to processors");
    bytes = counter("millrace.bytes", "bytes", "Payload of the records handed to processors");
    gauge(
        "millrace.millis.behind.latest",
        "milliseconds",
        "How far the shard that is furthest behind is behind",
        () -> longest(behindMillis));
    String processTime = "One call of processRecords";
    processSuccess = timer("millrace.process.time", "success", processTime);
    processFailure = timer("millrace.process.time", "failure", processTime);
    gauge(
        "millrace.retrying.shards",
        "shards",
        "Shards whose last batch failed and is delivered again",
        retrying::size);
    checkpointTime =
        keep(
            Timer.builder("millrace.checkpoint.time")
                .description("One stored checkpoint")
                .tags(tags)
                .register(registry));
    for (ShardState state : ShardState.values()) {
      if (state.isStandstill()) {
        standstills.put(state, new AtomicInteger());
        keep(
            Gauge.builder("millrace.shards.stalled", standstills.get(state)::get)
                .baseUnit("shards")
                .description("Shards that make no progress")
                .tags(tags.and("reason", state.name().toLowerCase(Locale.ROOT).replace('_', '.')))
                .strongReference(true)
                .register(registry));
      }
    }
    String givenUp = "Records given up by the failure policy";
    deadLetters = counter("millrace.given.up", "records", givenUp, "dead.letter");
    skipped = counter("millrace.given.up", "records", givenUp, "skipped");
    deadLetterFailures =
        counter("millrace.dead.letter.failures", "calls", "Dead letters that were not stored");
    gauge(
        "millrace.oldest.unprocessed.age",
        "milliseconds",
        "Age of the oldest record that was read and waits for its processor",
        () -> longest(ageMillis));
    gauge(
        "millrace.retention.left",
        "milliseconds",
        "Until retention removes that record",
        () -> Math.max(0, retentionMillis - longest(ageMillis)));
    gauge("millrace.leases.owned", "leases", "Leases held now", leasesOwned::get);
    String claims = "Leases taken over";
    claimed = counter("millrace.claims", "leases", claims, "claimed");
    adopted = counter("millrace.claims", "leases", claims, "adopted");
    takenOtherwise = counter("millrace.claims", "leases", claims, "other");
    leasesLost = counter("millrace.leases.lost", "leases", "Leases lost while held");
    String given = "Leases given up on purpose";
    handedOff = counter("millrace.leases.given", "leases", given, "handed.off");
    released = counter("millrace.leases.given", "leases", given, "released");
    shardsFinished = counter("millrace.shards.finished", "shards", "Shards processed to their end");
    beatSuccess = timer("millrace.heartbeats", "success", "One heartbeat");
    beatFailure = timer("millrace.heartbeats", "failure", "One heartbeat");
    gauge(
        "millrace.fenced",
        null,
        "1 while the worker has stopped itself because its heartbeats fail",
        fenced::get);
    sessionsExpired =
        counter("millrace.sessions.expired", "sessions", "Dead workers' sessions removed");
    readThrottles = counter("millrace.read.throttles", "reads", "Reads refused by limits");
    readFailures = counter("millrace.read.failures", "reads", "Reads that failed otherwise");
    gaps = counter("millrace.gaps", "gaps", "Records removed by retention before they were read");
    storeFailures = counter("millrace.store.failures", "calls", "Failed calls to the lease table");
  }

  /** Removes the meters, so that a registry that outlives the worker does not show it. */
  @Override
  public synchronized void close() {
    closed = true;
    meters.forEach(registry::remove);
  }

  @Override
  public void delivered(LeaseKey shard, int count, long size, long millisBehindLatest) {
    records.increment(count);
    bytes.increment(size);
    behindMillis.put(shard, millisBehindLatest);
  }

  @Override
  public void processed(LeaseKey shard, long millis, Throwable failureOrNull, int attempt) {
    if (failureOrNull instanceof LeaseLostException) {
      return; // nothing was delivered, or the lease went meanwhile: not the processor's failure
    }
    if (failureOrNull == null) {
      processSuccess.record(millis, TimeUnit.MILLISECONDS);
      retrying.remove(shard);
    } else {
      processFailure.record(millis, TimeUnit.MILLISECONDS);
      retrying.add(shard);
    }
  }

  @Override
  public void checkpointed(LeaseKey shard, Checkpoint checkpoint, long millis) {
    checkpointTime.record(millis, TimeUnit.MILLISECONDS);
  }

  @Override
  public void gaveUp(LeaseKey shard, GivenUp records, FailureRule.Then then) {
    retrying.remove(shard);
    (then == FailureRule.Then.SKIP ? skipped : deadLetters).increment(records.records().size());
  }

  @Override
  public void deadLettersRefused(LeaseKey shard, Throwable cause, int attempt) {
    deadLetterFailures.increment();
  }

  @Override
  public void waiting(LeaseKey shard, long age, long retention) {
    ageMillis.put(shard, age);
    retentionMillis = retention;
  }

  @Override
  public void standstills(SortedMap<ShardState, Integer> shards) {
    standstills.forEach((state, count) -> count.set(shards.getOrDefault(state, 0)));
  }

  @Override
  public void leasesOwned(int count) {
    leasesOwned.set(count);
  }

  @Override
  public void leaseTaken(LeaseKey shard, long token, String how) {
    switch (how) {
      case "claimed" -> claimed.increment();
      case "adopted", "handed over" -> adopted.increment();
      default -> takenOtherwise.increment();
    }
  }

  @Override
  public void leaseLost(LeaseKey shard, long token, String why) {
    leasesLost.increment();
    forget(shard);
  }

  @Override
  public void leaseGiven(LeaseKey shard, long token, String successorOrNull, String why) {
    (successorOrNull == null ? released : handedOff).increment();
    forget(shard);
  }

  @Override
  public void shardFinished(LeaseKey shard) {
    shardsFinished.increment();
    forget(shard);
  }

  @Override
  public void beat(boolean answered, long millis) {
    (answered ? beatSuccess : beatFailure).record(millis, TimeUnit.MILLISECONDS);
  }

  @Override
  public void loadMeasured(SessionLoad mine, long fairPerSecond) {
    load.set(mine.perSecond());
    fairLoad.set(fairPerSecond);
    showLoad(mine.unit().name().toLowerCase(Locale.ROOT));
  }

  /** Only once there is a load: most workers do not measure it. */
  private synchronized void showLoad(String unit) {
    if (!loadShown && !closed) {
      loadShown = true;
      Tags ofUnit = tags.and("unit", unit);
      gauge("millrace.load", unit, "What this worker's leases bring a second", load::get, ofUnit);
      gauge(
          "millrace.load.fair",
          unit,
          "What this worker would carry if the fleet's load were spread by weight",
          fairLoad::get,
          ofUnit);
    }
  }

  @Override
  public void fenced(boolean isFenced) {
    fenced.set(isFenced ? 1 : 0);
  }

  @Override
  public void readThrottled(LeaseKey shard) {
    readThrottles.increment();
  }

  @Override
  public void readFailed(LeaseKey shard, Throwable cause) {
    readFailures.increment();
  }

  @Override
  public void gap(LeaseKey shard, String what) {
    gaps.increment();
  }

  @Override
  public void sessionExpired(String sessionId) {
    sessionsExpired.increment();
  }

  @Override
  public void storeTrouble(String operation, Throwable cause) {
    storeFailures.increment();
  }

  private void forget(LeaseKey shard) {
    behindMillis.remove(shard);
    ageMillis.remove(shard);
    retrying.remove(shard);
  }

  private static long longest(Map<LeaseKey, Long> millis) {
    long longest = 0;
    for (long each : millis.values()) {
      longest = Math.max(longest, each);
    }
    return longest;
  }

  private Counter counter(String name, String unit, String description) {
    return keep(
        Counter.builder(name)
            .baseUnit(unit)
            .description(description)
            .tags(tags)
            .register(registry));
  }

  private Counter counter(String name, String unit, String description, String outcome) {
    return keep(
        Counter.builder(name)
            .baseUnit(unit)
            .description(description)
            .tags(tags.and("outcome", outcome))
            .register(registry));
  }

  private Timer timer(String name, String outcome, String description) {
    return keep(
        Timer.builder(name)
            .description(description)
            .tags(tags.and("outcome", outcome))
            .register(registry));
  }

  private void gauge(String name, String unit, String description, Supplier<Number> value) {
    gauge(name, unit, description, value, tags);
  }

  private void gauge(
      String name, String unit, String description, Supplier<Number> value, Tags itsTags) {
    keep(
        Gauge.builder(name, value)
            .baseUnit(unit)
            .description(description)
            .tags(itsTags)
            .strongReference(true)
            .register(registry));
  }

  private <M extends Meter> M keep(M meter) {
    meters.add(meter);
    return meter;
  }
}
