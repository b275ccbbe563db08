package io.millrace.lease.plan;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.lease.HashKeyRange;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import io.millrace.lease.SessionLoad;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** A fleet whose every change is seen by everybody at once. */
final class TestFleet {

  final SortedMap<SessionId, Session> sessions = new TreeMap<>();
  final SortedMap<LeaseKey, Lease> rows = new TreeMap<>();
  private final SortedMap<LeaseKey, Long> since = new TreeMap<>();

  /** Hand-offs and releases that have begun; the heir is empty for a release. */
  final SortedMap<LeaseKey, Optional<SessionId>> draining = new TreeMap<>();

  /** What each lease brings a second; empty if nobody balances by load. */
  final SortedMap<LeaseKey, Long> loads = new TreeMap<>();

  /** Sessions that take their share by number although others balance by load. */
  final SortedSet<SessionId> byNumber = new TreeSet<>();

  private final SortedMap<SessionId, Long> changedAt = new TreeMap<>();

  long nowMillis = 1_000_000;

  /** How often a lease that had a living owner went to another. */
  int moves;

  static LeaseKey key(int number) {
    return LeaseKey.of(String.format("shardId-%012d", number));
  }

  static SessionId id(String workerId) {
    return SessionId.create(workerId, 0, 1, 1);
  }

  SessionId join(String workerId) {
    return join(workerId, Session.DEFAULT_WEIGHT, Integer.MAX_VALUE);
  }

  SessionId join(String workerId, int weight, int maxLeases) {
    SessionId id = id(workerId);
    sessions.put(id, new Session(id, 1, 6_000, weight, maxLeases, null, false));
    return id;
  }

  void beginToLeave(SessionId id) {
    sessions.computeIfPresent(id, (key, session) -> session.withLeaving(true));
  }

  /** The session is gone, and what it held is free. */
  void die(SessionId id) {
    sessions.remove(id);
    for (LeaseKey key : rows.keySet()) {
      if (rows.get(key).isOwnedBy(id)) {
        since.put(key, nowMillis);
        draining.remove(key);
      }
    }
  }

  void leases(int count) {
    for (int i = 0; i < count; i++) {
      lease(i);
    }
  }

  LeaseKey lease(int number, int... parents) {
    SortedSet<LeaseKey> parentKeys = new TreeSet<>();
    for (int parent : parents) {
      parentKeys.add(key(parent));
    }
    Lease lease =
        Lease.unowned(
            key(number),
            Checkpoint.TRIM_HORIZON,
            OptionalLong.empty(),
            parentKeys,
            HashKeyRange.ALL);
    rows.put(lease.key(), lease);
    since.put(lease.key(), nowMillis);
    return lease.key();
  }

  void finish(LeaseKey key) {
    Lease lease = rows.get(key);
    rows.put(key, row(lease, lease.owner(), Checkpoint.SHARD_END, null));
    draining.remove(key);
    // children become ready now
    for (Lease each : rows.values()) {
      if (each.parents().contains(key)) {
        since.put(each.key(), nowMillis);
      }
    }
  }

  /** Puts leases {@code from} to {@code to}, exclusive, into a session's hands, long ago. */
  void give(SessionId owner, int from, int to) {
    for (int i = from; i < to; i++) {
      own(key(i), owner);
      since.put(key(i), 0L);
    }
  }

  private void own(LeaseKey key, SessionId owner) {
    Lease lease = rows.get(key);
    owner(lease).ifPresent(each -> changedAt.put(each, nowMillis));
    if (owner != null) {
      changedAt.put(owner, nowMillis);
    }
    rows.put(key, row(lease, owner == null ? null : owner.value(), lease.checkpoint(), null));
    since.put(key, nowMillis);
  }

  void announce(LeaseKey key, SessionId heir) {
    Lease lease = rows.get(key);
    owner(lease).ifPresent(each -> changedAt.put(each, nowMillis));
    changedAt.put(heir, nowMillis);
    rows.put(key, row(lease, lease.owner(), lease.checkpoint(), heir));
  }

  private static Lease row(Lease lease, String owner, Checkpoint checkpoint, SessionId heir) {
    return new Lease(
        lease.key(),
        owner,
        lease.counter() + 1,
        checkpoint,
        null,
        null,
        lease.parents(),
        lease.children(),
        lease.hashKeyRange(),
        null,
        heir,
        0);
  }

