package io.millrace.kcl.engine;

import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Since when each session has held what it holds now, as far as this worker has seen. A lease that
 * was announced to it counts as held. Lives on the loop.
 */
final class Holdings {

  private record Held(SortedSet<LeaseKey> leases, long sinceMillis) {}

  private SortedMap<SessionId, Held> held = new TreeMap<>();

  void look(List<Session> sessions, Collection<Lease> leases, long now) {
    SortedMap<String, SortedSet<LeaseKey>> found = new TreeMap<>();
    for (Lease lease : leases) {
      if (!lease.isFinished()) {
        if (lease.owner() != null) {
          found.computeIfAbsent(lease.owner(), id -> new TreeSet<>()).add(lease.key());
        }
        if (lease.heir() != null) {
          found.computeIfAbsent(lease.heir().value(), id -> new TreeSet<>()).add(lease.key());
        }
      }
    }
    SortedMap<SessionId, Held> next = new TreeMap<>();
    for (Session session : sessions) {
      SortedSet<LeaseKey> leasesNow = found.getOrDefault(session.id().value(), new TreeSet<>());
      Held before = held.get(session.id());
      next.put(
          session.id(),
          before != null && before.leases.equals(leasesNow) ? before : new Held(leasesNow, now));
    }
    held = next;
  }

  /** Monotonic; {@code now} if the session was not seen. */
  long sinceMillis(SessionId session, long now) {
    Held known = held.get(session);
    return known == null ? now : known.sinceMillis;
  }
}
