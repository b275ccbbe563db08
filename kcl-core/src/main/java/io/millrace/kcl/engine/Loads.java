package io.millrace.kcl.engine;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import io.millrace.lease.SessionLoad;
import io.millrace.lease.plan.LoadView;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the leases of this worker bring it, measured for those who balance by load. Lives on the
 * loop.
 *
 * <p>A new session says nothing of its load for a minute. Until then it counts as one that takes
 * its share by number, and gets it at once; what it is worth is known afterwards.
 */
final class Loads {

  /** A session says its load when it has measured for so long. */
  static final long WARM_UP_MILLIS = 60_000;

  private static final long SAY_MILLIS = 1_000;

  private final SessionLoad.Unit unit;
  private final EnginePorts ports;
  private final Membership membership;
  private final LeaseBook book;
  private final Holdings holdings = new Holdings();
  private final SortedMap<LeaseKey, RateAverage> rates = new TreeMap<>();
  private long joinedAtMillis;
  private long sayAtMillis = Long.MIN_VALUE;

  /**
   * @param unit what is balanced by; null if leases are shared by number, and nothing is measured
   * @param ports those of the outside: events are passed on to them
   */
  Loads(SessionLoad.Unit unit, EnginePorts ports, Membership membership, LeaseBook book) {
    this.unit = unit;
    this.ports = ports;
    this.membership = membership;
    this.book = book;
  }

  boolean areBalanced() {
    return unit != null;
  }

  /** The ports that consumers use, so that what they deliver is measured. */
  EnginePorts measured() {
    return areBalanced()
        ? ports.withEvents(new MeasuringEvents(ports.events(), this::delivered))
        : ports;
  }

  private void delivered(LeaseKey shard, int records, long bytes) {
    long amount =
        switch (unit) {
          case RECORDS -> records;
          case BYTES -> bytes;
        };
    // one that was let go meanwhile is not measured any more
    rates.computeIfPresent(shard, (key, rate) -> rate.plus(amount, now()));
  }

  void held(LeaseKey shard) {
    if (areBalanced()) {
      rates.put(shard, RateAverage.startingAt(now()));
    }
  }

  void letGo(LeaseKey shard) {
    rates.remove(shard);
  }

  void joined() {
    joinedAtMillis = now();
  }

  /** Now and then tells membership what to say of this worker's load. */
  void sayIfDue(long now) {
    if (!areBalanced() || now < sayAtMillis || membership.me().isEmpty()) {
      return;
    }
    sayAtMillis = now + SAY_MILLIS;
    double sum = 0;
    for (RateAverage rate : rates.values()) {
      sum += rate.perSecond(now);
    }
    SessionLoad mine = new SessionLoad(unit, Math.round(sum));
    if (now - joinedAtMillis >= WARM_UP_MILLIS) {
      membership.sayLoad(mine);
    }
    ports.events().loadMeasured(mine, fairPerSecond(mine));
  }

  private long fairPerSecond(SessionLoad mine) {
    SessionId me = membership.me().orElseThrow();
    double load = 0;
    double weight = 0;
    double myWeight = 0;
    for (Session session : membership.sessions()) {
      boolean isMe = session.id().equals(me);
      SessionLoad its = isMe ? mine : session.load();
      if (its != null && its.unit() == unit) {
        load += its.perSecond();
        weight += session.weight();
        myWeight = isMe ? session.weight() : myWeight;
      }
    }
    return Math.round(load / weight * myWeight);
  }

  /** For the planner. To be asked at every plan: it is also how changes are noticed. */
  LoadView view(long now) {
    holdings.look(membership.sessions(), book.leases(), now);
    SortedMap<LeaseKey, Long> mine = new TreeMap<>();
    rates.forEach((shard, rate) -> mine.put(shard, Math.round(rate.perSecond(now))));
    SortedMap<SessionId, Long> still = new TreeMap<>();
    for (Session session : membership.sessions()) {
      SessionId id = session.id();
      long saidAt = membership.isMe(id) ? now : membership.readAtMillis(id);
      still.put(id, Math.max(0, saidAt - holdings.sinceMillis(id, now)));
    }
    return new LoadView(unit, mine, still);
  }

  private long now() {
    return ports.clock().monotonicMillis();
  }
}
