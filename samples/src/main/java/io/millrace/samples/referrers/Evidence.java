package io.millrace.samples.referrers;

import io.millrace.lease.Lease;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the event log goes by: what processes wrote down, and what the tables say. Nothing in it is
 * a guess.
 */
final class Evidence {

  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.S");

  private final long nowMillis;
  private final ZoneId zone;
  private final Ledgers ledgers;
  private final WorkerEvents events;
  private final LeaseWatch leases;
  private final Map<String, Set<String>> children = new HashMap<>();
  private final EventLog log;

  /** What was written down. */
  record Written(Ledgers ledgers, WorkerEvents events) {}

  /**
   * @param written null where nothing is: notes need nothing
   */
  Evidence(long nowMillis, ZoneId zone, Written written, LeaseWatch leases, EventLog log) {
    this.nowMillis = nowMillis;
    this.zone = zone;
    this.ledgers = written == null ? null : written.ledgers();
    this.events = written == null ? null : written.events();
    this.leases = leases;
    this.log = log;
  }

  /** Adds what the stream says of a shard's parents. */
  void addParents(String shard, List<String> parents) {
    parents.forEach(p -> children.computeIfAbsent(p, k -> new TreeSet<>()).add(shard));
  }

  long nowMillis() {
    return nowMillis;
  }

  /** Such as {@code 14:03:07.2}, on this machine's clock. */
  String time(long millis) {
    return TIME.format(Instant.ofEpochMilli(millis).atZone(zone));
  }

  static String seconds(long millis) {
    return String.format(Locale.ROOT, "%.1f s", millis / 1_000.0);
  }

  List<Ledgers.Resumption> resumptions(String worker, long goneAtMillis) {
    return ledgers.resumptions(worker, goneAtMillis, nowMillis);
  }

  boolean isFinished(String shard) {
    return ledgers.isFinished(shard);
  }

  long lostOf(String shard) {
    return ledgers.lostOf(shard);
  }

  OptionalLong handoverMillis(String worker, long toldAtMillis) {
    return ledgers.handoverMillis(worker, toldAtMillis);
  }

  OptionalLong reshardGapMillis(Set<String> parents) {
    Set<String> born = childrenOf(parents);
    return born.isEmpty() ? OptionalLong.empty() : ledgers.reshardGapMillis(parents, born);
  }

  Set<String> childrenOf(Set<String> parents) {
    Set<String> born = new TreeSet<>();
    parents.forEach(p -> born.addAll(children.getOrDefault(p, Set.of())));
    return born;
  }

  List<WorkerEvents.Event> events(String worker, long sinceMillis) {
    return events.since(worker, sinceMillis);
  }

  Optional<Lease> lease(String shard) {
    return leases.lease(shard);
  }

  /** Whether a checkpoint or a token of a shard was ever seen to go back. */
  boolean wentBack(String shard) {
    return leases.wentBack(shard);
  }

  /** Whether a worker was told to go on after a time. */
  boolean wasResumedAfter(String worker, long millis) {
    return log.resumedAt(worker) > millis;
  }
}
