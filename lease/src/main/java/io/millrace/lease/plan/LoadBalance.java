package io.millrace.lease.plan;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.SessionId;
import io.millrace.lease.SessionLoad;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

// Moving leases by load, without anybody to coordinate it. An owner knows what each of its own
// leases brings, and of everybody else only the sum. Four rules keep such a fleet from passing
// leases around for ever:
//
// - The most loaded is paired with the least loaded, the second with the second, and so on: every
//   observer finds the same pairs, so two givers do not pour into one taker.
// - Below a gap of 30 % of the mean nothing moves: rates wobble by less than that.
// - Neither side may have changed for 30 s, counted to the moment at which it said its load: what
//   the last move did must show in the numbers before the next one is decided.
// - What moves is 0.1 to 0.6 of the gap. Half would close it; with 0.6 at most, the gap is a fifth
//   of what it was, the other way round, and nothing fits back into it. With a tenth at least,
//   every move is worth its interruption, and their number is bounded. So the sum of the squares of
//   the loads falls with every move, and while loads stay as they are, no state comes back.
//
// All loads are taken relative to the sessions' weights.

/** Decides which lease a session gives to another to even out their loads. Pure. */
final class LoadBalance {

  /** Of the mean, in percent: a smaller gap is left alone. */
  static final long GAP_PERCENT = 30;

  /** A moved lease closes at least this much of the gap, in percent of the gap. */
  static final long MIN_MOVE_PERCENT = 10;

  static final long MAX_MOVE_PERCENT = 60;

  /** For so long neither side has changed. */
  static final long STILL_MILLIS = 30_000;

  /** For so long a lease was held, and measured. */
  static final long MIN_HOLD_MILLIS = 60_000;

  /**
   * One session, as everybody sees it.
   *
   * @param still whether it has held what it holds for long enough when it said its load
   * @param mayGive whether it keeps its share by number if it gives one lease away
   * @param mayTake whether it has room for one more
   */
  record Party(
      SessionId id, long load, int weight, boolean still, boolean mayGive, boolean mayTake) {

    /** Per unit of weight. */
    double relative() {
      return (double) load / weight;
    }
  }

  private LoadBalance() {}

  /** A smaller gap is not worth a move, however small the mean is; in units a second. */
  static long minGap(SessionLoad.Unit unit) {
    return switch (unit) {
      case RECORDS -> 10;
      case BYTES -> 10 * 1024;
    };
  }

  /** The mean per unit of weight. */
  static double mean(List<Party> parties) {
    double load = 0;
    double weight = 0;
    for (Party party : parties) {
      load += party.load;
      weight += party.weight;
    }
    return weight == 0 ? 0 : load / weight;
  }

  /** To whom a session should give a lease now; empty if to nobody. */
  static Optional<Party> taker(List<Party> parties, Party giver, SessionLoad.Unit unit) {
    double mean = mean(parties);
    List<Party> givers = new ArrayList<>();
    List<Party> takers = new ArrayList<>();
    for (Party party : parties) {
      if (party.mayGive && party.relative() > mean) {
        givers.add(party);
      } else if (party.mayTake && party.relative() < mean) {
        takers.add(party);
      }
    }
    givers.sort(Comparator.comparingDouble(Party::relative).reversed().thenComparing(Party::id));
    takers.sort(Comparator.comparingDouble(Party::relative).thenComparing(Party::id));
    int rank = givers.indexOf(giver);
    if (rank < 0 || rank >= takers.size()) {
      return Optional.empty();
    }
    Party taker = takers.get(rank);
    double gap = giver.relative() - taker.relative();
    boolean large = gap * 100 > mean * GAP_PERCENT && 2 * toMove(giver, taker) >= minGap(unit);
    return large && giver.still && taker.still ? Optional.of(taker) : Optional.empty();
  }

  /** How much would have to move to make both equal, relative to their weights. */
  private static double toMove(Party giver, Party taker) {
    return ((double) giver.load * taker.weight - (double) taker.load * giver.weight)
        / (giver.weight + taker.weight);
  }

  /**
   * The lease to give: the one nearest to what would make both equal, among those that are neither
   * too small nor too large.
   *
   * @param candidates those that may be given, and what each brings
   */
  static Optional<LeaseKey> lease(Party giver, Party taker, SortedMap<LeaseKey, Long> candidates) {
    double half = toMove(giver, taker);
    double least = half * 2 * MIN_MOVE_PERCENT / 100;
    double most = half * 2 * MAX_MOVE_PERCENT / 100;
    return candidates.entrySet().stream()
        .filter(each -> each.getValue() >= least && each.getValue() <= most)
        .min(
            Comparator.comparingDouble(
                    (SortedMap.Entry<LeaseKey, Long> each) -> Math.abs(each.getValue() - half))
                .thenComparing(SortedMap.Entry::getKey))
        .map(SortedMap.Entry::getKey);
  }
}
