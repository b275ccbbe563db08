package io.millrace.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.SessionLoad;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Real workers that balance by load, on virtual time: does it get even, and does it stay calm?
 * {@code -Dmillrace.simulation.calmMinutes} watches for longer, {@code millrace.simulation.seeds}
 * tries more faults.
 */
class LoadBalanceSimulationTest {

  private static final long MINUTE = 60_000;
  private static final long CALM_MINUTES = Long.getLong("millrace.simulation.calmMinutes", 10);
  private static final long CALM = CALM_MINUTES * MINUTE;
  private static final long FAULTY_SEEDS = Long.getLong("millrace.simulation.seeds", 40);
  private static final SessionLoad.Unit BYTES = SessionLoad.Unit.BYTES;

  private static LoadedFleet fleet(long seed, int workers, SessionLoad.Unit unit) {
    LoadedFleet fleet = new LoadedFleet(seed, 6 * workers);
    fleet.skew();
    for (int i = 0; i < workers; i++) {
      fleet.join("w" + i, unit, 100);
    }
    fleet.time.pass(MINUTE);
    fleet.takeMoves();
    return fleet;
  }

  @Test
  void skewed_shards_are_evened_out_in_minutes_and_then_nothing_moves_for_hours() {
    for (long seed = 0; seed < 2; seed++) {
      LoadedFleet fleet = fleet(seed, 4, BYTES);
      double before = fleet.spread();
      fleet.time.pass(10 * MINUTE);
      assertThat(before).as("seed %d", seed).isGreaterThan(0.4);
      assertThat(fleet.spread()).as("seed %d", seed).isLessThan(0.3);
      assertThat(fleet.takeMoves()).as("seed %d", seed).isBetween(1, 8);
      fleet.time.pass(CALM);
      assertThat(fleet.takeMoves()).as("seed %d", seed).isZero();
    }
  }

  @Test
  void by_number_the_same_shards_stay_uneven() {
    LoadedFleet fleet = fleet(0, 4, null);
    fleet.time.pass(10 * MINUTE);
    assertThat(fleet.spread()).isGreaterThan(0.4);
    assertThat(fleet.takeMoves()).isZero();
  }

  @Test
  void rates_that_differ_from_second_to_second_move_next_to_nothing() {
    LoadedFleet fleet = fleet(0, 4, BYTES);
    SeededRandom random = fleet.random().fork("wobble");
    fleet.wobble = shard -> -Math.log(1 - random.nextLong(1_000) / 1_000.0);
    fleet.time.pass(10 * MINUTE);
    fleet.takeMoves();
    fleet.time.pass(CALM);
    assertThat(fleet.takeMoves()).isLessThanOrEqualTo(4);
    assertThat(fleet.spread()).isLessThan(0.4);
  }

  @Test
  void shards_that_are_written_to_in_rare_bursts_do_not_make_leases_wander() {
    LoadedFleet fleet = fleet(1, 4, BYTES);
    SeededRandom random = fleet.random().fork("wobble");
    fleet.wobble = shard -> random.percent(5) ? 20 : 0;
    fleet.time.pass(10 * MINUTE);
    fleet.takeMoves();
    fleet.time.pass(CALM);
    // 24 leases: each moves less than once an hour
    assertThat((long) fleet.takeMoves()).isLessThan(24 * CALM_MINUTES / 60);
    assertThat(fleet.spread()).isLessThan(0.6);
  }

  @Test
  void a_worker_of_three_times_the_weight_carries_three_times_as_much() {
    LoadedFleet fleet = new LoadedFleet(5, 24);
    fleet.skew();
    SimulatedWorker strong = fleet.join("strong", BYTES, 300);
    SimulatedWorker weak = fleet.join("weak", BYTES, 100);
    fleet.time.pass(20 * MINUTE);
    assertThat((double) fleet.carried(strong) / fleet.carried(weak)).isBetween(2.2, 4.2);
    fleet.takeMoves();
    fleet.time.pass(CALM);
    assertThat(fleet.takeMoves()).isZero();
  }

