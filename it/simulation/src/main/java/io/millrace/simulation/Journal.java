package io.millrace.simulation;

import io.millrace.lease.LeaseKey;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** What happened in a run: how often each interesting event, a hash of everything, and a trace. */
final class Journal {

  /** A trace longer than this says no more to a reader. */
  private static final int MAX_LINES = 20_000;

  private record Line(long at, String who, String text) {}

  private final VirtualTime time;
  private final boolean tracing;
  private final SortedMap<String, Long> reached = new TreeMap<>();
  private final List<Line> lines = new ArrayList<>();
  private long hash = 1;

  Journal(VirtualTime time, boolean tracing) {
    this.time = time;
    this.tracing = tracing;
  }

  /** An event that a good scenario gets to. */
  void reached(String event) {
    reached.merge(event, 1L, Long::sum);
    add(event.hashCode());
  }

  SortedMap<String, Long> reached() {
    return reached;
  }

  /**
   * Something happened.
   *
   * @param who a worker, or "" for the world
   * @param detail only for the trace
   */
  void note(String who, String what, LeaseKey shardOrNull, long number, Object detail) {
    add(time.now());
    add(who.hashCode());
    add(what.hashCode());
    add(shardOrNull == null ? 0 : shardOrNull.value().hashCode());
    add(number);
    if (tracing) {
      if (lines.size() == MAX_LINES) {
        lines.remove(0);
      }
      String shard = shardOrNull == null ? "" : " " + shardOrNull.value().replaceFirst("Id-0*", "");
      lines.add(new Line(time.now(), who, what + shard + (detail == null ? "" : " " + detail)));
    }
  }

  private void add(long value) {
    hash = SeededRandom.mix(hash * 31 + value);
  }

  /** Equal runs have equal hashes. */
  long hash() {
    return hash;
  }

  /** The last {@code count} lines, a column for each worker. */
  String trace(int count) {
    List<String> columns = new ArrayList<>();
    lines.forEach(
        line -> {
          if (!columns.contains(line.who)) {
            columns.add(line.who);
          }
        });
    columns.sort(null);
    StringBuilder text = new StringBuilder();
    for (Line line : lines.subList(Math.max(0, lines.size() - count), lines.size())) {
      int column = columns.indexOf(line.who);
      text.append(String.format("%9d %-8s ", line.at, line.who))
          .append("  ".repeat(column * 2))
          .append(line.text)
          .append('\n');
    }
    return text.toString();
  }
}
