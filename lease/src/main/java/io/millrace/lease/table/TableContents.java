package io.millrace.lease.table;

import io.millrace.lease.Application;
import io.millrace.lease.LeaseScan;
import io.millrace.lease.SessionPage;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Every row of a table, as one consistent scan saw them.
 *
 * @param scan the leases
 * @param application our row that says which stream this is; empty without one
 * @param pages our rows of sessions, by number
 * @param otherRows how many rows of each other kind there are, by their {@code entityType}
 * @param leaseAttributes the attributes that occur in lease rows: what wrote them shows in these
 */
public record TableContents(
    LeaseScan scan,
    Optional<Application> application,
    List<SessionPage> pages,
    SortedMap<String, Integer> otherRows,
    SortedSet<String> leaseAttributes) {

  public TableContents {
    Objects.requireNonNull(scan);
    Objects.requireNonNull(application);
    pages = List.copyOf(pages);
    otherRows = Collections.unmodifiableSortedMap(new TreeMap<>(otherRows));
    leaseAttributes = Collections.unmodifiableSortedSet(new TreeSet<>(leaseAttributes));
  }

  /** Whether any row is there that only we write. */
  public boolean hasRowsOfOurs() {
    return application.isPresent() || !pages.isEmpty();
  }
}
