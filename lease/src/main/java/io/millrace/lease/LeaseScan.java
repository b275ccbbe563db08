package io.millrace.lease;

import java.util.List;

/**
 * All lease rows, as one consistent scan saw them. A scan is not a snapshot: rows read late may be
 * newer.
 *
 * @param leases the readable ones, by key
 * @param unreadable rows with a missing or wrong-typed attribute; nobody touches them, and whoever
 *     sees them says so
 */
public record LeaseScan(List<Lease> leases, List<UnreadableRow> unreadable) {

  public LeaseScan {
    leases = List.copyOf(leases);
    unreadable = List.copyOf(unreadable);
  }

  /**
   * A row that is not understood.
   *
   * @param key its {@code leaseKey}
   * @param problem which attribute, what it holds, what was expected
   */
  public record UnreadableRow(String key, String problem) {}
}
