package io.millrace.samples.referrers;

import io.millrace.lease.Lease;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Looks at the leases again and again, and notices what must never happen: a checkpoint or a
 * fencing token that goes back. Not safe for use by several threads.
 */
final class LeaseWatch {

  private final Map<String, Lease> leases = new HashMap<>();
  private final Set<String> wentBack = new HashSet<>();

  /** Takes note of what the table says now. A row that is gone is remembered as it was. */
  void see(List<Lease> rows) {
    for (Lease row : rows) {
      String shard = row.key().value();
      Lease before = leases.put(shard, row);
      if (before != null
          && (row.counter() < before.counter()
              || row.checkpoint().compareTo(before.checkpoint()) < 0)) {
        wentBack.add(shard);
      }
    }
  }

  Optional<Lease> lease(String shard) {
    return Optional.ofNullable(leases.get(shard));
  }

  boolean wentBack(String shard) {
    return wentBack.contains(shard);
  }
}
