package io.millrace.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.lease.LeaseKey;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Real workers on virtual time. */
class FleetTest {

  private static final LeaseKey SHARD_0 = SimulatedStream.shard(0);

  @Test
  void one_worker_processes_every_record_of_every_shard() {
    Fleet fleet = new Fleet(4);
    fleet.putEverywhere();
    SimulatedWorker a = fleet.join("a");
    assertThat(fleet.time.passUntil(fleet::everythingProcessed, 1_000)).isTrue();
    fleet.flow(5_000);
    fleet.time.pass(1_000);
    assertThat(fleet.everythingProcessed()).isTrue();
    assertThat(fleet.duplicates()).isZero();
    assertThat(fleet.owned(a)).hasSize(4);
  }

  @Test
  void two_workers_share_the_shards_without_repeating_a_record() {
    Fleet fleet = new Fleet(4);
    SimulatedWorker a = fleet.join("a");
    fleet.flow(2_000);
    SimulatedWorker b = fleet.join("b");
    fleet.flow(12_000);
    fleet.time.pass(1_000);
    assertThat(fleet.owned(a)).hasSize(2);
    assertThat(fleet.owned(b)).hasSize(2);
    assertThat(fleet.everythingProcessed()).isTrue();
    assertThat(fleet.duplicates()).isZero();
  }

  @Test
  void a_crashed_workers_shards_go_on_within_the_failover_time_and_two_seconds() {
    Fleet fleet = new Fleet(4);
    SimulatedWorker a = fleet.join("a");
    SimulatedWorker b = fleet.join("b");
    fleet.flow(12_000);
    assertThat(fleet.owned(a)).hasSize(2);
    a.crash();
    long crashedAt = fleet.time.now();
    fleet.flow(8_000);
    assertThat(fleet.owned(b)).hasSize(4);
    for (LeaseKey shard : fleet.stream.openShards()) {
      long resumed =
          fleet.world.deliveries().stream()
              .filter(
                  d -> d.shard().equals(shard) && d.worker().equals("b#1") && d.at() > crashedAt)
              .mapToLong(World.Delivery::at)
              .min()
              .orElseThrow();
      assertThat(resumed - crashedAt).isLessThanOrEqualTo(8_000);
    }
    fleet.time.pass(1_000);
    assertThat(fleet.everythingProcessed()).isTrue();
  }

  @Test
  void the_children_of_a_split_start_after_their_parent_is_finished() {
    Fleet fleet = new Fleet(2);
    fleet.join("a");
    fleet.join("b");
    fleet.flow(10_000);
    List<LeaseKey> children = fleet.stream.split(SHARD_0);
    long splitAt = fleet.time.now();
    fleet.flow(5_000);
    assertThat(fleet.checkpoint(0)).isEqualTo(Checkpoint.SHARD_END);
    long lastOfParent = last(fleet, SHARD_0);
    for (LeaseKey child : children) {
      assertThat(first(fleet, child)).isGreaterThan(lastOfParent);
      assertThat(first(fleet, child) - splitAt).isLessThan(1_500);
    }
    fleet.time.pass(1_000);
    assertThat(fleet.everythingProcessed()).isTrue();
    assertThat(fleet.duplicates()).isZero();
  }

  @Test
  void the_child_of_a_merge_waits_for_both_parents() {
    Fleet fleet = new Fleet(2);
    fleet.join("a");
    fleet.join("b");
    fleet.flow(10_000);
    LeaseKey child = fleet.stream.merge(SimulatedStream.shard(0), SimulatedStream.shard(1));
    fleet.flow(5_000);
    assertThat(first(fleet, child))
        .isGreaterThan(
            Math.max(last(fleet, SimulatedStream.shard(0)), last(fleet, SimulatedStream.shard(1))));
    fleet.time.pass(1_000);
    assertThat(fleet.everythingProcessed()).isTrue();
    assertThat(fleet.duplicates()).isZero();
  }

