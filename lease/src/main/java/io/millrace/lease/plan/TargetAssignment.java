package io.millrace.lease.plan;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.SortedMap;
import java.util.TreeMap;

// The target is a function of what all observers agree on: the sessions, and the rows. It knows
// nothing of the observer, of clocks, or of what the observer has in flight; that is why every
// worker can act on it alone and two of them do not undo each other's moves.
//
// Two things keep it from wandering while the fleet follows it. A session keeps what it has, up to
// its quota, so only surplus ever moves. And the odd leases of a division that leaves a remainder
// go to those who already hold one more than their floor, so that 11 leases on two workers are as
// settled at 5 + 6 as at 6 + 5.
//
// A lease whose hand-off is announced counts for the heir, not for the owner. Otherwise the
// announced heir could change halfway: the owner has begun to drain for one session, and meanwhile
// the target names another, which then waits for a lease that goes elsewhere. Announced leases
// stand behind held ones in the queue for the quota: an heir does not hand off what it processes
// in order to make room for what it does not have yet.

/** Computes which session should hold which lease. */
final class TargetAssignment {

  /**
   * A lease that somebody should process.
   *
   * @param current the session in view that holds it, or to which it has been announced; empty if
   *     there is none
   * @param held whether that session holds it already
   */
  record Entry(LeaseKey key, Optional<SessionId> current, boolean held) {}

  private static final Comparator<Entry> HELD_FIRST =
      Comparator.comparing((Entry entry) -> !entry.held()).thenComparing(Entry::key);

  private static final class Share {
    private final Session session;
    private final List<Entry> own = new ArrayList<>();
    private int quota;
    private int assigned;

    Share(Session session) {
      this.session = session;
    }

    SessionId id() {
      return session.id();
    }

    long deficit() {
      return quota - assigned;
    }
  }

  private TargetAssignment() {}

  /**
   * @param active the sessions that take leases; those in view which are leaving are not among them
   * @param entries the leases that are ready, by key
   */
  static SortedMap<LeaseKey, SessionId> assign(
      SortedMap<SessionId, Session> active, List<Entry> entries) {
    SortedMap<LeaseKey, SessionId> target = new TreeMap<>();
    SortedMap<SessionId, Share> shares = new TreeMap<>();
    active.forEach((id, session) -> shares.put(id, new Share(session)));
    List<Entry> free = new ArrayList<>();
    List<Entry> surplus = new ArrayList<>();
    for (Entry entry : entries) {
      if (entry.current().isEmpty()) {
        free.add(entry);
      } else {
        Share share = shares.get(entry.current().get());
        (share == null ? surplus : share.own).add(entry);
      }
    }

    setQuotas(List.copyOf(shares.values()), entries.size());

    for (Share share : shares.values()) {
      share.own.sort(HELD_FIRST);
      share.assigned = Math.min(share.quota, share.own.size());
      for (Entry kept : share.own.subList(0, share.assigned)) {
        target.put(kept.key(), share.id());
      }
      surplus.addAll(share.own.subList(share.assigned, share.own.size()));
    }

    // entries come by key, so free ones are sorted; surplus was gathered session by session
    surplus.sort(Comparator.comparing(Entry::key));
    PriorityQueue<Share> needy = new PriorityQueue<>(TargetAssignment::byNeed);
    shares.values().stream().filter(share -> share.deficit() > 0).forEach(needy::add);
    List<Entry> pool = new ArrayList<>(free);
    pool.addAll(surplus);
    for (Entry entry : pool) {
      Share neediest = needy.poll();
      if (neediest == null) {
        break; // no room anywhere: the rest has no target
      }
      target.put(entry.key(), neediest.id());
      neediest.assigned++;
      if (neediest.deficit() > 0) {
        needy.add(neediest);
      }
    }
    return target;
  }

  private static int byNeed(Share a, Share b) {
    // a.deficit / a.weight against b.deficit / b.weight; neither product can overflow a long
    int larger = Long.compare(b.deficit() * a.session.weight(), a.deficit() * b.session.weight());
    return larger != 0 ? larger : a.id().compareTo(b.id());
  }

  private static void setQuotas(List<Share> shares, int leases) {
    List<Share> open = new ArrayList<>(shares);
    long remaining = leases;
    while (true) {
      long weight = totalWeight(open);
      List<Share> full = new ArrayList<>();
      for (Share share : open) {
        // more than all leases is no limit; the bound keeps the products within a long
        long max = Math.min(share.session.maxLeases(), leases);
        if (remaining * share.session.weight() >= max * weight) {
          share.quota = Math.toIntExact(max);
          full.add(share);
        }
      }
      if (full.isEmpty()) {
        break;
      }
      // the shares of the others only grow by this, so nobody was fixed too early
      for (Share share : full) {
        remaining -= share.quota;
      }
      open.removeIf(full::contains);
    }

    if (open.isEmpty()) {
      return; // everybody is full, and the rest stays without a target
    }
    long weight = totalWeight(open);
    long unassigned = remaining;
    for (Share share : open) {
      share.quota = Math.toIntExact(remaining * share.session.weight() / weight);
      unassigned -= share.quota;
    }
    long divided = remaining;
    open.sort(
        Comparator.comparing((Share share) -> share.own.size() <= share.quota)
            .thenComparing(share -> -(divided * share.session.weight() % weight))
            .thenComparing(Share::id));
    // fewer than there are open shares; and a share below its maximum has room for one more
    for (int i = 0; i < unassigned; i++) {
      open.get(i).quota++;
    }
  }

  private static long totalWeight(List<Share> shares) {
    return shares.stream().mapToLong(share -> share.session.weight()).sum();
  }
}
