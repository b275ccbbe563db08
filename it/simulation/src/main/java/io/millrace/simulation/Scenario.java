package io.millrace.simulation;

import io.millrace.kcl.engine.EngineSettings.InitialPosition;
import io.millrace.simulation.Fault.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * All that a run depends on. Two runs of equal scenarios are equal, event by event.
 *
 * @param seed what chance does: latencies, sizes, random ids, who is first
 * @param workers how many there are at the start
 * @param shards how many there are at the start
 * @param faults in any order
 */
public record Scenario(
    long seed, int workers, int shards, InitialPosition start, List<Fault> faults) {

  /** Faults begin and end within so many milliseconds. */
  static final long FAULTS_END_MILLIS = 45_000;

  public Scenario {
    faults =
        faults.stream()
            .sorted(Comparator.comparingLong(Fault::atMillis).thenComparing(Fault::kind))
            .toList();
  }

  Scenario with(int newWorkers, int newShards, List<Fault> newFaults) {
    return new Scenario(seed, newWorkers, newShards, start, newFaults);
  }

  /** Whether the application cannot go on. */
  boolean isFinal() {
    return faults.stream().anyMatch(f -> f.kind().isFinal());
  }

  /** The scenario of a seed. */
  public static Scenario generate(long seed) {
    SeededRandom random = new SeededRandom(seed).fork("scenario");
    int workers = random.percent(3) ? (int) random.between(9, 11) : (int) random.between(1, 4);
    int shards = (int) random.between(1, random.percent(20) ? 12 : 5);
    InitialPosition start =
        random.percent(60) ? InitialPosition.TRIM_HORIZON : InitialPosition.LATEST;
    List<Fault> faults = new ArrayList<>();
    long count = random.between(0, 9);
    for (int i = 0; i < count; i++) {
      faults.add(fault(random));
    }
    if (random.percent(3)) {
      Kind kind =
          random.oneOf(
              List.of(
                  Kind.TABLE_DELETED,
                  Kind.HANDED_BACK,
                  Kind.STREAM_DELETED,
                  Kind.STREAM_RECREATED));
      faults.add(new Fault(random.between(5_000, 40_000), kind, 0, 0, 0));
    }
    return new Scenario(seed, workers, shards, start, faults);
  }

  private static final List<Kind> ORDINARY =
      List.of(Kind.values()).stream().filter(kind -> !kind.isFinal()).toList();

  /** What makes owners and observers disagree for a while: where leases are proved. */
  private static final List<Kind> OWNERS_IN_DOUBT =
      List.of(
          Kind.STORE_CUT,
          Kind.STORE_SLOW,
          Kind.STORE_LATE,
          Kind.STORE_LOSES_ANSWERS,
          Kind.PAUSE,
          Kind.SUSPEND,
          Kind.CRASH,
          Kind.ROLL);

  private static Fault fault(SeededRandom random) {
    Kind kind = random.oneOf(ORDINARY);
    if (random.percent(20)) {
      kind = random.percent(60) ? Kind.SPLIT : Kind.MERGE;
    } else if (random.percent(8)) {
      kind = random.percent(75) ? Kind.POISON : Kind.DEAD_LETTERS_REFUSED;
    } else if (random.percent(25)) {
      kind = random.oneOf(OWNERS_IN_DOUBT);
    }
    long at = random.between(0, 38_000);
    int target = random.percent(20) ? -1 : (int) random.nextLong(16);
    long most = FAULTS_END_MILLIS - at;
    long duration = Math.min(most, random.between(200, random.percent(30) ? 25_000 : 9_000));
    long amount =
        switch (kind) {
          case STORE_REFUSES, STORE_LOSES_ANSWERS, STREAM_FAILS, STREAM_THROTTLES ->
              random.between(5, 100);
          case STORE_SLOW, STREAM_SLOW -> random.between(20, 3_000);
          case STORE_LATE -> random.between(500, 15_000);
          case EMPTY_PAGES, LISTING_INCOMPLETE, PROCESS_THROWS, INITIALIZE_THROWS ->
              random.between(20, 100);
          case POISON -> random.between(1, 15);
          case DEAD_LETTERS_REFUSED -> random.between(20, 100);
          case LISTING_LATE -> random.between(500, 20_000);
          case TRIM ->
              random.percent(50) ? random.between(0, 2_000) : random.between(2_000, 20_000);
          case PROCESS_SLOW -> random.between(100, 6_000);
          case DRIFT -> random.between(-10_000, 10_000);
          case WALL_JUMP -> random.between(-3_600_000, 3_600_000);
          case ROLL, STOP, JOIN -> random.between(0, 3);
          default -> 0;
        };
    return new Fault(at, kind, target, duration, amount);
  }

  /** As Java, to paste into a test. */
  public String toJava() {
    StringBuilder text = new StringBuilder();
    text.append("new Scenario(")
        .append(seed)
        .append("L, ")
        .append(workers)
        .append(", ")
        .append(shards)
        .append(", InitialPosition.")
        .append(start)
        .append(", List.of(");
    for (int i = 0; i < faults.size(); i++) {
      text.append(i == 0 ? "\n    " : ",\n    ").append(faults.get(i).toJava());
    }
    return text.append("))").toString();
  }

  /** As lines of a file; {@link #parse} reads them. */
  public String toText() {
    StringBuilder text = new StringBuilder();
    text.append("scenario ")
        .append(seed)
        .append(' ')
        .append(workers)
        .append(' ')
        .append(shards)
        .append(' ')
        .append(start)
        .append('\n');
    for (Fault f : faults) {
      text.append("fault ")
          .append(f.atMillis())
          .append(' ')
          .append(f.kind())
          .append(' ')
          .append(f.target())
          .append(' ')
          .append(f.forMillis())
          .append(' ')
          .append(f.amount())
          .append('\n');
    }
    return text.toString();
  }

  /**
   * Reads {@link #toText}; lines that begin with {@code #} are comments.
   *
   * @throws IllegalArgumentException if a line is not understood
   */
  public static Scenario parse(String text) {
    Scenario scenario = null;
    List<Fault> faults = new ArrayList<>();
    for (String line : text.lines().map(String::strip).toList()) {
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      List<String> words = List.of(line.split(" +"));
      try {
        if (words.get(0).equals("scenario") && words.size() == 5) {
          scenario =
              new Scenario(
                  Long.parseLong(words.get(1)),
                  Integer.parseInt(words.get(2)),
                  Integer.parseInt(words.get(3)),
                  InitialPosition.valueOf(words.get(4)),
                  List.of());
        } else if (words.get(0).equals("fault") && words.size() == 6) {
          faults.add(
              new Fault(
                  Long.parseLong(words.get(1)),
                  Kind.valueOf(words.get(2)),
                  Integer.parseInt(words.get(3)),
                  Long.parseLong(words.get(4)),
                  Long.parseLong(words.get(5))));
        } else {
          throw new IllegalArgumentException("expected 'scenario' or 'fault'");
        }
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("Not a line of a scenario: '" + line + "'", e);
      }
    }
    if (scenario == null) {
      throw new IllegalArgumentException("No line begins with 'scenario'");
    }
    return scenario.with(scenario.workers, scenario.shards, faults);
  }
}
