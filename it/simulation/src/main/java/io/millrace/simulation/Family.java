package io.millrace.simulation;

import io.millrace.kcl.engine.EngineSettings.InitialPosition;
import io.millrace.simulation.Fault.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

// Faults drawn at random from all there are hit everything now and then, and the coincidence that
// one rule is for hardly ever. A family draws the faults that make one coincidence likely.
/** What kind of trouble a scenario is about. */
public enum Family {
  /** Anything, and now and then a scenario of one of the other families. */
  ANY {
    @Override
    public Scenario generate(long seed) {
      return Scenario.generate(seed);
    }
  },

  /**
   * A worker is cut off for about as long as others watch its heartbeat stand still, so that its
   * next heartbeat and its expiry arrive together.
   */
  EXPIRY_RACES {
    @Override
    void faults(SeededRandom random, List<Fault> faults) {
      faults.add(new Fault(3_000, Kind.STORE_SLOW, -1, 42_000, random.between(150, 420)));
      for (long at = random.between(6_000, 9_000);
          at < 36_000;
          at += random.between(7_000, 12_000)) {
        long patience = random.oneOf(List.of(2_500L, 5_000L, 5_000L, 8_300L));
        faults.add(
            new Fault(
                at, Kind.PAUSE, (int) random.nextLong(4), patience + random.between(-800, 900), 0));
      }
    }
  },

  /** Leases change hands while the table refuses, or answers get lost. */
  DOUBTFUL_HAND_OVERS {
    @Override
    void faults(SeededRandom random, List<Fault> faults) {
      Kind doubt = random.percent(60) ? Kind.STORE_REFUSES : Kind.STORE_LOSES_ANSWERS;
      faults.add(new Fault(3_000, doubt, -1, 35_000, random.between(30, 70)));
      for (long at = random.between(4_000, 8_000);
          at < 34_000;
          at += random.between(2_000, 8_000)) {
        Kind kind = random.oneOf(List.of(Kind.JOIN, Kind.JOIN, Kind.VISIT, Kind.ROLL));
        faults.add(new Fault(at, kind, (int) random.nextLong(4), 1_000, random.between(0, 3)));
      }
    }
  },

  /** Writes take effect long after their worker has given up, or is gone. */
  LATE_WRITES {
    @Override
    void faults(SeededRandom random, List<Fault> faults) {
      for (long at = random.between(4_000, 8_000);
          at < 30_000;
          at += random.between(6_000, 11_000)) {
        int target = (int) random.nextLong(4);
        faults.add(
            new Fault(
                at,
                Kind.STORE_LATE,
                target,
                random.between(500, 3_000),
                random.between(2_000, 15_000)));
        Kind end = random.oneOf(List.of(Kind.CRASH, Kind.CRASH, Kind.STORE_CUT, Kind.PAUSE));
        faults.add(
            new Fault(
                at + random.between(100, 2_000), end, target, random.between(4_000, 12_000), 0));
        faults.add(
            new Fault(at + 1_500, Kind.CHECKPOINT_NEVER, -1, random.between(3_000, 12_000), 0));
      }
    }
  },

  /** Records that cannot be processed, and what gives them up cannot always, or is killed at it. */
  POISON_RECORDS {
    @Override
    void faults(SeededRandom random, List<Fault> faults) {
      faults.add(
          new Fault(
              random.between(2_000, 5_000),
              Kind.POISON,
              0,
              random.between(10_000, 30_000),
              random.between(1, 10)));
      List<Kind> kinds =
          List.of(
              Kind.DEAD_LETTERS_REFUSED,
              Kind.DEAD_LETTERS_REFUSED,
              Kind.CRASH,
              Kind.ROLL,
              Kind.SHARD_PAUSED,
              Kind.STORE_LATE,
              Kind.STORE_CUT,
              Kind.PAUSE,
              Kind.SPLIT,
              Kind.PROCESS_SLOW);
      long count = random.between(1, 6);
      for (int i = 0; i < count; i++) {
        Kind kind = random.oneOf(kinds);
        faults.add(
            new Fault(
                random.between(3_000, 32_000),
                kind,
                random.percent(30) ? -1 : (int) random.nextLong(4),
                random.between(500, 12_000),
                switch (kind) {
                  case DEAD_LETTERS_REFUSED -> random.between(20, 100);
                  case ROLL -> 1;
                  default -> random.between(500, 8_000);
                }));
      }
    }
  },

