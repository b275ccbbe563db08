package io.millrace.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.kcl.engine.EngineSettings.InitialPosition;
import io.millrace.lease.LeaseKey;
import io.millrace.simulation.Fault.Kind;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What the simulator, or the work on it, has found in the engine; each was red once. */
class EngineRegressionTest {

  private static final LeaseKey SHARD_0 = SimulatedStream.shard(0);

  @Test
  void initialize_that_throws_is_called_again_after_pauses_that_grow() {
    Fleet fleet = new Fleet(1);
    SimulatedWorker a = fleet.join("a");
    a.habits().initializeThrowsAt = 100;
    fleet.time.pass(20_000);
    assertThat(a.calls()).filteredOn(call -> call.startsWith("initialize")).hasSizeBetween(4, 15);
    a.habits().initializeThrowsAt = 0;
    fleet.putEverywhere();
    fleet.time.pass(12_000);
    assertThat(fleet.everythingProcessed()).isTrue();
  }

  @Test
  void the_last_checkpoint_of_a_hand_over_does_not_pass_a_batch_that_failed() {
    Fleet fleet = new Fleet(1);
    SimulatedWorker a = fleet.join("a");
    fleet.flow(1_000);
    a.habits().throwsAt = 100;
    fleet.flow(1_000);
    a.leave();
    fleet.time.pass(5_000);
    assertThat(a.calls()).contains("shutdownRequested " + SHARD_0);
    fleet.join("b");
    fleet.time.pass(5_000);
    assertThat(fleet.everythingProcessed()).isTrue();
  }

  @Test
  void the_end_of_a_shard_whose_last_records_retention_has_taken_is_reported_as_a_gap() {
    Fleet fleet = new Fleet(1);
    SimulatedWorker a = fleet.join("a");
    fleet.flow(1_000);
    fleet.time.pass(1_000);
    a.leave();
    fleet.time.pass(5_000);
    fleet.stream.put(SHARD_0, 10);
    fleet.stream.split(SHARD_0);
    fleet.stream.trimRecords(SHARD_0, 11);
    fleet.join("b");
    fleet.time.pass(5_000);
    assertThat(fleet.checkpoint(0).isShardEnd()).isTrue();
    assertThat(fleet.world.gaps()).singleElement().asString().contains("neither the record");
  }

  @Test
  void a_worker_whose_old_call_never_returns_can_process_the_shard_when_it_is_given_it_again() {
    Fleet fleet = new Fleet(2);
    SimulatedWorker a = fleet.join("a");
    fleet.time.pass(1_000);
    a.habits().neverReturns = true;
    fleet.flow(1_000);
    a.habits().neverReturns = false;
    a.network().storeCut = true;
    SimulatedWorker b = fleet.join("b");
    fleet.flow(10_000);
    assertThat(fleet.owned(b)).hasSize(2);
    a.network().storeCut = false;
    fleet.flow(30_000);
    assertThat(fleet.owned(a)).hasSize(1);
    fleet.time.pass(2_000);
    assertThat(fleet.everythingProcessed()).isTrue();
    assertThat(fleet.notices()).anyMatch(n -> n.contains("its lease is lost"));
  }

  @Test
  void workers_with_different_heartbeat_intervals_give_each_other_the_same_time() {
    for (int phase = 0; phase < 1_250; phase += 100) {
      Fleet fleet = new Fleet(2);
      SimulatedWorker often =
          fleet.world.join("a", WorkerSettings.DEFAULTS.withFailover(6_000, 200));
      SimulatedWorker seldom =
          fleet.world.join("b", WorkerSettings.DEFAULTS.withFailover(6_000, 1_250));
      fleet.flow(12_000 + phase);
      assertThat(fleet.owned(often)).hasSize(1);
      often.habits().checkpoints = false; // so that it goes on while it may
      often.network().storeCut = true;
      fleet.flow(12_000); // a delivery under a lease that is gone would end the test here
      assertThat(fleet.owned(seldom)).hasSize(2);
    }
  }

  @Test
  void every_worker_stops_when_the_stream_was_created_anew() {
    Fleet fleet = new Fleet(1);
    for (String name : List.of("a", "b", "c", "d", "e", "f")) {
      fleet.join(name);
    }
    fleet.flow(5_000);
    fleet.world.over();
    fleet.stream.recreate();
    fleet.time.pass(95_000); // the first audit of each comes within 90 seconds
    assertThat(fleet.world.workers())
        .allSatisfy(worker -> assertThat(worker.failure()).hasMessageContaining("created again"));
  }

  @Test
  void session_rows_that_a_hand_back_removed_do_not_come_back() {
    Fleet fleet = new Fleet(1);
    SimulatedWorker a = fleet.join("a");
    fleet.flow(3_000);
    fleet.world.over();
    fleet.world.truth().rows().removeSessionsAndApplication();
    fleet.time.pass(20_000);
    assertThat(a.failure()).hasMessageContaining("handed back to another library");
    assertThat(fleet.world.truth().rows().readPage(0).toCompletableFuture().join()).isEmpty();
  }

  @Test
  void a_release_whose_answer_is_late_is_no_lost_lease_when_the_table_shows_it() {
    Fleet fleet = new Fleet(4, new SlowGiving(4_000));
    SimulatedWorker a = fleet.join("a");
    SimulatedWorker b = fleet.join("b");
    fleet.flow(15_000);
    assertThat(fleet.owned(a)).hasSize(2);
    SortedMap<String, Long> before = new TreeMap<>(fleet.world.journal().reached());
    a.leave();
    fleet.flow(500);
    b.leave(); // what it tells of its own leases makes the other one read the table
    fleet.flow(2_500);
    assertThat(fleet.world.leases()).allMatch(lease -> lease.owner() == null);
    assertThat(a.isDone()).isFalse();
    fleet.flow(6_000);
    assertThat(a.isDone() && b.isDone()).isTrue();
    SortedMap<String, Long> after = fleet.world.journal().reached();
    assertThat(after.get("lease lost")).isEqualTo(before.get("lease lost"));
    assertThat(after.get("lease given, drained"))
        .isEqualTo(before.getOrDefault("lease given, drained", 0L) + 4);
  }

