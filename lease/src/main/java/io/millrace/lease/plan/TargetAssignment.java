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
import java.util.function.Predicate;

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
//
// A session that balances by load has a band around its share instead of one number, as wide as
// chance makes the number of leases that add up to a fair load: the square root of the share.
// Within the band only its load moves leases (LoadBalance); what exceeds the band is surplus, and
// a session below it gets what is missing from those above their quota. Free leases go where they
// would go by number. The band depends on the share before remainders are dealt out, because those
// follow the leases: a lease that was moved by load must not narrow its new owner's band.

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

  /**
   * How many leases a session may hold.
   *
   * @param least it does not give one by load if it would then have fewer
   * @param most it does not take one by load if it would then have more
   * @param held what it has, or has been promised
   */
  record Band(int least, int most, int held) {}

  /**
   * @param lease who should hold which lease
   * @param bands of the sessions that balance by load
   */
  record Target(SortedMap<LeaseKey, SessionId> lease, SortedMap<SessionId, Band> bands) {}

  private static final class Share {
    private final Session session;
    private final boolean byLoad;
    private final List<Entry> own = new ArrayList<>();
    private final List<Entry> kept = new ArrayList<>();
    private int floor;
    private int quota;
    private int assigned;

    Share(Session session, boolean byLoad) {
      this.session = session;
      this.byLoad = byLoad;
    }

    private int halfBand() {
      return (int) Math.ceil(StrictMath.sqrt(floor));
    }

    int least() {
      return byLoad ? Math.max(Math.min(1, floor), floor - halfBand()) : quota;
    }

    int most() {
      return byLoad ? Math.min(session.maxLeases(), floor + Math.max(1, halfBand())) : quota;
    }

    Band band() {
      return new Band(least(), most(), own.size());
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
   * @param byLoad which sessions balance by load
   */
  static Target assign(
      SortedMap<SessionId, Session> active, List<Entry> entries, Predicate<Session> byLoad) {
    SortedMap<LeaseKey, SessionId> target = new TreeMap<>();
    SortedMap<SessionId, Share> shares = new TreeMap<>();
    active.forEach((id, session) -> shares.put(id, new Share(session, byLoad.test(session))));
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
      share.assigned = Math.min(share.most(), share.own.size());
      share.kept.addAll(share.own.subList(0, share.assigned));
      for (Entry kept : share.kept) {
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
    fillBands(shares, target);
    SortedMap<SessionId, Band> bands = new TreeMap<>();
    shares.values().stream()
        .filter(share -> share.byLoad)
        .forEach(share -> bands.put(share.id(), share.band()));
    return new Target(target, bands);
  }

  /**
   * Those who keep more than their quota because they balance by load give to those who have too
   * few. By number alone nobody does.
   */
  private static void fillBands(
      SortedMap<SessionId, Share> shares, SortedMap<LeaseKey, SessionId> target) {
    PriorityQueue<Share> donors = new PriorityQueue<>(TargetAssignment::byExcess);
    PriorityQueue<Share> needy = new PriorityQueue<>(TargetAssignment::byNeed);
    for (Share share : shares.values()) {
      // promised leases are not anybody's to give
      share.kept.removeIf(entry -> !entry.held());
      if (share.assigned > share.quota && !share.kept.isEmpty()) {
        donors.add(share);
      } else if (share.assigned < share.least()) {
        needy.add(share);
      }
    }
    while (!needy.isEmpty() && !donors.isEmpty()) {
      Share taker = needy.remove();
      Share donor = donors.remove();
      Entry given = donor.kept.remove(donor.kept.size() - 1);
      target.put(given.key(), taker.id());
      donor.assigned--;
      taker.assigned++;
      if (donor.assigned > donor.quota && !donor.kept.isEmpty()) {
        donors.add(donor);
      }
      if (taker.assigned < taker.least()) {
        needy.add(taker);
      }
    }
  }

  private static int byExcess(Share a, Share b) {
    int larger = Long.compare(b.deficit() * a.session.weight(), a.deficit() * b.session.weight());
    return larger != 0 ? -larger : a.id().compareTo(b.id());
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
          share.floor = share.quota;
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
      share.floor = share.quota;
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