  /** Shards are split and merged all the time, also while workers come and go. */
  RESHARDING {
    @Override
    void faults(SeededRandom random, List<Fault> faults) {
      faults.add(
          new Fault(
              random.between(4_000, 8_000),
              Kind.RESHARD,
              0,
              random.between(10_000, 30_000),
              random.between(100, 2_500)));
      List<Kind> kinds =
          List.of(
              Kind.STORE_STALE,
              Kind.STORE_STALE,
              Kind.STORE_REFUSES,
              Kind.STORE_LOSES_ANSWERS,
              Kind.CHECKPOINT_NOT_AT_END,
              Kind.PROCESS_SLOW,
              Kind.LISTING_LATE,
              Kind.LISTING_INCOMPLETE,
              Kind.CRASH,
              Kind.ROLL,
              Kind.TRIM);
      long count = random.between(1, 5);
      for (int i = 0; i < count; i++) {
        Kind kind = random.oneOf(kinds);
        faults.add(
            new Fault(
                random.between(3_000, 30_000),
                kind,
                random.percent(50) ? -1 : (int) random.nextLong(4),
                random.between(3_000, 12_000),
                switch (kind) {
                  case STORE_REFUSES, STORE_LOSES_ANSWERS, LISTING_INCOMPLETE ->
                      random.between(20, 70);
                  case ROLL -> 1;
                  default -> random.between(500, 10_000);
                }));
      }
    }
  },

  /**
   * Shards split faster than a scan goes through the table, and ended shards wait for their
   * checkpoint: a worker sees a child and not yet its parent.
   */
  STALE_SCANS {
    @Override
    void faults(SeededRandom random, List<Fault> faults) {
      long at = random.between(4_000, 8_000);
      faults.add(new Fault(at, Kind.RESHARD, 0, 9_000, random.between(300, 900)));
      faults.add(new Fault(at, Kind.STORE_STALE, -1, 15_000, random.between(5_000, 10_000)));
      for (; at < 18_000; at += random.between(4_000, 8_000)) {
        faults.add(
            new Fault(
                at,
                Kind.CHECKPOINT_NOT_AT_END,
                random.percent(50) ? -1 : (int) random.nextLong(4),
                random.between(2_000, 6_000),
                0));
      }
    }
  },

  /** Somebody who does not keep to the protocol writes to the table. */
  HANDS_FROM_OUTSIDE {
    @Override
    void faults(SeededRandom random, List<Fault> faults) {
      for (long at = random.between(6_000, 9_000);
          at < 36_000;
          at += random.between(5_000, 12_000)) {
        Kind kind = random.oneOf(List.of(Kind.FOREIGN_OWNER, Kind.FOREIGN_OWNER, Kind.ROW_REMOVED));
        faults.add(new Fault(at, kind, (int) random.nextLong(8), random.between(1_000, 12_000), 0));
      }
      if (random.percent(50)) {
        faults.add(new Fault(random.between(10_000, 30_000), Kind.CRASH, 0, 4_000, 0));
      }
    }
  },

  /**
   * The table is another library's, whose workers are alive. Every scenario of it ends alike, so
   * {@link #ANY} draws none but by chance.
   */
  ANOTHER_LIBRARYS_TABLE {
    @Override
    void faults(SeededRandom random, List<Fault> faults) {
      faults.add(new Fault(0, Kind.FOREIGN_TABLE, 0, 0, 0));
      for (long at = random.between(1_000, 5_000);
          at < 40_000;
          at += random.between(5_000, 15_000)) {
        Kind kind = random.oneOf(List.of(Kind.JOIN, Kind.CRASH, Kind.STORE_SLOW));
        faults.add(new Fault(at, kind, -1, random.between(1_000, 5_000), random.between(20, 400)));
      }
    }
  },

  /** Many workers join at the same time, some for a moment. */
  JOINS {
    @Override
    void faults(SeededRandom random, List<Fault> faults) {
      for (long at = 0; at < 30_000; at += random.between(0, 6_000)) {
        Kind kind = random.oneOf(List.of(Kind.JOIN, Kind.VISIT, Kind.TWIN, Kind.CRASH, Kind.STOP));
        faults.add(
            new Fault(
                at,
                kind,
                (int) random.nextLong(8),
                random.between(0, 3_000),
                random.between(0, 2)));
      }
      faults.add(
          new Fault(
              random.between(0, 20_000), Kind.STORE_SLOW, -1, 15_000, random.between(20, 400)));
    }
  };

  /** Those about one kind of trouble. */
  static final List<Family> DIRECTED =
      Stream.of(values())
          .filter(family -> family != ANY && family != ANOTHER_LIBRARYS_TABLE)
          .toList();

  /** The scenario of a seed. */
  public Scenario generate(long seed) {
    SeededRandom random = new SeededRandom(seed).fork("family " + name());
    int workers = (int) random.between(2, 4);
    int shards = (int) random.between(2, 6);
    InitialPosition start =
        random.percent(60) ? InitialPosition.TRIM_HORIZON : InitialPosition.LATEST;
    List<Fault> faults = new ArrayList<>();
    faults(random, faults);
    return new Scenario(seed, workers, shards, start, faults);
  }

  void faults(SeededRandom random, List<Fault> faults) {}
}