  FleetView view(SessionId me) {
    List<LeaseView> leases = new ArrayList<>();
    for (Lease lease : rows.values()) {
      Optional<SessionId> owner = owner(lease);
      Holder holder =
          owner.isEmpty() ? Holder.FREE : owner.get().equals(me) ? Holder.ME : Holder.OTHER;
      boolean busy = holder == Holder.ME && draining.containsKey(lease.key());
      leases.add(new LeaseView(lease, holder, since.get(lease.key()), busy));
    }
    FleetView view =
        new FleetView(
            me,
            sessions.values().stream().map(each -> each.withLoad(load(each.id()))).toList(),
            leases,
            nowMillis,
            PlanSettings.DEFAULTS);
    return isByLoad(me) ? view.withLoads(loadView(me)) : view;
  }

  private boolean isByLoad(SessionId id) {
    return !loads.isEmpty() && !byNumber.contains(id);
  }

  private LoadView loadView(SessionId me) {
    SortedMap<LeaseKey, Long> mine = new TreeMap<>();
    loads.forEach(
        (key, load) -> {
          if (rows.get(key).isOwnedBy(me)) {
            mine.put(key, load);
          }
        });
    SortedMap<SessionId, Long> still = new TreeMap<>();
    sessions.keySet().forEach(id -> still.put(id, nowMillis - changedAt.getOrDefault(id, 0L)));
    return new LoadView(SessionLoad.Unit.RECORDS, mine, still);
  }

  /** What a session says: the sum of its leases. */
  SessionLoad load(SessionId id) {
    return isByLoad(id) ? new SessionLoad(SessionLoad.Unit.RECORDS, carried(id)) : null;
  }

  long carried(SessionId id) {
    return loads.entrySet().stream()
        .filter(each -> rows.get(each.getKey()).isOwnedBy(id))
        .mapToLong(SortedMap.Entry::getValue)
        .sum();
  }

  Optional<SessionId> owner(Lease lease) {
    return lease.ownerSession().filter(sessions::containsKey);
  }

  LeasePlan plan(SessionId me) {
    return LeasePlanner.plan(view(me));
  }

  /** Everybody plans and acts once, and every hand-off is over at once. Returns the actions. */
  List<LeaseAction> round() {
    List<LeaseAction> all = new ArrayList<>();
    for (SessionId me : List.copyOf(sessions.keySet())) {
      all.addAll(begin(me));
      for (LeaseKey key : List.copyOf(draining.keySet())) {
        complete(key);
      }
    }
    return all;
  }

  /** One session plans and begins its actions. */
  List<LeaseAction> begin(SessionId me) {
    List<LeaseAction> actions = plan(me).actions();
    for (LeaseAction action : actions) {
      if (action instanceof LeaseAction.ClaimLease claim) {
        if (owner(rows.get(claim.key())).isPresent()) {
          throw new AssertionError(claim + " is not free");
        }
        own(claim.key(), me);
      } else if (action instanceof LeaseAction.HandOffLease handOff) {
        requireOwner(handOff.key(), me);
        announce(handOff.key(), handOff.heir());
        draining.put(handOff.key(), Optional.of(handOff.heir()));
      } else if (action instanceof LeaseAction.ReleaseLease release) {
        requireOwner(release.key(), me);
        draining.put(release.key(), Optional.empty());
      }
    }
    return actions;
  }

  private void requireOwner(LeaseKey key, SessionId me) {
    if (!rows.get(key).isOwnedBy(me) || draining.containsKey(key)) {
      throw new AssertionError(me + " gives away " + rows.get(key) + ", " + draining.get(key));
    }
  }

  /** A hand-off that has begun is over. */
  void complete(LeaseKey key) {
    Optional<SessionId> heir = draining.remove(key);
    own(key, heir.orElse(null));
    moves++;
  }

  long held(SessionId id) {
    return rows.values().stream().filter(row -> !row.isFinished() && row.isOwnedBy(id)).count();
  }

  /** Rounds, with time between them, until nobody does anything for long enough. */
  void settle() {
    int quiet = 0;
    for (int i = 0; quiet < 3; i++) {
      if (i == 1_000) {
        throw new AssertionError("Never settles: " + rows.values());
      }
      quiet = round().isEmpty() ? quiet + 1 : 0;
      nowMillis += 3_000;
    }
  }
}
