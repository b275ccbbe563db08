package io.millrace.kcl.engine;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

// Another library's worker has no session of ours, so nothing in the table says that it is dead.
// What it does while it lives is renew: the counter of each of its leases rises, in the Kinesis
// Client Library every third of its failover time. So its rows are watched, and that they all
// stood still for long enough is taken for its death.
//
// Time is this worker's monotonic clock and nothing else: no clock of the other machine is
// believed, and none of its timestamps are read. A row stood still from the end of the first
// look that showed it so to the beginning of the last one. After a gap between looks the count
// begins again: while the table does not answer us it may not have answered the other library
// either.
//
// One row that moves speaks for the whole fleet it belongs to: as long as any moves, none is
// free.

/**
 * Who of the owners that are no sessions of ours may still be alive. Decides from what it is shown
 * and when; pure but for what it remembers. Lives on the loop.
 */
final class ForeignOwners {

  private static final int LOOKS = 12;
  private static final long SHORTEST_INTERVAL_MILLIS = 250;

  /** Of a look at all rows. */
  sealed interface Verdict {
    /** No unfinished lease has a foreign owner. */
    record Nobody() implements Verdict {}

    /** They stand still, not for long enough yet; look again after a while. */
    record Watching(List<Lease> leases, long againInMillis) implements Verdict {}

    /** They have stood still for long enough, or somebody said that they are dead. */
    record Dead(List<Lease> leases) implements Verdict {}

    /** They have moved since they were first seen. */
    record Alive(List<Move> moves) implements Verdict {}
  }

  /**
   * What moved between two looks.
   *
   * @param what in words, from what to what
   */
  record Move(LeaseKey key, String what) {
    @Override
    public String toString() {
      return key + " (" + what + ")";
    }
  }

  private record Entry(Lease lease, long sinceMillis, boolean givenUp) {}

  private final long watchMillis;
  private final boolean takeover;
  private SortedMap<LeaseKey, Entry> entries = new TreeMap<>();
  private List<Move> moves = List.of();
  private boolean looked;
  private long lookStartedAt;
  private long lookEndedAt;
  private long movedAt;
  private boolean everMoved;

  /**
   * @param rule how long they are watched, and whether those of the first look are taken for dead
   */
  ForeignOwners(EngineSettings.ForeignRule rule) {
    this.watchMillis = rule.watchMillis();
    this.takeover = rule.takeover();
  }

  /**
   * Takes in all rows, as a consistent scan saw them.
   *
   * @param startedAt when the scan began; monotonic
   * @param now when it had ended; monotonic
   */
  void look(Collection<Lease> leases, long startedAt, long now) {
    boolean gap = looked && startedAt - lookEndedAt > 3 * intervalMillis();
    SortedMap<LeaseKey, Entry> next = new TreeMap<>();
    List<Move> seen = new ArrayList<>();
    for (Lease lease : leases) {
      Entry before = entries.get(lease.key());
      if (isForeign(lease)) {
        next.put(lease.key(), entry(lease, before, gap, now));
      }
      String what = movement(before, lease);
      if (what != null) {
        seen.add(new Move(lease.key(), what));
      }
    }
    if (!seen.isEmpty()) {
      movedAt = now;
      everMoved = true;
    }
    moves = seen;
    entries = next;
    looked = true;
    lookStartedAt = startedAt;
    lookEndedAt = now;
  }

  private Entry entry(Lease lease, Entry before, boolean gap, long now) {
    if (before == null) {
      return new Entry(lease, now, takeover && !looked);
    }
    boolean sameOwner = before.lease.owner().equals(lease.owner());
    boolean still = !gap && standsStill(before.lease, lease);
    return new Entry(lease, still ? before.sinceMillis : now, before.givenUp && sameOwner);
  }