  @Test
  void a_worker_that_leaves_with_many_leases_gives_away_so_many_at_a_time() {
    SlowGiving table = new SlowGiving(200);
    Fleet fleet = new Fleet(150, table);
    SimulatedWorker a = fleet.join("a");
    fleet.time.pass(10_000);
    assertThat(fleet.owned(a)).hasSize(150);
    a.leave();
    fleet.time.pass(5_000);
    assertThat(a.isDone()).isTrue();
    assertThat(fleet.world.leases()).allMatch(lease -> lease.owner() == null);
    assertThat(table.mostUnderWay()).isEqualTo(64);
  }

  @Test
  void a_row_created_in_place_of_a_removed_one_is_adopted_under_a_token_seen_before() {
    holds(
        new Scenario(
            12885L,
            1,
            2,
            InitialPosition.TRIM_HORIZON,
            List.of(
                new Fault(2_000, Kind.JOIN, 0, 0, 0),
                new Fault(8_427, Kind.ROW_REMOVED, 1, 18_477, 0),
                new Fault(20_000, Kind.ROW_REMOVED, 0, 0, 0))));
  }

  @Test
  void a_child_whose_listing_leaves_its_other_parent_out_waits_for_that_parent() {
    holds(
        new Scenario(
            51L,
            3,
            5,
            InitialPosition.TRIM_HORIZON,
            List.of(
                new Fault(6_138, Kind.STORE_STALE, -1, 832, 6_777),
                new Fault(6_477, Kind.RESHARD, 0, 17_895, 2_205),
                new Fault(7_879, Kind.PROCESS_SLOW, -1, 10_893, 5_181),
                new Fault(10_881, Kind.CRASH, -1, 8_752, 8_346),
                new Fault(13_417, Kind.LISTING_LATE, 0, 10_631, 8_608),
                new Fault(15_329, Kind.LISTING_INCOMPLETE, -1, 9_577, 33))));
  }

  @Test
  void a_batch_that_arrives_while_the_fence_is_closed_for_a_moment_is_delivered() {
    // after the pause: an answer of the stream, and then that of a heartbeat, in one turn
    holds(
        new Scenario(
            4588L,
            4,
            6,
            InitialPosition.LATEST,
            List.of(
                new Fault(3_000, Kind.STORE_SLOW, -1, 5_250, 212),
                new Fault(8_177, Kind.PAUSE, 1, 4_308, 0))));
  }

  @Test
  void a_shard_whose_named_child_has_expired_meanwhile_is_finished_all_the_same() {
    holds(
        new Scenario(
            8985L,
            4,
            6,
            InitialPosition.TRIM_HORIZON,
            List.of(
                new Fault(6_307, Kind.RESHARD, 0, 23_954, 629),
                new Fault(10_035, Kind.LISTING_LATE, 1, 11_163, 9_339),
                new Fault(22_405, Kind.STORE_REFUSES, -1, 5_382, 30),
                new Fault(26_163, Kind.TRIM, 1, 357, 2_942))));
  }

  @Test
  void where_one_child_of_two_has_expired_its_successors_are_found_beside_the_other() {
    holds(
        new Scenario(
            22946L,
            3,
            1,
            InitialPosition.TRIM_HORIZON,
            List.of(
                new Fault(4_468, Kind.RESHARD, 0, 11_933, 1_345),
                new Fault(13_473, Kind.LISTING_LATE, -1, 8_700, 8_378),
                new Fault(21_602, Kind.TRIM, -1, 263, 5_593))));
  }

  @Test
  void a_worker_told_to_leave_while_it_joins_an_empty_table_leaves_quietly() {
    holds(
        new Scenario(
            31270L,
            1,
            1,
            InitialPosition.TRIM_HORIZON,
            List.of(new Fault(0, Kind.VISIT, 1, 32, 2))));
    holds(
        new Scenario(
            36584L,
            2,
            1,
            InitialPosition.TRIM_HORIZON,
            List.of(new Fault(217, Kind.ROLL, 15, 358, 0))));
  }

  @Test
  void poison_grows_old_although_the_wall_clock_was_set_back() {
    holds(
        new Scenario(
            30589L,
            1,
            1,
            InitialPosition.LATEST,
            List.of(
                new Fault(9_910, Kind.WALL_JUMP, 7, 401, -3_049_916),
                new Fault(16_167, Kind.POISON, -1, 458, 10))));
    holds(
        new Scenario(
            36936L,
            1,
            1,
            InitialPosition.LATEST,
            List.of(
                new Fault(22_605, Kind.POISON, 11, 1_681, 8),
                new Fault(29_360, Kind.WALL_JUMP, 12, 442, -3_456_121))));
  }

  @Test
  void a_fence_that_the_wall_clock_closed_stays_closed_when_the_clock_is_set_back() {
    holds(
        new Scenario(
            57607L,
            3,
            5,
            InitialPosition.TRIM_HORIZON,
            List.of(
                new Fault(14_506, Kind.SUSPEND, 8, 21_519, 0),
                new Fault(36_110, Kind.WALL_JUMP, -1, 465, -1_748_977))));
  }

  private static void holds(Scenario scenario) {
    Run.Result result = Run.of(scenario, Mutation.NONE, 100);
    assertThat(result.violation()).as(result.trace()).isNull();
  }
}