  @Test
  void a_fleet_in_which_workers_balance_by_different_things_is_calm() {
    LoadedFleet fleet = new LoadedFleet(2, 30);
    fleet.skew();
    List<SimulatedWorker> workers = new ArrayList<>();
    workers.add(fleet.join("bytes", BYTES, 100));
    workers.add(fleet.join("bytes-too", BYTES, 100));
    workers.add(fleet.join("records", SessionLoad.Unit.RECORDS, 100));
    workers.add(fleet.join("number", null, 100));
    workers.add(fleet.join("number-too", null, 100));
    fleet.time.pass(15 * MINUTE);
    fleet.takeMoves();
    fleet.time.pass(CALM);
    assertThat(fleet.takeMoves()).isZero();
    for (SimulatedWorker worker : workers) {
      assertThat(fleet.owned(worker)).as(worker.name()).hasSizeBetween(3, 9);
    }
  }

  @Test
  void a_worker_that_joins_gets_its_share_within_a_minute() {
    LoadedFleet fleet = fleet(3, 3, BYTES);
    fleet.time.pass(10 * MINUTE);
    SimulatedWorker joined = fleet.join("joined", BYTES, 100);
    fleet.time.pass(MINUTE);
    assertThat(fleet.owned(joined)).hasSizeGreaterThanOrEqualTo(4);
    fleet.time.pass(15 * MINUTE);
    fleet.takeMoves();
    fleet.time.pass(CALM);
    assertThat(fleet.takeMoves()).isZero();
  }

  @Test
  void under_every_kind_of_fault_no_rule_is_broken_with_loads_on() {
    long moved = 0;
    for (long seed = 0; seed < FAULTY_SEEDS; seed++) {
      Run.Result result = Run.ofBalancing(Scenario.generate(seed), BYTES, 0);
      assertThat(result.violation()).as("seed %d", seed).isNull();
      moved += result.reached().getOrDefault("lease handed over", 0L);
    }
    assertThat(moved).isPositive();
  }

  @Test
  void after_crashes_departures_and_resharding_the_load_is_even_again_and_nothing_was_lost() {
    for (long seed = 10; seed < 12; seed++) {
      String as = "seed " + seed;
      LoadedFleet fleet = fleet(seed, 4, BYTES);
      SeededRandom random = fleet.random().fork("faults");
      for (int i = 0; i < 12; i++) {
        List<SimulatedWorker> up = fleet.world.up();
        SimulatedWorker one = random.oneOf(up);
        switch ((int) random.nextLong(5)) {
          case 0 -> one.machine().pause(random.between(1_000, 12_000));
          case 1 -> {
            one.crash();
            fleet.join("again" + i, BYTES, 100);
          }
          case 2 -> {
            one.leave();
            fleet.join("next" + i, BYTES, 100);
          }
          case 3 -> fleet.world.stream().split(random.oneOf(fleet.world.stream().openShards()));
          default -> fleet.join("more" + i, up.size() < 6 ? BYTES : null, 100);
        }
        fleet.time.pass(random.between(1_000, 90_000));
      }
      fleet.time.pass(20 * MINUTE);
      fleet.takeMoves();
      fleet.time.pass(CALM);
      assertThat(fleet.takeMoves()).as(as).isZero();
      int shards = fleet.world.stream().openShards().size();
      int workers = fleet.world.up().size();
      int share = shards / workers;
      int band = (int) Math.ceil(Math.sqrt(share));
      int owned = 0;
      for (SimulatedWorker worker : fleet.world.up()) {
        int its = fleet.owned(worker).size();
        assertThat(its)
            .as(as + " " + worker.name())
            .isBetween(Math.max(1, share - band), share + 1 + band);
        owned += its;
      }
      assertThat(owned).as(as).isEqualTo(shards);
      fleet.stopFlow();
      assertThat(fleet.time.passUntil(() -> fleet.world.truth().backlog().isEmpty(), 20_000))
          .as(as)
          .isTrue();
    }
  }
}