  /** Null if another library's worker has done nothing to this row since the last look. */
  private String movement(Entry before, Lease lease) {
    if (!looked) {
      return null;
    }
    if (before == null) {
      return isForeign(lease) ? "taken by " + lease.owner() : null;
    }
    if (lease.ownerSession().isPresent() || standsStill(before.lease, lease)) {
      return null; // taken by one of us, or nothing
    }
    if (lease.owner() == null) {
      return "let go by " + before.lease.owner();
    }
    if (!lease.owner().equals(before.lease.owner())) {
      return "from " + before.lease.owner() + " to " + lease.owner();
    }
    return before.lease.counter() != lease.counter()
        ? "owner "
            + lease.owner()
            + ", counter "
            + before.lease.counter()
            + " -> "
            + lease.counter()
        : "owner "
            + lease.owner()
            + ", checkpoint "
            + before.lease.checkpoint()
            + " -> "
            + lease.checkpoint();
  }

  private static boolean standsStill(Lease before, Lease lease) {
    return before.owner().equals(lease.owner())
        && before.counter() == lease.counter()
        && before.checkpoint().equals(lease.checkpoint());
  }

  private static boolean isForeign(Lease lease) {
    return lease.isForeignOwned() && !lease.isFinished();
  }

  /** What the last look says. */
  Verdict verdict() {
    List<Lease> leases = entries.values().stream().map(Entry::lease).toList();
    if (leases.isEmpty() && moves.isEmpty()) {
      return new Verdict.Nobody();
    }
    if (leases.stream().allMatch(this::isDead) && (moves.isEmpty() || takeover)) {
      return new Verdict.Dead(leases);
    }
    return moves.isEmpty()
        ? new Verdict.Watching(leases, intervalMillis())
        : new Verdict.Alive(List.copyOf(moves));
  }

  /**
   * Whether a lease may be taken from its foreign owner: it is as it was when it was last looked
   * at, and its owner counts as dead.
   */
  boolean isDead(Lease lease) {
    Entry entry = entries.get(lease.key());
    if (entry == null || !entry.lease.owner().equals(lease.owner())) {
      return false;
    }
    return entry.givenUp
        || (standsStill(entry.lease, lease)
            && lookStartedAt - entry.sinceMillis >= watchMillis
            && (!everMoved || lookStartedAt - movedAt >= watchMillis));
  }

  /**
   * Whose a lease is that is left alone, and why it is; the words change only when the reason does.
   */
  String why(Lease lease) {
    return "owned by "
        + lease.owner()
        + ", which is no worker of this library; "
        + (everMoved && lookStartedAt - movedAt < watchMillis
            ? "such workers are at work in this table, and none of their leases is taken while any"
                + " moves: stop them"
            : "it is taken once all leases of such workers have stood still for "
                + watchMillis
                + " ms");
  }

  /** What moved between the last two looks. */
  List<Move> moves() {
    return moves;
  }

  /** When the rows are to be looked at again; monotonic, never if there is nothing to watch. */
  long nextLookAtMillis() {
    return entries.isEmpty() ? Long.MAX_VALUE : lookEndedAt + intervalMillis();
  }

  private long intervalMillis() {
    return Math.max(SHORTEST_INTERVAL_MILLIS, watchMillis / LOOKS);
  }

  /** Whose leases these are, for messages: the owners and how many each has. */
  static String owners(Collection<Lease> leases) {
    SortedMap<String, SortedSet<LeaseKey>> byOwner = new TreeMap<>();
    for (Lease lease : leases) {
      byOwner.computeIfAbsent(lease.owner(), owner -> new TreeSet<>()).add(lease.key());
    }
    return Words.some(
        byOwner.entrySet().stream()
            .map(
                entry -> entry.getKey() + " (" + Words.some(List.copyOf(entry.getValue()), 3) + ")")
            .toList(),
        5);
  }

  /** Leases that say where to begin only by a word whose meaning the other library configures. */
  static List<Lease> unresolved(Collection<Lease> leases, Checkpoint word) {
    return leases.stream()
        .filter(lease -> lease.checkpoint().equals(word) && lease.startAtMillis() == null)
        .toList();
  }
}
