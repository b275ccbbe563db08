package io.millrace.lease.plan;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.SessionId;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What this worker should do about leases.
 *
 * @param actions what to begin now, in this order; no lease is in it twice
 * @param wakeAtMillis monotonic time at which a plan from an otherwise unchanged view would differ;
 *     empty if it never would
 * @param target which session should hold which lease: the same for everybody who sees the same
 *     fleet; a lease that is not ready, or for which there is no room, is not in it
 */
public record LeasePlan(
    List<LeaseAction> actions, OptionalLong wakeAtMillis, SortedMap<LeaseKey, SessionId> target) {

  public LeasePlan {
    actions = List.copyOf(actions);
    Objects.requireNonNull(wakeAtMillis);
    target = Collections.unmodifiableSortedMap(new TreeMap<>(target));
  }
}
