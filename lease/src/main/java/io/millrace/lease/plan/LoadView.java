package io.millrace.lease.plan;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.SessionId;
import io.millrace.lease.SessionLoad;
import java.util.Collections;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What this worker knows of loads, beside what the sessions say of theirs.
 *
 * @param unit what this worker balances by; sessions that say nothing, or count something else,
 *     take their share by number
 * @param leases how much a second each lease brings that this worker holds; one that is not in it
 *     is not known yet, and stays
 * @param stillMillis for how long each session had held what it holds when it last said its load; a
 *     session that is not in it has changed just now
 */
public record LoadView(
    SessionLoad.Unit unit,
    SortedMap<LeaseKey, Long> leases,
    SortedMap<SessionId, Long> stillMillis) {

  public LoadView {
    Objects.requireNonNull(unit);
    leases = Collections.unmodifiableSortedMap(new TreeMap<>(leases));
    stillMillis = Collections.unmodifiableSortedMap(new TreeMap<>(stillMillis));
  }

  /** Whether a session says a load that this worker can compare with its own. */
  boolean isComparable(SessionLoad load) {
    return load != null && load.unit() == unit;
  }
}
