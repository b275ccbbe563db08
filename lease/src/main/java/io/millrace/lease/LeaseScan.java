package io.millrace.lease;

import java.util.ArrayList;
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
   * The same as a worker sees it that reads one stream: rows of an application that reads several
   * count as rows that cannot be read, for their keys are no shard ids.
   */
  public LeaseScan ofOneStream() {
    if (leases.stream().noneMatch(lease -> lease.key().isMultiStream())) {
      return this;
    }
    List<UnreadableRow> strange = new ArrayList<>(unreadable);
    List<Lease> readable = new ArrayList<>();
    for (Lease lease : leases) {
      if (lease.key().isMultiStream()) {
        strange.add(
            new UnreadableRow(
                lease.key().value(),
                "its key account:stream:creationEpoch:shardId is that of an application that reads"
                    + " several streams, which a worker of one stream does not serve"));
      } else {
        readable.add(lease);
      }
    }
    return new LeaseScan(readable, strange);
  }

  /**
   * A row that is not understood.
   *
   * @param key its {@code leaseKey}
   * @param problem which attribute, what it holds, what was expected
   */
  public record UnreadableRow(String key, String problem) {}
}
