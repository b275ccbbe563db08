package io.millrace.lease.plan;

import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import java.util.List;
import java.util.Objects;

/**
 * What a plan is made from: the fleet as this worker sees it, at one time.
 *
 * @param me this worker's session
 * @param sessions those that live, in any order, each once; this worker's own among them, unless it
 *     has not joined yet
 * @param leases every readable lease row, finished ones included, in any order, each once
 * @param nowMillis monotonic time
 * @param loads null if this worker does not balance by load
 */
public record FleetView(
    SessionId me,
    List<Session> sessions,
    List<LeaseView> leases,
    long nowMillis,
    PlanSettings settings,
    LoadView loads) {

  /** Of a worker that does not balance by load. */
  public FleetView(
      SessionId me,
      List<Session> sessions,
      List<LeaseView> leases,
      long nowMillis,
      PlanSettings settings) {
    this(me, sessions, leases, nowMillis, settings, null);
  }

  public FleetView {
    Objects.requireNonNull(me);
    Objects.requireNonNull(settings);
    sessions = List.copyOf(sessions);
    leases = List.copyOf(leases);
  }

  /** The same, seen by a worker that balances by load. */
  public FleetView withLoads(LoadView newLoads) {
    return new FleetView(me, sessions, leases, nowMillis, settings, newLoads);
  }
}
