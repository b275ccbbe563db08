package io.millrace.lease.table;

import io.millrace.lease.Lease;
import java.util.List;
import java.util.SortedSet;

/** In what state a table is, from its rows alone. */
public enum TableState {
  /** No leases, and no rows of ours. */
  EMPTY("empty"),
  /** Another library's. */
  FOREIGN("of another library"),
  /** Ours; nobody else owns an unfinished lease. */
  OURS("Millrace"),
  /** Our rows are there, and workers of another library own unfinished leases. */
  MIXED("mixed: Millrace, and workers of another library own leases");

  private final String words;

  TableState(String words) {
    this.words = words;
  }

  /** For people. */
  public String words() {
    return words;
  }

  public static TableState of(TableContents table) {
    if (table.hasRowsOfOurs()) {
      return foreignOwned(table).isEmpty() ? OURS : MIXED;
    }
    return table.scan().leases().isEmpty() && table.scan().unreadable().isEmpty() ? EMPTY : FOREIGN;
  }

  /** The unfinished leases whose owners are no sessions of ours. */
  public static List<Lease> foreignOwned(TableContents table) {
    return table.scan().leases().stream()
        .filter(lease -> !lease.isFinished() && lease.isForeignOwned())
        .toList();
  }

  /**
   * Which version of the Kinesis Client Library has written lease rows here, as far as they tell;
   * versions before the one named may have done so too.
   */
  public static String library(TableContents table) {
    SortedSet<String> attributes = table.leaseAttributes();
    if (!table.otherRows().isEmpty() || attributes.contains("entityType")) {
      return "the Kinesis Client Library 3.5 or later (everything in one table)";
    }
    if (attributes.contains("throughputKBps") || attributes.contains("checkpointOwner")) {
      return "the Kinesis Client Library 3";
    }
    if (attributes.contains("childShardIds") || attributes.contains("startingHashKey")) {
      return "the Kinesis Client Library 1.14 or later, or 2.3 or later";
    }
    return attributes.contains("ownerSwitchesSinceCheckpoint")
        ? "the Kinesis Client Library 1, or 2 before 2.3"
        : "a library that is not recognised";
  }
}
