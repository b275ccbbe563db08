package io.millrace.samples.referrers;

import io.millrace.samples.referrers.page.PageState.LogEntry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What happened, in plain words, newest first. A line is written when something happens and grows
 * until its consequences are known; then it stays as it is. The last {@value #KEPT} are kept.
 *
 * <p>Safe for use by several threads, as far as what it looks at is.
 */
final class EventLog {

  private static final int KEPT = 200;

  private final Deque<Line> lines = new ArrayDeque<>();
  private final Map<String, Long> resumed = new HashMap<>();
  private long next;

  private static final class Line {
    final long id;
    final Happening happening;
    LogEntry entry;

    /** Whether it is told once more and then stays. */
    boolean last;

    Line(long id, Happening happening) {
      this.id = id;
      this.happening = happening;
    }

    /** Whether it tells what a worker does, which it will not do once it is dead. */
    boolean waitsFor(String worker) {
      return (happening instanceof Happening.Added a && a.worker().equals(worker))
          || (happening instanceof Happening.Resumed r && r.worker().equals(worker));
    }
  }

  synchronized void add(Happening happening) {
    if (happening instanceof Happening.Resumed r) {
      resumed.put(r.worker(), r.atMillis());
    } else if (happening instanceof Happening.Killed k) {
      lines.stream().filter(line -> line.waitsFor(k.worker())).forEach(line -> line.last = true);
    }
    lines.addFirst(new Line(next++, happening));
    if (lines.size() > KEPT) {
      lines.removeLast();
    }
  }

  /** When a worker was last told to go on; 0 if never. */
  synchronized long resumedAt(String worker) {
    return resumed.getOrDefault(worker, 0L);
  }

  /** All lines, with what is known by now. */
  synchronized List<LogEntry> entries(Evidence evidence) {
    List<LogEntry> entries = new ArrayList<>();
    for (Line line : lines) {
      if (line.entry == null || !line.entry.done()) {
        Happening.Told told = line.happening.tell(evidence);
        line.entry =
            new LogEntry(
                line.id,
                line.happening.atMillis(),
                line.happening.kind(),
                told.text(),
                told.done() || line.last,
                told.bad());
      }
      entries.add(line.entry);
    }
    return entries;
  }
}