  @Test
  void a_leaving_worker_hands_everything_over_and_nothing_is_repeated() {
    Fleet fleet = new Fleet(6);
    SimulatedWorker a = fleet.join("a");
    SimulatedWorker b = fleet.join("b");
    fleet.flow(12_000);
    assertThat(fleet.owned(a)).hasSize(3);
    a.leave();
    fleet.flow(8_000);
    assertThat(a.stoppedCleanly()).isTrue();
    assertThat(fleet.owned(b)).hasSize(6);
    fleet.time.pass(1_000);
    assertThat(fleet.everythingProcessed()).isTrue();
    assertThat(fleet.duplicates()).isZero();
  }

  @Test
  void a_zombie_delivers_nothing_after_it_fenced_itself_and_moves_no_checkpoint() {
    Fleet fleet = new Fleet(2);
    SimulatedWorker a = fleet.join("a");
    SimulatedWorker b = fleet.join("b");
    fleet.flow(10_000);
    a.network().storeCut = true;
    long cutAt = fleet.time.now();
    fleet.flow(10_000);
    assertThat(fleet.owned(b)).hasSize(2);
    assertThat(fleet.world.deliveries().stream().filter(d -> d.worker().equals("a#0")))
        .allMatch(d -> d.at() <= cutAt + 5_000);
    a.network().storeCut = false;
    fleet.flow(10_000);
    assertThat(a.calls()).anyMatch(call -> call.startsWith("leaseLost"));
    assertThat(fleet.owned(a)).hasSize(1);
    fleet.time.pass(1_000);
    assertThat(fleet.everythingProcessed()).isTrue();
  }

  @Test
  void answers_that_get_lost_cost_time_but_no_record() {
    Fleet fleet = new Fleet(4);
    SimulatedWorker a = fleet.join("a");
    SimulatedWorker b = fleet.join("b");
    a.network().storeAnswersLost = 30;
    b.network().storeAnswersLost = 30;
    fleet.flow(20_000);
    fleet.stream.split(SHARD_0);
    fleet.flow(20_000);
    a.leave();
    fleet.flow(15_000);
    a.network().heal();
    b.network().heal();
    fleet.time.pass(10_000);
    assertThat(fleet.everythingProcessed()).isTrue();
    assertThat(fleet.allOwnedBy(b)).isTrue();
  }

  @Test
  void a_batch_that_throws_is_delivered_again() {
    Fleet fleet = new Fleet(1);
    SimulatedWorker a = fleet.join("a");
    a.habits().throwsAt = 100;
    fleet.putEverywhere();
    fleet.time.pass(2_000);
    a.habits().throwsAt = 0;
    fleet.time.pass(10_000);
    assertThat(fleet.everythingProcessed()).isTrue();
    assertThat(fleet.notices())
        .filteredOn(n -> n.contains("processRecords failed"))
        .hasSizeGreaterThan(1);
  }

  @Test
  void a_processor_that_does_not_checkpoint_at_shard_end_is_called_again_and_said() {
    Fleet fleet = new Fleet(1);
    SimulatedWorker a = fleet.join("a");
    a.habits().checkpointsAtEnd = false;
    fleet.flow(1_000);
    fleet.stream.split(SHARD_0);
    fleet.time.pass(5_000);
    assertThat(fleet.checkpoint(0).isShardEnd()).isFalse();
    assertThat(fleet.notices()).anyMatch(n -> n.contains("did not checkpoint"));
    a.habits().checkpointsAtEnd = true;
    fleet.time.pass(10_000);
    assertThat(fleet.checkpoint(0).isShardEnd()).isTrue();
  }

  @Test
  void a_latest_application_starts_its_children_at_its_own_start_and_reads_nothing_older() {
    Fleet fleet = new Fleet(1);
    fleet.startAtLatest();
    long old = fleet.stream.put(SHARD_0, 10).number;
    fleet.time.pass(60_000);
    fleet.join("a");
    fleet.time.pass(100);
    fleet.putEverywhere();
    fleet.stream.split(SHARD_0);
    fleet.putEverywhere();
    fleet.time.pass(5_000);
    assertThat(fleet.processed()).doesNotContain(old);
    assertThat(fleet.everythingProcessed()).isTrue();
  }

