package io.millrace.chaos;

import io.millrace.chaos.Evidence.Stint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/*
 * Everything is decided from files: what the writer put, what the processors wrote down before they
 * checkpointed, what the lease table looked like from outside, how processes ended. No counter and
 * no class of the framework enters.
 *
 * What must hold, and what need not. Processing is at least once, and for a moment two processes may
 * work on one shard (a lease is not a lock). So records come again, and they come again late. What
 * holds all the same:
 *
 * - Under one token a processor sees, from right behind the checkpoint that it was told, every
 *   record of the shard, once, in order. A hole, a repetition or a step back is a violation.
 * - That checkpoint is not before any that was accepted under an earlier token, and every record up
 *   to it had been processed by then.
 * - So the *first* processing of records is in order: within a shard, from parents to children, and
 *   for each partition key. This is what is left of "in order" once replays are allowed, and the
 *   most that can be said.
 *
 * The times compared are wall-clock times of one machine. A record's time is taken before its batch
 * is written down; a processor that is stopped in between writes an old time later, which is still
 * when it processed the record. All comparisons allow equal times.
 */

/** Accounts for every record of a run. */
final class Checker {

  /** Something that must not be. */
  record Violation(String rule, String text) {}

  /**
   * How a shard fared.
   *
   * @param longestGapMillis the longest time in which records were waiting and none was processed
   *     for the first time
   * @param longestWaitMillis the longest time from the arrival of a record to its first processing
   */
  record ShardFigures(long records, long longestGapMillis, long longestWaitMillis, int tokens) {}

  /**
   * @param put records that the stream acknowledged
   * @param processed deliveries that processors wrote down, repetitions included
   * @param duplicates deliveries of a record that had been delivered before
   * @param keys partition keys whose order was compared
   * @param refusedCheckpoints of processors whose lease had gone
   * @param leaseChanges changes of lease rows, seen from outside
   */
  record Totals(
      long put,
      long processed,
      long lost,
      long duplicates,
      long keys,
      long tokens,
      long acceptedCheckpoints,
      long refusedCheckpoints,
      long leaseChanges,
      long processes) {}

  record Findings(
      Totals totals, SortedMap<String, ShardFigures> shards, List<Violation> violations) {

    SortedMap<String, Long> violationsByRule() {
      return violations.stream()
          .collect(Collectors.groupingBy(Violation::rule, TreeMap::new, Collectors.counting()));
    }
  }

  private static final long NEVER = Long.MAX_VALUE;

  /** The records of one shard, in its order. */
  private static final class ShardRecords {
    final List<LedgerLine.Put> puts = new ArrayList<>();
    final Map<String, Integer> indexBySequence = new HashMap<>();
    long[] firstMillis;
    long[] arrivedMillis;

    void sort() {
      puts.sort(Comparator.comparing(LedgerLine.Put::sequence, Position::compareNumbers));
      for (int i = 0; i < puts.size(); i++) {
        indexBySequence.put(puts.get(i).sequence(), i);
      }
      firstMillis = new long[puts.size()];
      Arrays.fill(firstMillis, NEVER);
      arrivedMillis = new long[puts.size()];
    }

    /** How many of its records lie at or before a position. */
    int upTo(Position position) {
      if (position.rank() != 1) {
        return position.rank() == 0 ? 0 : puts.size();
      }
      int low = 0;
      int high = puts.size();
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (Position.compareNumbers(puts.get(middle).sequence(), position.sequence()) <= 0) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low;
    }

    /** NEVER if one of them was never processed, 0 if there are none. */
    long lastOfFirstMillis() {
      return Arrays.stream(firstMillis).max().orElse(0);
    }

    long earliestMillis() {
      return Arrays.stream(firstMillis).min().orElse(NEVER);
    }
  }

  private final Evidence evidence;
  private final SortedMap<String, ShardRecords> shards = new TreeMap<>();
  private final List<Violation> violations = new ArrayList<>();
  private long processed;
  private long duplicates;

  private Checker(Evidence evidence) {
    this.evidence = evidence;
  }

  static Findings check(Evidence evidence) {
    return new Checker(evidence).run();
  }

  private Findings run() {
    for (LedgerLine.Put put : evidence.puts) {
      records(put.shard()).puts.add(put);
    }
    evidence.shards.keySet().forEach(this::records);
    shards.values().forEach(ShardRecords::sort);
    evidence.stints.forEach(this::readStint);
    countDuplicates();

    evidence.stints.forEach(this::checkStint);
    stintsByShard().forEach(this::checkTokens);
    shards.forEach(this::checkFirstOrder);
    evidence.shards.values().forEach(this::checkLineage);
    long keys = checkKeys();
    evidence.leases.forEach(this::checkLease);
    evidence.exits.forEach(this::checkExit);
    for (LedgerLine.Event event : evidence.events) {
      if (event.name().equals("gap")) {
        violation("gap", "a worker reported that records of shard " + event.shard() + " are gone");
      }
    }
    violations.addAll(evidence.said);
    long lost = checkLoss();
    return new Findings(
        new Totals(
            evidence.puts.size(),
            processed,
            lost,
            duplicates,
            keys,
            evidence.stints.size(),
            evidence.stints.stream().mapToLong(s -> s.accepted.size()).sum(),
            evidence.stints.stream().mapToLong(s -> s.refused).sum(),
            evidence.leases.values().stream().mapToLong(List::size).sum(),
            evidence.exits.size()),
        figures(),
        List.copyOf(violations));
  }

