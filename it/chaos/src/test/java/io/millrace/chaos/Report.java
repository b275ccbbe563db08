package io.millrace.chaos;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.chaos.Checker.Findings;
import io.millrace.chaos.Checker.ShardFigures;
import io.millrace.chaos.Checker.Totals;
import io.millrace.chaos.Checker.Violation;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** A run in figures: for people, and as one line of JSON. */
record Report(ChaosRun.Setting setting, ChaosRun.Outcome outcome, Findings findings) {

  private static final int VIOLATIONS_SHOWN = 50;

  /** How often a kind of fault was carried out, and how often there was nothing to do it to. */
  private record Count(long done, long notDone) {}

  String table() {
    StringBuilder text = new StringBuilder();
    Totals totals = findings.totals();
    line(
        text,
        "== chaos: %d worker processes, %d records a second, faults for %d s, seed %d"
            .formatted(
                setting.workers(),
                setting.ratePerSecond(),
                setting.faults().toSeconds(),
                setting.seed()));
    line(text, "%n%-48s %8s %10s".formatted("fault", "done", "not done"));
    faults()
        .forEach(
            (kind, count) ->
                line(text, "%-48s %8d %10d".formatted(kind, count.done(), count.notDone())));
    line(text, "%n%-48s %8s".formatted("figure", ""));
    figure(text, "records in", totals.put());
    figure(text, "deliveries", totals.processed());
    figure(text, "lost", totals.lost());
    figure(text, "duplicates, each after its checkpoint", totals.duplicates());
    figure(text, "partition keys, order compared", totals.keys());
    figure(text, "processes", totals.processes());
    figure(text, "processors (tokens)", totals.tokens());
    figure(text, "checkpoints accepted", totals.acceptedCheckpoints());
    figure(text, "checkpoints of zombies refused", totals.refusedCheckpoints());
    figure(text, "times a worker fenced itself", events("fenced"));
    figure(text, "changes of lease rows seen", totals.leaseChanges());
    figure(text, "longest gap of any shard, ms", longestGap());
    figure(text, "settled after the last fault (5 s of load), ms", outcome.settledMillis());
    figure(text, "whole fleet stopped after SIGTERM, ms", outcome.stoppedMillis());
    figure(text, "violations", findings.violations().size());
    line(
        text,
        "%n%-24s %9s %8s %15s %16s".formatted("shard", "records", "tokens", "gap, ms", "wait, ms"));
    findings
        .shards()
        .forEach(
            (shard, s) ->
                line(
                    text,
                    "%-24s %9d %8d %15d %16d"
                        .formatted(
                            shard,
                            s.records(),
                            s.tokens(),
                            s.longestGapMillis(),
                            s.longestWaitMillis())));
    line(
        text,
        "(gap: the longest time in which records waited and none was processed for the first time;"
            + " wait: the longest time from arrival to first processing)");
    findings.violations().stream()
        .limit(VIOLATIONS_SHOWN)
        .forEach(v -> line(text, "VIOLATION %s: %s".formatted(v.rule(), v.text())));
    if (findings.violations().size() > VIOLATIONS_SHOWN) {
      line(text, "... and %d more".formatted(findings.violations().size() - VIOLATIONS_SHOWN));
    }
    return text.toString();
  }

  String json() throws JsonProcessingException {
    Totals totals = findings.totals();
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("seed", setting.seed());
    line.put("seconds", setting.faults().toSeconds());
    line.put("workers", setting.workers());
    line.put("recordsIn", totals.put());
    line.put("deliveries", totals.processed());
    line.put("lost", totals.lost());
    line.put("duplicates", totals.duplicates());
    line.put("keys", totals.keys());
    line.put("processes", totals.processes());
    line.put("tokens", totals.tokens());
    line.put("checkpointsAccepted", totals.acceptedCheckpoints());
    line.put("checkpointsRefused", totals.refusedCheckpoints());
    line.put("selfFenced", events("fenced"));
    line.put("settledMillis", outcome.settledMillis());
    line.put("stoppedMillis", outcome.stoppedMillis());
    line.put("longestGapMillis", longestGap());
    line.put(
        "longestGapMillisByShard",
        findings.shards().entrySet().stream()
            .collect(
                Collectors.toMap(
                    Map.Entry::getKey,
                    e -> e.getValue().longestGapMillis(),
                    (a, b) -> a,
                    TreeMap::new)));
    line.put(
        "faults",
        faults().entrySet().stream()
            .collect(
                Collectors.toMap(
                    Map.Entry::getKey, e -> e.getValue().done(), (a, b) -> a, TreeMap::new)));
    line.put("violations", findings.violationsByRule());
    return new ObjectMapper().writeValueAsString(line);
  }

  /** The first few violations, for the message of a failed test. */
  String violations() {
    return findings.violations().stream()
        .limit(VIOLATIONS_SHOWN)
        .map(Violation::toString)
        .collect(Collectors.joining("\n"));
  }

  /** The kinds of faults that were really carried out. */
  Set<String> kindsDone() {
    return faults().entrySet().stream()
        .filter(e -> e.getValue().done() > 0)
        .map(Map.Entry::getKey)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private long longestGap() {
    return findings.shards().values().stream()
        .mapToLong(ShardFigures::longestGapMillis)
        .max()
        .orElse(0);
  }

  private long events(String name) {
    return outcome.evidence().events.stream().filter(e -> e.name().equals(name)).count();
  }

  private SortedMap<String, Count> faults() {
    SortedMap<String, Count> counts = new TreeMap<>();
    for (LedgerLine.FaultDone fault : outcome.evidence().faults) {
      counts.merge(
          fault.kind().replace('_', ' '),
          fault.done() ? new Count(1, 0) : new Count(0, 1),
          (a, b) -> new Count(a.done() + b.done(), a.notDone() + b.notDone()));
    }
    return counts;
  }

  private static void figure(StringBuilder text, String name, long value) {
    line(text, "%-48s %8d".formatted(name, value));
  }

  private static void line(StringBuilder text, String line) {
    text.append(line).append('\n');
  }
}
