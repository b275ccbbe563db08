package io.millrace.kcl.engine;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.engine.EngineSettings.InitialPosition;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseScan;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

// A table that another library's workers have filled is taken as it is. Its leases say where to go
// on. What they do not say is what LATEST and AT_TIMESTAMP mean on a row that was never
// checkpointed: the other library asks its configuration. So ours must say the same, and a table
// whose rows would get a meaning they did not have is refused.
//
// AT_TIMESTAMP is taken for rows that say LATEST: whoever knows when the other library was stopped
// can so have everything that arrived since, where the other library would begin at the latest once
// more. The other way round would skip records.
//
// Leases that we create later follow one of those that were there, or fill a hole that the other
// library left between a parent's end and its children. Either way everything in their shards comes
// after what was processed, so they begin at the horizon, whatever the configuration says.

/** What is said and decided when the first of our workers finds another library's leases. Pure. */
final class Adoption {

  private Adoption() {}

  /** Why such a table cannot be taken over with this configuration; empty if it can. */
  static Optional<String> refusal(LeaseScan scan, InitialPosition configured, String table) {
    List<Lease> several = scan.leases().stream().filter(l -> l.key().isMultiStream()).toList();
    if (!several.isEmpty()) {
      return Optional.of(
          "Table "
              + table
              + " has leases of an application that reads several streams ("
              + keys(several)
              + "): a worker reads one stream and cannot serve them. Nothing was written. Use another"
              + " application name (or table name)");
    }
    List<Lease> unfinished = scan.leases().stream().filter(l -> !l.isFinished()).toList();
    List<Lease> atTimestamp = ForeignOwners.unresolved(unfinished, Checkpoint.AT_TIMESTAMP);
    if (!atTimestamp.isEmpty() && configured != InitialPosition.AT_TIMESTAMP) {
      return Optional.of(
          "Table "
              + table
              + " has leases that were never checkpointed and begin at AT_TIMESTAMP ("
              + keys(atTimestamp)
              + "). The time is not in the table but in the configuration of the library that wrote"
              + " them, and this worker is configured for "
              + configured
              + ". Nothing was written. Give it that time, with"
              + " withTimestampAtInitialPositionInStream");
    }
    List<Lease> latest = ForeignOwners.unresolved(unfinished, Checkpoint.LATEST);
    if (!latest.isEmpty() && configured == InitialPosition.TRIM_HORIZON) {
      return Optional.of(
          "Table "
              + table
              + " has leases that were never checkpointed and begin at LATEST ("
              + keys(latest)
              + "), and this worker is configured for TRIM_HORIZON, which they never were. Nothing was"
              + " written. Configure LATEST to begin them now, or, with"
              + " withTimestampAtInitialPositionInStream, the time at which the other library was"
              + " stopped, to begin them there");
    }
    return Optional.empty();
  }

  static String stillUsed(List<ForeignOwners.Move> moves, String table) {
    return "Table "
        + table
        + " is still used by workers of another library: while it was watched, "
        + moves.size()
        + (moves.size() == 1 ? " lease has" : " leases have")
        + " moved: "
        + Words.some(moves, 5)
        + ". Nothing was written. Stop those workers and start again; or use another application name"
        + " (or table name); or, if they are cut off and cannot be stopped, start with takeover:"
        + " --takeover on the command line, Worker.builder().takeover(true) in a program";
  }

  static String watching(Collection<Lease> owned, String table, long watchMillis) {
    return "Table "
        + table
        + " has "
        + owned.size()
        + (owned.size() == 1 ? " unfinished lease" : " unfinished leases")
        + " that workers of another library own: "
        + ForeignOwners.owners(owned)
        + ". They are watched for "
        + watchMillis
        + " ms; if nothing moves they are taken over, else this worker stops. Takeover (--takeover,"
        + " Worker.builder().takeover(true)) does not wait";
  }

  static String taken(List<Lease> all, List<Lease> owned, String table) {
    return "Table "
        + table
        + " comes from another library; its "
        + all.size()
        + (all.size() == 1 ? " lease goes" : " leases go")
        + " on from their checkpoints"
        + (owned.isEmpty() ? "" : ". These owners count as dead: " + ForeignOwners.owners(owned));
  }

  private static String keys(List<Lease> leases) {
    return Words.some(leases.stream().map(Lease::key).toList(), 5);
  }
}
