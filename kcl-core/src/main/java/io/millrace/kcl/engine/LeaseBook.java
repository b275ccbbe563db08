package io.millrace.kcl.engine;

import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseScan;
import io.millrace.lease.SessionId;
import io.millrace.lease.plan.Holder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The lease rows as this worker knows them: from its last scan, and from the answers to its own
 * writes since. Decides nothing about leases, only what is known of each. Lives on the loop.
 */
final class LeaseBook {

  private record Row(Lease lease, long readAt) {}

  private final SortedMap<LeaseKey, Row> rows = new TreeMap<>();
  private final SortedMap<LeaseKey, Long> freeSince = new TreeMap<>();
  private final SortedMap<LeaseKey, Long> letGo = new TreeMap<>();
  private final ForeignOwners foreign;
  private boolean changed;

  LeaseBook(ForeignOwners foreign) {
    this.foreign = foreign;
  }

  /** Who of the owners that are no sessions of ours may be alive. */
  ForeignOwners foreign() {
    return foreign;
  }

  Optional<Lease> row(LeaseKey key) {
    return Optional.ofNullable(rows.get(key)).map(Row::lease);
  }

  List<Lease> leases() {
    List<Lease> leases = new ArrayList<>(rows.size());
    rows.values().forEach(row -> leases.add(row.lease()));
    return leases;
  }

  SortedSet<LeaseKey> keys() {
    return new TreeSet<>(rows.keySet());
  }

  /** True once after a row was added, removed or changed in what the planner looks at. */
  boolean takeChanged() {
    boolean result = changed;
    changed = false;
    return result;
  }

  /** A row as a read or a write that was answered at {@code now} showed it. */
  void seen(Lease lease, long now) {
    Row known = rows.get(lease.key());
    if (known != null && known.lease.counter() > lease.counter()) {
      return;
    }
    changed |= known == null || differsForPlanning(known.lease, lease);
    rows.put(lease.key(), new Row(lease, now));
  }

  void gone(LeaseKey key) {
    changed |= rows.remove(key) != null;
    freeSince.remove(key);
    letGo.remove(key);
  }

  /**
   * All rows, as a scan saw them that ran from {@code startedAt} to {@code now}. What was learnt
   * while it ran is newer than what it says.
   */
  void scanned(LeaseScan scan, long startedAt, long now) {
    foreign.look(scan.leases(), startedAt, now);
    SortedSet<LeaseKey> present = new TreeSet<>();
    for (Lease lease : scan.leases()) {
      present.add(lease.key());
      Row known = rows.get(lease.key());
      if (known != null && known.readAt < startedAt && known.lease.counter() > lease.counter()) {
        gone(lease.key()); // removed and created again since: its tokens begin anew
      }
      boolean knownIsNewer =
          known != null && known.readAt >= startedAt && known.lease.counter() >= lease.counter();
      if (!knownIsNewer) {
        seen(lease, now);
      }
    }
    List<LeaseKey> absent = new ArrayList<>();
    rows.forEach(
        (key, row) -> {
          if (!present.contains(key) && row.readAt < startedAt) {
            absent.add(key);
          }
        });
    absent.forEach(this::gone);
  }

  /**
   * This worker has let a lease go, or lost it: rows that still name it under that token are old.
   */
  void letGo(LeaseKey key, long token) {
    Row known = rows.get(key);
    if (known != null && known.lease.counter() >= token) {
      letGo.merge(key, token, Math::max);
    } // else the row was removed, and the tokens of a new one begin anew
    changed = true;
  }

  /**
   * Rows that name this worker under a token that it has never held: handed to it, or claimed late.
   */
  List<Lease> adoptable(SessionId me, Collection<LeaseKey> held) {
    List<Lease> adoptable = new ArrayList<>();
    for (Row row : rows.values()) {
      Lease lease = row.lease;
      if (lease.isOwnedBy(me)
          && !lease.isFinished()
          && !held.contains(lease.key())
          && lease.counter() > letGo.getOrDefault(lease.key(), -1L)) {
        adoptable.add(lease);
      }
    }
    return adoptable;
  }

  /** Rows announced to this worker that it does not own yet. */
  List<Lease> announcedTo(SessionId me) {
    List<Lease> announced = new ArrayList<>();
    for (Row row : rows.values()) {
      if (me.equals(row.lease.heir()) && !row.lease.isOwnedBy(me) && row.lease.owner() != null) {
        announced.add(row.lease);
      }
    }
    return announced;
  }

  /**
   * Who holds a lease that this worker does not hold itself. Asks for the pages that would have to
   * be read to know more.
   */
  Holder holder(Lease lease, Membership membership) {
    if (lease.owner() == null) {
      return Holder.FREE;
    }
    Optional<SessionId> owner = lease.ownerSession();
    if (owner.isEmpty()) {
      return foreign.isDead(lease) ? Holder.FREE : Holder.OTHER;
    }
    if (membership.isAlive(owner.get())) {
      return Holder.OTHER;
    }
    long readAt = rows.get(lease.key()).readAt;
    if (membership.isDeadForGood(owner.get(), readAt)) {
      return Holder.FREE;
    }
    membership.wantPage(owner.get().page(), readAt);
    return Holder.OTHER;
  }

  /** Since when a lease has been free, noting that it is now. */
  long freeSince(LeaseKey key, boolean free, long now) {
    if (!free) {
      freeSince.remove(key);
      return now;
    }
    return freeSince.computeIfAbsent(key, k -> now);
  }

  private static boolean differsForPlanning(Lease a, Lease b) {
    return a.counter() != b.counter()
        || a.isFinished() != b.isFinished()
        || !Objects.equals(a.owner(), b.owner())
        || !Objects.equals(a.heir(), b.heir());
  }
}
