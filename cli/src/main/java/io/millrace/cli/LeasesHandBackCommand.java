package io.millrace.cli;

import io.millrace.lease.Lease;
import io.millrace.lease.SessionId;
import io.millrace.lease.SessionPage;
import io.millrace.lease.dynamodb.TableCare;
import io.millrace.lease.table.HandBack;
import io.millrace.lease.table.HandBack.Decision;
import io.millrace.lease.table.TableContents;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Takes our rows out of a lease table, so that the Kinesis Client Library can go on with it. */
@Command(
    name = "hand-back",
    description = {
      "With all workers stopped: takes the rows out of a lease table that only Millrace knows, so"
          + " that the Kinesis Client Library can go on with it. Leases and checkpoints stay. That"
          + " library must not be started before.",
      "",
      "Exit code 0 if the table can be used by that library now, 1 if it was refused, with the"
          + " reasons, 2 if there is no such table."
    },
    mixinStandardHelpOptions = true)
final class LeasesHandBackCommand implements Callable<Integer> {

  private static final long LOOK_MILLIS = 500;

  @Spec private CommandSpec spec;
  @Mixin LeaseTableOptions at;

  @Option(
      names = "--kcl-timestamp",
      paramLabel = "TIME",
      description =
          "The time that the Kinesis Client Library will be configured with as AT_TIMESTAMP, for"
              + " leases that were never checkpointed: as 2026-11-22T10:00:00Z.")
  Instant timestamp;

  @Option(
      names = "--drop-pendings",
      description =
          "Forget what sinks have under way. It is stored a second time by whoever goes on.")
  boolean dropPendings;

  @Override
  public Integer call() throws InterruptedException {
    return at.work(this::handBack);
  }

  private int handBack(TableCare care, String table) throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    TableContents contents = care.read();
    SortedSet<SessionId> alive = new TreeSet<>();
    long watch = HandBack.watchMillis(contents);
    if (watch > 0) {
      err.println("Watching for " + watch + " ms whether a worker is alive ...");
      err.flush();
      TableContents first = contents;
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(watch);
      while (alive.isEmpty() && System.nanoTime() < end) {
        TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
        contents = care.read();
        alive.addAll(HandBack.alive(first, contents));
      }
    }
    Decision decision =
        HandBack.decide(
            contents,
            alive,
            LeaseTableOptions::isOfSink,
            new HandBack.Wish(
                timestamp == null
                    ? OptionalLong.empty()
                    : OptionalLong.of(timestamp.toEpochMilli()),
                dropPendings));
    int code;
    if (decision instanceof Decision.Go go) {
      code = carryOut(care, table, contents, go);
    } else if (decision instanceof Decision.Refused refused) {
      err.println("Table " + table + " is not handed back; nothing was changed:");
      refused.reasons().forEach(reason -> err.println("- " + reason + "."));
      code = 1;
    } else {
      out.println("Nothing to do: table " + table + " has no rows of Millrace.");
      code = 0;
    }
    out.flush();
    err.flush();
    return code;
  }

  // Leases first: should this be interrupted, the rest is still a table of ours, and can be handed
  // back by the same command. Then the pages, page 0 last of them, each on condition that nobody
  // has joined since it was read; then $application, after which a worker would take the table for
  // another library's.
  private int carryOut(TableCare care, String table, TableContents contents, Decision.Go go) {
    List<String> changed = new ArrayList<>();
    for (Lease lease : go.pendings()) {
      if (!care.dropPending(lease)) {
        changed.add(lease.key().value());
      }
    }
    for (Lease lease : go.releases()) {
      if (!care.release(lease)) {
        changed.add(lease.key().value());
      }
    }
    List<SessionPage> pages =
        contents.pages().stream()
            .sorted(Comparator.comparingInt(SessionPage::number).reversed())
            .toList();
    for (SessionPage page : pages) {
      if (changed.isEmpty() && !care.delete(page)) {
        changed.add("$sessions/" + page.number());
      }
    }
    if (changed.isEmpty()) {
      care.deleteApplication();
      TableContents after = care.read();
      after.pages().forEach(page -> changed.add("$sessions/" + page.number()));
      after.application().ifPresent(application -> changed.add("$application"));
    }
    if (!changed.isEmpty()) {
      PrintWriter err = spec.commandLine().getErr();
      err.println(
          "A worker has written to table "
              + table
              + " meanwhile: "
              + String.join(", ", changed)
              + ". Stop it, and hand the table back again; do not start the other library before.");
      return 1;
    }
    spec.commandLine()
        .getOut()
        .println(
            "Table "
                + table
                + " is handed back: "
                + contents.scan().leases().size()
                + " leases stay, "
                + go.releases().size()
                + " of them released; "
                + (contents.pages().size() + (contents.application().isPresent() ? 1 : 0))
                + " rows of Millrace removed.");
    return 0;
  }
}