  @Test
  void a_crash_before_the_first_checkpoint_loses_nothing_of_a_latest_application() {
    Fleet fleet = new Fleet(1);
    fleet.startAtLatest();
    SimulatedWorker a = fleet.join("a");
    fleet.time.pass(200);
    a.habits().neverReturns = true;
    fleet.flow(1_000);
    a.crash();
    fleet.flow(3_000);
    fleet.join("b");
    fleet.time.pass(10_000);
    assertThat(fleet.everythingProcessed()).isTrue();
  }

  @Test
  void retention_that_overtakes_the_checkpoint_is_reported_as_a_gap() {
    Fleet fleet = new Fleet(1);
    SimulatedWorker a = fleet.join("a");
    fleet.flow(1_000);
    fleet.time.pass(1_000);
    a.leave();
    fleet.time.pass(5_000);
    List<Long> late = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      late.add(fleet.stream.put(SHARD_0, 10).number);
    }
    fleet.stream.trimRecords(SHARD_0, 15);
    fleet.join("b");
    fleet.time.pass(3_000);
    assertThat(fleet.world.gaps()).singleElement().asString().contains("retention has overtaken");
    assertThat(fleet.processed()).contains(late.get(5), late.get(9)).doesNotContain(late.get(4));
  }

  @Test
  void a_closed_shard_that_expired_unread_is_reported_and_lineage_goes_on() {
    Fleet fleet = new Fleet(1);
    SimulatedWorker a = fleet.join("a");
    fleet.flow(1_000);
    fleet.time.pass(1_000);
    a.leave();
    fleet.time.pass(5_000);
    List<LeaseKey> children = fleet.stream.split(SHARD_0);
    fleet.stream.expire(SHARD_0);
    fleet.putEverywhere();
    fleet.join("b");
    fleet.time.pass(10_000);
    assertThat(fleet.world.gaps()).anyMatch(g -> g.contains("the shard has expired"));
    assertThat(fleet.world.leases()).extracting(l -> l.key()).containsAll(children);
    assertThat(fleet.everythingProcessed()).isTrue();
  }

  @Test
  void a_deleted_stream_stops_the_worker_with_an_error() {
    Fleet fleet = new Fleet(1);
    SimulatedWorker a = fleet.join("a");
    fleet.flow(1_000);
    fleet.world.over();
    fleet.stream.delete();
    fleet.time.pass(20_000);
    assertThat(a.failure()).hasMessageContaining("does not exist any more");
  }

  @Test
  void a_stream_created_anew_stops_the_worker_with_an_error() {
    Fleet fleet = new Fleet(1);
    SimulatedWorker a = fleet.join("a");
    fleet.flow(1_000);
    fleet.world.over();
    fleet.stream.recreate();
    fleet.time.pass(130_000);
    assertThat(a.failure()).hasMessageContaining("was deleted and created again");
    SimulatedWorker b = fleet.join("b");
    fleet.time.pass(1_000);
    assertThat(b.failure()).hasMessageContaining("was deleted and created again");
  }

  @Test
  void a_table_that_disappears_stops_the_worker_with_an_error() {
    Fleet fleet = new Fleet(1);
    SimulatedWorker a = fleet.join("a");
    fleet.flow(1_000);
    fleet.world.over();
    fleet.world.truth().rows().dropTable();
    fleet.time.pass(5_000);
    assertThat(a.failure()).isNotNull();
    assertThat(a.calls()).anyMatch(call -> call.startsWith("leaseLost"));
  }

  @Test
  void a_processor_that_never_returns_is_abandoned_at_the_deadline_and_its_lease_released() {
    Fleet fleet = new Fleet(1);
    SimulatedWorker a = fleet.join("a");
    fleet.time.pass(1_000);
    a.habits().neverReturns = true;
    fleet.putEverywhere();
    fleet.time.pass(1_000);
    a.leave();
    fleet.time.pass(20_000);
    assertThat(a.stoppedCleanly()).isFalse();
    assertThat(fleet.world.truth().row(SHARD_0).orElseThrow().owner()).isNull();
    assertThat(fleet.notices()).anyMatch(n -> n.contains("is abandoned"));
  }

  @Test
  void two_workers_with_one_worker_id_share_the_shards() {
    Fleet fleet = new Fleet(4);
    fleet.join("same");
    fleet.join("same");
    fleet.flow(15_000);
    fleet.time.pass(1_000);
    assertThat(fleet.world.leases()).extracting(l -> l.owner()).doesNotContainNull();
    assertThat(fleet.world.leases().stream().map(l -> l.owner()).distinct()).hasSize(2);
    assertThat(fleet.everythingProcessed()).isTrue();
    assertThat(fleet.duplicates()).isZero();
  }

  @Test
  void an_outage_of_the_store_for_everybody_expires_nobody() {
    Fleet fleet = new Fleet(4);
    SimulatedWorker a = fleet.join("a");
    SimulatedWorker b = fleet.join("b");
    fleet.flow(12_000);
    List<String> before = fleet.world.leases().stream().map(l -> l.owner()).toList();
    a.network().storeCut = true;
    b.network().storeCut = true;
    fleet.flow(30_000);
    a.network().storeCut = false;
    b.network().storeCut = false;
    fleet.flow(15_000);
    assertThat(fleet.world.leases().stream().map(l -> l.owner()).toList()).isEqualTo(before);
    fleet.time.pass(2_000);
    assertThat(fleet.everythingProcessed()).isTrue();
  }

  @Test
  void a_shard_is_read_at_most_five_times_a_second_and_once_when_idle() {
    Fleet fleet = new Fleet(1);
    SimulatedWorker a = fleet.join("a");
    fleet.flow(5_000);
    // more than five a second is a violation of its own, at any time of any test
    assertThat(reads(a)).hasSizeGreaterThanOrEqualTo(4);
    fleet.time.pass(15_000);
    List<Long> idle = reads(a);
    for (int i = 1; i < idle.size(); i++) {
      assertThat(idle.get(i) - idle.get(i - 1)).isGreaterThanOrEqualTo(990);
    }
  }

  @Test
  void processors_that_block_leave_the_other_shards_their_part_of_the_byte_budget() {
    Fleet fleet = new Fleet(8);
    SimulatedWorker a = fleet.world.join("a", WorkerSettings.DEFAULTS.withReading(10_000, 1 << 20));
    fleet.time.pass(3_000);
    a.habits().blockedShards = new TreeSet<>(fleet.stream.openShards().subList(0, 5));
    List<LeaseKey> free = fleet.stream.openShards().subList(5, 8);
    for (int i = 0; i < 60; i++) {
      for (LeaseKey shard : fleet.stream.openShards()) {
        for (int record = 0; record < 6; record++) {
          fleet.stream.put(shard, 15_000); // in one read
        }
      }
      fleet.time.pass(2_000);
      a.requireBufferedAtMost(1 << 20);
    }
    fleet.time.pass(2_000);
    for (LeaseKey shard : free) {
      assertThat(fleet.stream.state(shard).entries).allMatch(entry -> entry.processed);
    }
  }

  private static List<Long> reads(SimulatedWorker worker) {
    return worker.streamLink().readsOf(SHARD_0);
  }

  private static long first(Fleet fleet, LeaseKey shard) {
    return fleet.world.deliveries().stream()
        .filter(d -> d.shard().equals(shard))
        .mapToLong(World.Delivery::at)
        .min()
        .orElseThrow();
  }

  private static long last(Fleet fleet, LeaseKey shard) {
    return fleet.world.deliveries().stream()
        .filter(d -> d.shard().equals(shard))
        .mapToLong(World.Delivery::at)
        .max()
        .orElseThrow();
  }
}
