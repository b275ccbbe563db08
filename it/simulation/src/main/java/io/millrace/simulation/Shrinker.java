package io.millrace.simulation;

import java.util.ArrayList;
import java.util.List;

/** Makes a failing scenario smaller, as long as it still fails. */
final class Shrinker {

  /** Runs a shrinking may take. */
  private static final int MAX_RUNS = 400;

  private final Mutation mutation;
  private int runs;

  private Shrinker(Mutation mutation) {
    this.mutation = mutation;
  }

  static Scenario shrink(Scenario failing, Mutation mutation) {
    return new Shrinker(mutation).shrink(failing);
  }

  private boolean fails(Scenario scenario) {
    return runs++ < MAX_RUNS && Run.of(scenario, mutation, 0).violation() != null;
  }

  private Scenario shrink(Scenario failing) {
    Scenario smallest = failing;
    boolean smaller = true;
    while (smaller && runs < MAX_RUNS) {
      smaller = false;
      for (Scenario candidate : candidates(smallest)) {
        if (fails(candidate)) {
          smallest = candidate;
          smaller = true;
          break;
        }
      }
    }
    return smallest;
  }

  /** The most promising first: without half of the faults, without one, with fewer of the rest. */
  private static List<Scenario> candidates(Scenario from) {
    List<Scenario> all = new ArrayList<>();
    List<Fault> faults = from.faults();
    int half = faults.size() / 2;
    if (half > 1) {
      all.add(from.with(from.workers(), from.shards(), faults.subList(0, half)));
      all.add(from.with(from.workers(), from.shards(), faults.subList(half, faults.size())));
    }
    for (int i = 0; i < faults.size(); i++) {
      List<Fault> without = new ArrayList<>(faults);
      without.remove(i);
      all.add(from.with(from.workers(), from.shards(), without));
    }
    if (from.workers() > 1) {
      all.add(from.with(from.workers() / 2, from.shards(), faults));
      all.add(from.with(from.workers() - 1, from.shards(), faults));
    }
    if (from.shards() > 1) {
      all.add(from.with(from.workers(), from.shards() / 2, faults));
      all.add(from.with(from.workers(), from.shards() - 1, faults));
    }
    for (int i = 0; i < faults.size(); i++) {
      Fault fault = faults.get(i);
      if (fault.forMillis() > 500) {
        List<Fault> shorter = new ArrayList<>(faults);
        shorter.set(
            i,
            new Fault(
                fault.atMillis(),
                fault.kind(),
                fault.target(),
                fault.forMillis() / 2,
                fault.amount()));
        all.add(from.with(from.workers(), from.shards(), shorter));
      }
    }
    return all;
  }
}