  private ShardRecords records(String shard) {
    return shards.computeIfAbsent(shard, s -> new ShardRecords());
  }

  private void readStint(Stint stint) {
    ShardRecords records = records(stint.shard());
    if (records.firstMillis == null) {
      records.sort();
    }
    for (LedgerLine.Processed record : stint.records) {
      processed++;
      Integer index = records.indexBySequence.get(record.sequence());
      if (index == null || records.puts.get(index).number() != record.number()) {
        violation(
            "never-put",
            stint
                + " processed record "
                + record.number()
                + " at "
                + record.sequence()
                + ", which was not put there");
        continue;
      }
      records.firstMillis[index] = Math.min(records.firstMillis[index], record.atMillis());
      records.arrivedMillis[index] = record.arrivedMillis();
    }
  }

  private void countDuplicates() {
    BitSet seen = new BitSet();
    for (Stint stint : evidence.stints) {
      for (LedgerLine.Processed record : stint.records) {
        int number = Math.toIntExact(record.number());
        if (seen.get(number)) {
          duplicates++;
        }
        seen.set(number);
      }
    }
  }

  private long checkLoss() {
    long lost = 0;
    for (ShardRecords records : shards.values()) {
      for (int i = 0; i < records.puts.size(); i++) {
        if (records.firstMillis[i] == NEVER) {
          lost++;
          violation("lost", records.puts.get(i) + " was never processed");
        }
      }
    }
    return lost;
  }

  /** Under one token: every record behind the resume point, once, in order. */
  private void checkStint(Stint stint) {
    ShardRecords records = records(stint.shard());
    Position resume = stint.start.resume();
    int resumed = records.upTo(resume);
    for (int i = 0; i < resumed; i++) {
      if (records.firstMillis[i] > stint.start.atMillis()) {
        violation(
            "resume-past-unprocessed",
            stint
                + " resumes behind "
                + resume.text()
                + " though "
                + records.puts.get(i)
                + " had not been processed");
        break;
      }
    }
    int next = resumed;
    for (LedgerLine.Processed record : stint.records) {
      Integer index = records.indexBySequence.get(record.sequence());
      if (index == null) {
        continue; // said already
      }
      if (index != next) {
        violation(
            index < next ? "order-in-token" : "hole-in-token",
            stint
                + ": record "
                + index
                + " of the shard ("
                + record.sequence()
                + ") where record "
                + next
                + " was due");
        next = Math.max(next, index);
      }
      next = Math.max(next, index + 1);
    }
    if (stint.end != null && stint.end.reason().equals("finished") && next < records.puts.size()) {
      violation("end-too-early", stint + " was told the end of the shard at record " + next);
    }
    Position before = resume;
    for (LedgerLine.Accepted accepted : stint.accepted) {
      if (accepted.position().compareTo(before) < 0) {
        violation(
            "checkpoint-back",
            stint + ": " + accepted.position().text() + " accepted after " + before.text());
      }
      before = accepted.position();
    }
  }

  private Map<String, List<Stint>> stintsByShard() {
    return evidence.stints.stream()
        .collect(Collectors.groupingBy(Stint::shard, TreeMap::new, Collectors.toList()));
  }

  /** From token to token: a token has one processor, and nothing accepted is forgotten. */
  private void checkTokens(String shard, List<Stint> stints) {
    List<Stint> byToken =
        stints.stream().sorted(Comparator.comparingLong(s -> s.start.token())).toList();
    Position accepted = Position.START;
    Stint before = null;
    for (Stint stint : byToken) {
      if (before != null && before.start.token() == stint.start.token()) {
        violation("token-twice", "one token, two processors: " + before + "; " + stint);
      }
      if (stint.start.resume().compareTo(accepted) < 0) {
        violation(
            "resume-behind-checkpoint",
            stint
                + " resumes behind "
                + stint.start.resume().text()
                + ", but "
                + accepted.text()
                + " had been accepted");
      }
      for (LedgerLine.Accepted a : stint.accepted) {
        accepted = a.position().compareTo(accepted) > 0 ? a.position() : accepted;
      }
      before = stint;
    }
  }

  /** The first processing of a shard's records is in its order. */
  private void checkFirstOrder(String shard, ShardRecords records) {
    for (int i = 1; i < records.puts.size(); i++) {
      if (records.firstMillis[i] < records.firstMillis[i - 1]) {
        violation(
            "first-order",
            records.puts.get(i) + " was processed before " + records.puts.get(i - 1));
      }
    }
  }

