package io.millrace.lease.table;

import io.millrace.checkpoint.Checkpoint.Position;
import io.millrace.lease.Lease;
import io.millrace.lease.PendingCheckpoint;
import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import io.millrace.lease.SessionPage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

// What the other library cannot know must not be left to it:
// - an unfinished lease at AT_TIMESTAMP has its time in an attribute that only we read; the other
//   library takes the time of its own configuration. So somebody has to say that this will be the
//   same one, and there can be only one;
// - a pending checkpoint of a sink is a range of which part may be stored already under names that
//   only the sink knows. The other library would begin that range anew, under other names. A
//   pending checkpoint of the user's own processor is different: the other library hands it to the
//   same kind of processor;
// - whatever belongs to a fleet that is not stopped is not ours to take away.

/**
 * Whether a table may be given back to the library that it came from, and what that takes. Pure.
 */
public final class HandBack {

  private static final int SHOWN = 10;

  private HandBack() {}

  /**
   * What somebody has said who wants it.
   *
   * @param timestampMillis the time that the other library will be configured with, for leases at
   *     {@code AT_TIMESTAMP}, in epoch milliseconds
   * @param dropPendings whether pending checkpoints of sinks are removed, so that their ranges are
   *     stored twice
   */
  public record Wish(OptionalLong timestampMillis, boolean dropPendings) {}

  /** What to do. */
  public sealed interface Decision {
    /** No row of ours is there, nor a lease that a session of ours owns. */
    record Nothing() implements Decision {}

    /** Why not; every reason in a sentence. */
    record Refused(List<String> reasons) implements Decision {
      public Refused {
        reasons = List.copyOf(reasons);
      }
    }

    /**
     * Do it.
     *
     * @param releases leases that sessions of ours still own, or have announced
     * @param pendings leases whose pending checkpoint is removed
     */
    record Go(List<Lease> releases, List<Lease> pendings) implements Decision {
      public Go {
        releases = List.copyOf(releases);
        pendings = List.copyOf(pendings);
      }
    }
  }

  /** How long all sessions must be watched before those that do not beat count as dead, in ms. */
  public static long watchMillis(TableContents table) {
    return sessions(table).values().stream().mapToLong(Session::failoverMillis).max().orElse(0);
  }

  /** Sessions that have beaten, or come, between two looks. */
  public static SortedSet<SessionId> alive(TableContents before, TableContents after) {
    Map<SessionId, Session> seen = sessions(before);
    SortedSet<SessionId> alive = new TreeSet<>();
    sessions(after)
        .forEach(
            (id, session) -> {
              Session known = seen.get(id);
              if (known == null || known.beat() != session.beat()) {
                alive.add(id);
              }
            });
    return alive;
  }

  private static SortedMap<SessionId, Session> sessions(TableContents table) {
    SortedMap<SessionId, Session> all = new TreeMap<>();
    for (SessionPage page : table.pages()) {
      all.putAll(page.sessions());
    }
    return all;
  }

  /**
   * @param alive sessions that are
   * @param isOfSink whether a pending checkpoint's state was made by a sink of ours
   */
  public static Decision decide(
      TableContents table, SortedSet<SessionId> alive, Predicate<byte[]> isOfSink, Wish wish) {
    List<Lease> unfinished =
        table.scan().leases().stream().filter(lease -> !lease.isFinished()).toList();
    List<Lease> releases =
        table.scan().leases().stream()
            .filter(lease -> lease.ownerSession().isPresent() || lease.heir() != null)
            .toList();
    List<Lease> pendings =
        unfinished.stream().filter(lease -> isPendingOfSink(lease.pending(), isOfSink)).toList();
    List<String> reasons = new ArrayList<>();
    if (!alive.isEmpty()) {
      reasons.add(
          "These workers are alive: "
              + some(alive.stream().map(SessionId::value).toList())
              + ". Stop the fleet first");
    }
    if (!table.scan().unreadable().isEmpty()) {
      reasons.add(
          "These rows cannot be read, and nobody knows what the other library would make of them: "
              + some(
                  table.scan().unreadable().stream()
                      .map(row -> row.key() + " (" + row.problem() + ")")
                      .toList()));
    }
    timestamps(unfinished, wish, reasons);
    if (!pendings.isEmpty() && !wish.dropPendings()) {
      reasons.add(
          "Sinks have ranges under way in these leases: "
              + keys(pendings)
              + ". Part of each may be stored already, and the other library would store it again."
              + " Start the application once more and stop it, which finishes them; or say"
              + " --drop-pendings and have them stored twice");
    }
    if (!reasons.isEmpty()) {
      return new Decision.Refused(reasons);
    }
    return table.hasRowsOfOurs() || !releases.isEmpty()
        ? new Decision.Go(releases, pendings)
        : new Decision.Nothing();
  }

  private static void timestamps(List<Lease> unfinished, Wish wish, List<String> reasons) {
    SortedMap<Long, List<Lease>> byTime =
        unfinished.stream()
            .filter(lease -> lease.checkpoint().position() == Position.AT_TIMESTAMP)
            .filter(lease -> lease.startAtMillis() != null)
            .collect(
                Collectors.groupingBy(Lease::startAtMillis, TreeMap::new, Collectors.toList()));
    if (byTime.isEmpty()) {
      return;
    }
    String which =
        some(
            byTime.entrySet().stream()
                .map(entry -> keys(entry.getValue()) + " at " + time(entry.getKey()))
                .toList());
    if (byTime.size() > 1) {
      reasons.add(
          "These leases were never checkpointed and begin at different times: "
              + which
              + ". The other library knows one time only, that of its configuration. Let them be"
              + " checkpointed first");
      return;
    }
    long time = byTime.firstKey();
    if (wish.timestampMillis().isEmpty()) {
      reasons.add(
          "These leases were never checkpointed and begin at a time that the other library does not"
              + " read from the table: "
              + which
              + ". Configure AT_TIMESTAMP with exactly that time there, and say so here:"
              + " --kcl-timestamp="
              + time(time));
    } else if (wish.timestampMillis().getAsLong() != time) {
      reasons.add(
          "The time that the other library will be given, "
              + time(wish.timestampMillis().getAsLong())
              + ", is not the one at which these leases begin: "
              + which);
    }
  }

  private static boolean isPendingOfSink(PendingCheckpoint pending, Predicate<byte[]> isOfSink) {
    return pending != null && pending.state() != null && isOfSink.test(pending.state());
  }

  private static String time(long millis) {
    return Instant.ofEpochMilli(millis).toString();
  }

  private static String keys(List<Lease> leases) {
    return some(leases.stream().map(lease -> lease.key().value()).toList());
  }

  private static String some(List<String> all) {
    return String.join(", ", all.subList(0, Math.min(SHOWN, all.size())))
        + (all.size() > SHOWN ? " and " + (all.size() - SHOWN) + " more" : "");
  }
}
