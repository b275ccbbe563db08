package io.millrace.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.kcl.engine.CheckpointRule;
import io.millrace.kcl.engine.ConsumerPhase;
import io.millrace.kcl.engine.FailureRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Every line of the consumer's transition table is there because something takes it. */
class EveryTransitionTest {

  @Test
  void every_transition_of_a_consumer_is_visited() {
    List<String> transitions = new ArrayList<>();
    ConsumerPhase.transitions()
        .forEach(
            (phase, edges) ->
                edges.keySet().forEach(signal -> transitions.add("phase " + phase + " " + signal)));
    Set<String> visited =
        new TreeSet<>(Simulate.seeds(0, 400, 2, progress -> {}).events().keySet());
    // rare among random scenarios: both the lease and the processor are lost
    visited.addAll(leaseLostWith(habits -> habits.throwsAt = 100));
    visited.addAll(leaseLostWith(habits -> habits.neverReturns = true));
    visited.addAll(givesUpWhileItLeaves(habits -> habits.deadLettersFail = 100));
    visited.addAll(givesUpWhileItLeaves(habits -> habits.neverReturns = true));
    assertThat(visited).containsAll(transitions);
  }

  private static Set<String> leaseLostWith(Consumer<Habits> habit) {
    Fleet fleet = new Fleet(2);
    SimulatedWorker a = fleet.join("a");
    fleet.join("b");
    fleet.flow(10_000);
    fleet.time.pass(2_000);
    a.network().storeCut = true;
    fleet.time.pass(10_000);
    habit.accept(a.habits());
    a.network().storeCut = false;
    fleet.time.pass(60_000);
    return fleet.world.journal().reached().keySet();
  }

  private static Set<String> givesUpWhileItLeaves(Consumer<Habits> habit) {
    Fleet fleet = new Fleet(1);
    fleet.policies(
        new FailureRule(1, FailureRule.FOR_EVER, true, FailureRule.Then.DEAD_LETTER),
        CheckpointRule.BY_HAND);
    SimulatedWorker a = fleet.join("a");
    fleet.flow(3_000);
    a.habits().deadLettersFail = 100;
    fleet.putPoison(SimulatedStream.shard(0));
    fleet.time.pass(3_000);
    habit.accept(a.habits());
    fleet.time.pass(20_000);
    a.leave();
    fleet.time.pass(30_000);
    return fleet.world.journal().reached().keySet();
  }
}
