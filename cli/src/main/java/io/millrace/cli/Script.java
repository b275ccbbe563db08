package io.millrace.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What is to be done to a demo, and when, in seconds after its start. Immutable. */
record Script(List<Step> steps) {

  /** What can be done. */
  enum Action {
    KILL,
    STOP,
    SPLIT,
    MERGE,
    END
  }

  record Step(long afterSeconds, Action action) {}

  Script {
    List<Step> sorted = new ArrayList<>(steps);
    sorted.sort(Comparator.comparingLong(Step::afterSeconds));
    steps = List.copyOf(sorted);
  }

  /** What is due in (from, to], in order. */
  List<Step> due(long fromMillis, long toMillis) {
    return steps.stream()
        .filter(s -> s.afterSeconds() * 1_000 > fromMillis && s.afterSeconds() * 1_000 <= toMillis)
        .toList();
  }

  /** When the next step after a moment is due; {@code Long.MAX_VALUE} if there is none. */
  long nextMillis(long afterMillis) {
    return steps.stream()
        .mapToLong(s -> s.afterSeconds() * 1_000)
        .filter(at -> at > afterMillis)
        .min()
        .orElse(Long.MAX_VALUE);
  }
}