  /** A child starts when every parent is finished, and really complete. */
  private void checkLineage(LedgerLine.Shard shard) {
    for (String parent : parents(shard)) {
      ShardRecords child = records(shard.shard());
      if (records(parent).lastOfFirstMillis() > child.earliestMillis()) {
        violation(
            "child-before-parent",
            "a record of shard "
                + shard.shard()
                + " was processed before the last one of its parent "
                + parent);
      }
      long parentEnd =
          evidence.stints.stream()
              .filter(s -> s.shard().equals(parent) && s.end != null)
              .filter(s -> s.end.reason().equals("finished"))
              .mapToLong(s -> s.end.atMillis())
              .min()
              .orElse(NEVER);
      evidence.stints.stream()
          .filter(s -> s.shard().equals(shard.shard()) && s.start.atMillis() < parentEnd)
          .forEach(
              s -> violation("child-before-parent", s + " started before " + parent + " ended"));
    }
  }

  private List<String> parents(LedgerLine.Shard shard) {
    List<String> parents = new ArrayList<>();
    for (String parent : new String[] {shard.parent(), shard.adjacentParent()}) {
      if (!parent.equals(LedgerLine.NONE)) {
        parents.add(parent);
      }
    }
    return parents;
  }

  /** The first processing of a partition key's records is in their order, across lineage. */
  private long checkKeys() {
    Map<String, Integer> generations = new HashMap<>();
    Map<String, List<LedgerLine.Put>> byKey =
        evidence.puts.stream()
            .collect(Collectors.groupingBy(LedgerLine.Put::key, TreeMap::new, Collectors.toList()));
    for (List<LedgerLine.Put> puts : byKey.values()) {
      puts.sort(
          Comparator.<LedgerLine.Put>comparingInt(p -> generation(p.shard(), generations))
              .thenComparing(LedgerLine.Put::sequence, Position::compareNumbers));
      long latest = 0;
      for (LedgerLine.Put put : puts) {
        ShardRecords records = records(put.shard());
        long first = records.firstMillis[records.indexBySequence.get(put.sequence())];
        if (first == NEVER) {
          continue; // lost, which is said elsewhere
        }
        if (first < latest) {
          violation("key-order", put + " was processed before an earlier record of its key");
        }
        latest = Math.max(latest, first);
      }
    }
    return byKey.size();
  }

  /** How many ancestors lie above a shard on the longest way: along a key's way it rises. */
  private int generation(String shard, Map<String, Integer> known) {
    Integer already = known.get(shard);
    if (already != null) {
      return already;
    }
    LedgerLine.Shard listed = evidence.shards.get(shard);
    int generation = 0;
    if (listed != null) {
      for (String parent : parents(listed)) {
        generation = Math.max(generation, generation(parent, known) + 1);
      }
    }
    known.put(shard, generation);
    return generation;
  }

  /** The lease row from outside: tokens rise, a token has one owner, checkpoints do not go back. */
  private void checkLease(String shard, List<LedgerLine.LeaseSeen> seen) {
    LedgerLine.LeaseSeen before = null;
    for (LedgerLine.LeaseSeen now : seen) {
      if (before != null) {
        if (now.token() < before.token()) {
          violation("token-back", before + " became " + now);
        }
        if (now.token() == before.token() && !now.owner().equals(before.owner())) {
          violation("token-two-owners", before + " became " + now);
        }
        if (now.checkpoint().compareTo(before.checkpoint()) < 0) {
          violation("checkpoint-back", before + " became " + now);
        }
      }
      before = now;
    }
  }

  private void checkExit(LedgerLine.Exit exit) {
    boolean expected =
        switch (exit.wanted()) {
          case "kill" -> exit.code() == 137;
          // told to end, it says so; 0 if it was through before the signal's own handling was
          case "stop" -> exit.code() == 143 || exit.code() == 0;
          default -> false;
        };
    if (!expected) {
      violation("process-died", exit.toString());
    }
  }

  private SortedMap<String, ShardFigures> figures() {
    Map<String, List<Stint>> stints = stintsByShard();
    SortedMap<String, ShardFigures> figures = new TreeMap<>();
    shards.forEach(
        (shard, records) -> {
          long gap = 0;
          long wait = 0;
          long before = 0;
          for (int i = 0; i < records.puts.size(); i++) {
            long first = records.firstMillis[i];
            if (first == NEVER) {
              continue;
            }
            long arrived = records.arrivedMillis[i];
            wait = Math.max(wait, first - arrived);
            gap = Math.max(gap, first - Math.max(before, arrived));
            before = Math.max(before, first);
          }
          figures.put(
              shard,
              new ShardFigures(
                  records.puts.size(), gap, wait, stints.getOrDefault(shard, List.of()).size()));
        });
    return figures;
  }

  private void violation(String rule, String text) {
    violations.add(new Violation(rule, text));
  }
}
