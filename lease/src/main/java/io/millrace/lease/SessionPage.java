package io.millrace.lease;

import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One row {@code $sessions/N}: the sessions of up to {@value #MAX_SESSIONS} workers.
 *
 * @param number which page
 * @param version rises with every write to the row; a reader ignores a snapshot older than one it
 *     has seen
 * @param joins how many sessions ever joined this page
 * @param sessions the live entries by id
 * @param pageCount how many pages there are; only page 0 says so, 0 on others
 * @param generation rises after every change of the leases or of the set of sessions; only page 0,
 *     0 on others
 */
public record SessionPage(
    int number,
    long version,
    long joins,
    SortedMap<SessionId, Session> sessions,
    int pageCount,
    long generation) {

  /** So that a page stays below 1,000 bytes and a heartbeat costs one write unit. */
  public static final int MAX_SESSIONS = 8;

  public SessionPage {
    sessions = Collections.unmodifiableSortedMap(new TreeMap<>(sessions));
  }

  public Optional<Session> session(SessionId id) {
    return Optional.ofNullable(sessions.get(id));
  }

  public boolean hasRoom() {
    return sessions.size() < MAX_SESSIONS;
  }
}
