package io.millrace.simulation;

import io.millrace.kcl.engine.CheckpointRule;
import io.millrace.kcl.engine.ConsumerPhase;
import io.millrace.kcl.engine.FailureRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * What a consumer can go through, and scenarios for what hardly ever happens by chance: the lease
 * and the processor are lost together.
 */
final class RareTransitions {

  private RareTransitions() {}

  /** Every transition of a consumer, as the journal calls it. */
  static List<String> all() {
    List<String> transitions = new ArrayList<>();
    ConsumerPhase.transitions()
        .forEach(
            (phase, edges) ->
                edges.keySet().forEach(signal -> transitions.add("phase " + phase + " " + signal)));
    return transitions;
  }

  /** Brings about those that are rare among random scenarios; what was reached. */
  static Set<String> visit() {
    Set<String> visited = new TreeSet<>();
    visited.addAll(leaseLostWith(habits -> habits.throwsAt = 100));
    visited.addAll(leaseLostWith(habits -> habits.neverReturns = true));
    visited.addAll(givesUpWhileItLeaves(habits -> habits.deadLettersFail = 100));
    visited.addAll(givesUpWhileItLeaves(habits -> habits.neverReturns = true));
    visited.addAll(neverInitializes());
    visited.addAll(neverAnswersTheLastCall());
    visited.addAll(neverEnds());
    visited.addAll(losesTheLeaseAtTheEnd());
    return visited;
  }

  private static Set<String> leaves(Fleet fleet, SimulatedWorker worker) {
    worker.leave();
    fleet.time.pass(30_000);
    return fleet.world.journal().reached().keySet();
  }

  private static Set<String> neverInitializes() {
    Fleet fleet = new Fleet(1);
    SimulatedWorker a = fleet.join("a");
    a.habits().neverReturns = true;
    fleet.time.pass(5_000);
    return leaves(fleet, a);
  }

  private static Set<String> neverAnswersTheLastCall() {
    Fleet fleet = new Fleet(1);
    SimulatedWorker a = fleet.join("a");
    fleet.flow(5_000);
    fleet.time.pass(2_000);
    a.habits().neverReturns = true;
    return leaves(fleet, a);
  }

  private static Set<String> neverEnds() {
    Fleet fleet = new Fleet(1);
    SimulatedWorker a = fleet.join("a");
    fleet.flow(5_000);
    fleet.time.pass(2_000);
    a.habits().neverReturns = true;
    fleet.stream.split(SimulatedStream.shard(0));
    fleet.time.pass(5_000);
    return leaves(fleet, a);
  }

  private static Set<String> losesTheLeaseAtTheEnd() {
    Fleet fleet = new Fleet(1);
    SimulatedWorker a = fleet.join("a");
    fleet.flow(5_000);
    fleet.join("b");
    fleet.time.pass(5_000);
    a.network().storeAnswersLost = 100;
    a.habits().checkpointsLate = false;
    fleet.stream.split(SimulatedStream.shard(0));
    fleet.time.pass(500);
    a.network().storeCut = true;
    fleet.time.pass(12_000);
    a.network().heal();
    fleet.time.pass(20_000);
    return fleet.world.journal().reached().keySet();
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
    return leaves(fleet, a);
  }
}
