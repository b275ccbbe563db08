package io.millrace.chaos;

import io.millrace.chaos.Fault.Service;
import io.millrace.chaos.Fault.Trouble;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * What is done to a fleet, and when: made from a seed, so that equal seeds do equal things at equal
 * times. (What the fleet makes of them differs from run to run: its processes are real.)
 *
 * @param faults in the order of their times
 */
record Schedule(long seed, List<Entry> faults) {

  /**
   * @param at since the fleet has come to order
   */
  record Entry(Duration at, Fault fault) {}

  private static final int LEAST_PAUSE_MILLIS = 2_000;
  private static final int MOST_PAUSE_MILLIS = 4_000;

  Schedule {
    faults = List.copyOf(faults);
  }

  /**
   * Rounds of one fault of every kind (of some kinds more), each round in an order of its own, two
   * to four seconds apart.
   *
   * @param length no fault begins after this
   */
  static Schedule of(long seed, Duration length, int workers) {
    Random random = new Random(seed);
    List<Entry> faults = new ArrayList<>();
    List<Fault> round = List.of();
    int next = 0;
    long atMillis = 0;
    while (true) {
      atMillis += between(random, LEAST_PAUSE_MILLIS, MOST_PAUSE_MILLIS);
      if (atMillis > length.toMillis()) {
        return new Schedule(seed, faults);
      }
      if (next == round.size()) {
        round = round(random, workers);
        next = 0;
      }
      faults.add(new Entry(Duration.ofMillis(atMillis), round.get(next++)));
    }
  }

  /** One fault a line. */
  String text() {
    return faults.stream()
        .map(entry -> entry.at().toMillis() + " ms: " + entry.fault() + "\n")
        .collect(Collectors.joining());
  }

  private static List<Fault> round(Random random, int workers) {
    List<Fault> round = new ArrayList<>();
    for (boolean sameId : new boolean[] {true, true, false}) {
      round.add(new Fault.Kill(random.nextInt(workers), sameId, millis(random, 0, 8_000)));
    }
    round.add(new Fault.Pause(random.nextInt(workers), millis(random, 500, 4_000)));
    for (int i = 0; i < 2; i++) {
      round.add(new Fault.Pause(random.nextInt(workers), millis(random, 7_000, 14_000)));
    }
    for (Service service : Service.values()) {
      for (Trouble trouble : Trouble.values()) {
        round.add(
            new Fault.Link(random.nextInt(workers), service, trouble, millis(random, 800, 12_000)));
      }
      round.add(new Fault.Outage(service, millis(random, 2_000, 9_000)));
    }
    for (int i = 0; i < 3; i++) {
      round.add(new Fault.Split(random.nextDouble()));
      round.add(new Fault.Merge(random.nextDouble()));
    }
    round.add(new Fault.Rollout());
    Collections.shuffle(round, random);
    return round;
  }

  private static Duration millis(Random random, int least, int most) {
    return Duration.ofMillis(between(random, least, most));
  }

  private static int between(Random random, int least, int most) {
    return least + random.nextInt(most - least + 1);
  }
}
