package io.millrace.kcl.engine;

import io.millrace.lease.Lease;
import io.millrace.lease.LeaseScan;
import java.util.HashSet;
import java.util.Set;

/** Says of each row that this worker leaves alone why it does, once. Lives on the loop. */
final class RowReports {

  /** Whoever has so many wrong rows knows by then. */
  private static final int MAX_REPORTED = 1_000;

  private final EngineEvents events;
  private final String table;
  private final Set<String> reported = new HashSet<>();

  RowReports(EngineEvents events, String table) {
    this.events = events;
    this.table = table;
  }

  void report(LeaseScan scan, ForeignOwners foreign) {
    for (LeaseScan.UnreadableRow row : scan.unreadable()) {
      if (isNew(row.key() + " " + row.problem())) {
        events.notice(
            "ERROR",
            "Row "
                + row.key()
                + " of table "
                + table
                + " cannot be read and is left alone, so its shard is not processed: "
                + row.problem());
      }
    }
    for (Lease lease : scan.leases()) {
      if (lease.isForeignOwned()
          && !lease.isFinished()
          && !foreign.isDead(lease)
          && isNew(lease.key() + " " + lease.owner())) {
        events.notice(
            "ERROR",
            "Lease "
                + lease.key()
                + " of table "
                + table
                + " is owned by "
                + lease.owner()
                + ", a worker of another library. It is left alone, so its shard is not processed here,"
                + " until all such leases have stood still for a while:"
                + " two libraries must not share a table. Stop one of them");
      }
    }
    for (ForeignOwners.Move move : foreign.moves()) {
      if (isNew("moves " + move.key())) {
        events.notice(
            "ERROR",
            "A worker of another library is at work in table "
                + table
                + ": "
                + move
                + ". No lease of such workers is taken as long as any of them moves. Two libraries must"
                + " not share a table: stop one of them");
      }
    }
  }

  private boolean isNew(String what) {
    return reported.size() < MAX_REPORTED && reported.add(what);
  }
}
