package io.millrace.cli;

import io.millrace.checkpoint.Checkpoint.Position;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseScan;
import io.millrace.lease.SessionId;
import io.millrace.lease.SessionPage;
import io.millrace.lease.table.TableContents;
import io.millrace.lease.table.TableState;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Says in what state a lease table is. */
@Command(
    name = "check",
    description = {
      "Says in what state a lease table is: whose it is, who owns leases, which are unfinished and"
          + " where they stand, and what a worker of Millrace would do that starts on it. One look;"
          + " changes nothing.",
      "",
      "Exit code 0 if a worker would start on it, 1 if it would not or if rows cannot be read, 2 if"
          + " there is no such table."
    },
    mixinStandardHelpOptions = true)
final class LeasesCheckCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;
  @Mixin LeaseTableOptions at;

  @Override
  public Integer call() throws InterruptedException {
    return at.work(
        (care, table) -> {
          PrintWriter out = spec.commandLine().getOut();
          int code = print(care.read(), table, out);
          out.flush();
          return code;
        });
  }

  private static int print(TableContents contents, String table, PrintWriter out) {
    TableState state = TableState.of(contents);
    out.println("table     " + table + ": " + state.words());
    if (!contents.scan().leases().isEmpty()) {
      out.println("layout    of " + TableState.library(contents));
    }
    contents
        .application()
        .ifPresent(
            application ->
                out.println(
                    "stream    "
                        + application.streamArn()
                        + (application.startAtMillis() == null
                            ? ""
                            : ", LATEST and AT_TIMESTAMP mean "
                                + Instant.ofEpochMilli(application.startAtMillis()))));
    contents
        .otherRows()
        .forEach((type, count) -> out.println("other     " + count + " rows of kind " + type));
    SortedSet<SessionId> sessions = new TreeSet<>();
    for (SessionPage page : contents.pages()) {
      sessions.addAll(page.sessions().keySet());
    }
    sessions.forEach(id -> out.println("session   " + id.value()));
    printOwners(contents, sessions, out);
    printLeases(contents, out);
    for (LeaseScan.UnreadableRow row : contents.scan().unreadable()) {
      out.println("PROBLEM   row " + row.key() + " cannot be read: " + row.problem());
    }
    List<String> obstacles = new ArrayList<>();
    String start = start(contents, state, obstacles);
    if (obstacles.isEmpty()) {
      out.println("start     " + start);
    } else {
      obstacles.forEach(obstacle -> out.println("PROBLEM   " + obstacle));
    }
    return obstacles.isEmpty() && contents.scan().unreadable().isEmpty() ? 0 : 1;
  }

  private static void printOwners(
      TableContents contents, SortedSet<SessionId> sessions, PrintWriter out) {
    SortedMap<String, Integer> owners = new TreeMap<>();
    for (Lease lease : contents.scan().leases()) {
      if (!lease.isFinished() && lease.owner() != null) {
        owners.merge(lease.owner(), 1, Integer::sum);
      }
    }
    owners.forEach(
        (owner, leases) ->
            out.println(
                "owner     "
                    + owner
                    + ": "
                    + leases
                    + " unfinished, "
                    + SessionId.parse(owner)
                        .map(id -> sessions.contains(id) ? "a session" : "a session that is over")
                        .orElse("a worker of another library")));
  }

  private static void printLeases(TableContents contents, PrintWriter out) {
    int finished = 0;
    for (Lease lease : contents.scan().leases()) {
      if (lease.isFinished()) {
        finished++;
        continue;
      }
      out.println(
          "lease     "
              + lease.key()
              + " at "
              + lease.checkpoint()
              + (lease.checkpoint().position() == Position.AT_TIMESTAMP
                      && lease.startAtMillis() != null
                  ? " " + Instant.ofEpochMilli(lease.startAtMillis())
                  : "")
              + (lease.pending() == null
                  ? ""
                  : ", pending "
                      + lease.pending().checkpoint()
                      + (LeaseTableOptions.isOfSink(lease.pending())
                          ? " of a sink"
                          : " of a processor")));
    }
    out.println("finished  " + finished + " leases");
  }

  /**
   * What a worker would do.
   *
   * @param obstacles gets why it would not start
   */
  private static String start(TableContents contents, TableState state, List<String> obstacles) {
    List<Lease> several =
        contents.scan().leases().stream().filter(l -> l.key().isMultiStream()).toList();
    if (!several.isEmpty()) {
      obstacles.add(
          several.size()
              + " leases are of an application that reads several streams, for example "
              + several.get(0).key()
              + ": a worker would not start on this table");
      return "";
    }
    return switch (state) {
      case EMPTY -> "a worker would create the first leases";
      case OURS ->
          "a worker would join the application, or go on from these checkpoints if nobody runs";
      case MIXED -> {
        obstacles.add(
            "two libraries use this table: a worker would leave the "
                + TableState.foreignOwned(contents).size()
                + " leases of the other one alone until they have stood still. Stop one of them");
        yield "";
      }
      case FOREIGN -> foreign(contents);
    };
  }

  private static String foreign(TableContents contents) {
    List<String> words = new ArrayList<>();
    for (Position word : List.of(Position.LATEST, Position.AT_TIMESTAMP)) {
      long leases =
          contents.scan().leases().stream()
              .filter(l -> l.checkpoint().position() == word && l.startAtMillis() == null)
              .count();
      if (leases > 0) {
        words.add(
            "; "
                + leases
                + " leases begin at "
                + word
                + ", so it must be configured for "
                + (word == Position.LATEST ? "LATEST or AT_TIMESTAMP" : "AT_TIMESTAMP"));
      }
    }
    int owned = TableState.foreignOwned(contents).size();
    return (owned == 0
            ? "a worker would go on from these checkpoints"
            : "a worker would watch the "
                + owned
                + " owned leases for withForeignOwnerWatchMillis (60 s), then go on from these"
                + " checkpoints, or stop if one of them has moved")
        + String.join("", words);
  }
}
