package io.millrace.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.kcl.health.ShardState;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Many seeds; {@code -Dmillrace.simulation.seeds} and {@code .from} choose others. */
class SimulationTest {

  private static final long SEEDS = Long.getLong("millrace.simulation.seeds", 2_000);
  private static final long FROM = Long.getLong("millrace.simulation.from", 0);

  /** What a large run must have come across, or its silence says nothing. */
  private static final List<String> INTERESTING =
      List.of(
          "zombie write refused",
          "ambiguous write resolved",
          "hole repaired",
          "another page of sessions",
          "lease handed over",
          "lease claimed",
          "lease lost",
          "lease given, drained",
          "lease given, abandoned",
          "session expired",
          "session lost, joined again",
          "child waited for its parent",
          "finished lease deleted",
          "foreign table refused",
          "stale read",
          "worker fenced",
          "worker went on",
          "processor abandoned",
          "processor never returned",
          "gap reported",
          "record processed again",
          "batch failed",
          "checkpoint ahead refused",
          "checkpoint from another thread",
          "shard finished",
          "shard end without a checkpoint",
          "incomplete listing",
          "store request lost",
          "store request late",
          "store answer lost",
          "store refused",
          "batch with poison failed",
          "part of a batch delivered",
          "dead letter stored, record passed",
          "dead letter refused",
          "record given up again",
          "record skipped",
          "prepared checkpoint inherited",
          "shard stopped by its rule",
          "stopped shard resumed",
          "shard paused",
          "moves again",
          "stream said EXPIRED_ITERATOR",
          "stream said THROTTLED",
          "stream said UNAVAILABLE",
          "stream said NOT_FOUND");

  /** Each has a test of its own; among random scenarios they seldom last for the threshold. */
  private static final Set<ShardState> RARELY_LONG =
      EnumSet.of(
          ShardState.OWNED_BY_NOBODY,
          ShardState.WAITING_FOR_MEMORY,
          ShardState.DEAD_LETTERS_REFUSED);

  @Test
  void no_seed_breaks_a_rule_and_every_interesting_event_is_reached() {
    Simulate.Result result = Simulate.seeds(FROM, SEEDS, 2, p -> {});
    System.out.printf(
        "simulated %d scenarios in %.1f s (%.0f a second), %d events, %d violations%n",
        result.seeds(),
        result.seconds(),
        result.perSecond(),
        result.steps(),
        result.violations().size());
    assertThat(result.violations()).as(() -> result.violations().get(0).explain()).isEmpty();
    assertThat(result.seeds()).isEqualTo(SEEDS);
    if (SEEDS >= 2_000) {
      List<String> expected = new ArrayList<>(INTERESTING);
      for (Fault.Kind kind : Fault.Kind.values()) {
        expected.add("fault " + kind);
      }
      for (ShardState state : ShardState.values()) {
        if (state.isStandstill() && !RARELY_LONG.contains(state)) {
          expected.add("standstill " + state);
        }
      }
      expected.addAll(RareTransitions.all());
      Set<String> reached = new TreeSet<>(result.events().keySet());
      reached.addAll(RareTransitions.visit());
      assertThat(reached).containsAll(expected);
    }
  }
}
