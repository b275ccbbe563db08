package io.millrace.kcl.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.lease.LeaseKey;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Real workers on virtual time. */
class FleetTest {

  private static final LeaseKey SHARD_0 = FakeStream.shard(0);

  @Test
  void one_worker_processes_every_record_of_every_shard() {
    Fleet fleet = new Fleet(4);
    fleet.putEverywhere();
    Fleet.Member a = fleet.join("a");
    assertThat(fleet.time.passUntil(fleet::everythingProcessed, 1_000)).isTrue();
    fleet.flow(5_000);
    fleet.time.pass(1_000);
    assertThat(fleet.everythingProcessed()).isTrue();
    assertThat(fleet.duplicates()).isZero();
    assertThat(a.owned()).hasSize(4);
  }

  @Test
  void two_workers_share_the_shards_without_repeating_a_record() {
    Fleet fleet = new Fleet(4);
    Fleet.Member a = fleet.join("a");
    fleet.flow(2_000);
    Fleet.Member b = fleet.join("b");
    fleet.flow(12_000);
    fleet.time.pass(1_000);
    assertThat(a.owned()).hasSize(2);
    assertThat(b.owned()).hasSize(2);
    assertThat(fleet.everythingProcessed()).isTrue();
    assertThat(fleet.duplicates()).isZero();
  }

  @Test
  void a_crashed_workers_shards_go_on_within_the_failover_time_and_two_seconds() {
    Fleet fleet = new Fleet(4);
    Fleet.Member a = fleet.join("a");
    Fleet.Member b = fleet.join("b");
    fleet.flow(12_000);
    assertThat(a.owned()).hasSize(2);
    a.crash();
    long crashedAt = fleet.time.now();
    fleet.flow(8_000);
    assertThat(b.owned()).hasSize(4);
    for (LeaseKey shard : fleet.stream.openShards()) {
      long resumed =
          fleet.deliveries.stream()
              .filter(d -> d.shard().equals(shard) && d.worker().equals("b") && d.at() > crashedAt)
              .mapToLong(Fleet.Delivery::at)
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
    LeaseKey child = fleet.stream.merge(FakeStream.shard(0), FakeStream.shard(1));
    fleet.flow(5_000);
    assertThat(first(fleet, child))
        .isGreaterThan(
            Math.max(last(fleet, FakeStream.shard(0)), last(fleet, FakeStream.shard(1))));
    fleet.time.pass(1_000);
    assertThat(fleet.everythingProcessed()).isTrue();
    assertThat(fleet.duplicates()).isZero();
  }

  @Test
  void a_leaving_worker_hands_everything_over_and_nothing_is_repeated() {
    Fleet fleet = new Fleet(6);
    Fleet.Member a = fleet.join("a");
    Fleet.Member b = fleet.join("b");
    fleet.flow(12_000);
    assertThat(a.owned()).hasSize(3);
    a.loop.leave();
    fleet.flow(8_000);
    assertThat(a.stoppedCleanly).isTrue();
    assertThat(b.owned()).hasSize(6);
    fleet.time.pass(1_000);
    assertThat(fleet.everythingProcessed()).isTrue();
    assertThat(fleet.duplicates()).isZero();
  }

  @Test
  void a_zombie_delivers_nothing_after_it_fenced_itself_and_moves_no_checkpoint() {
    Fleet fleet = new Fleet(2);
    Fleet.Member a = fleet.join("a");
    Fleet.Member b = fleet.join("b");
    fleet.flow(10_000);
    a.cutOff = true;
    long cutAt = fleet.time.now();
    fleet.flow(10_000);
    assertThat(b.owned()).hasSize(2);
    assertThat(fleet.deliveries.stream().filter(d -> d.worker().equals("a")))
        .allMatch(d -> d.at() <= cutAt + 5_000);
    a.cutOff = false;
    fleet.flow(10_000);
    assertThat(a.calls).anyMatch(call -> call.startsWith("leaseLost"));
    assertThat(a.owned()).hasSize(1);
    fleet.time.pass(1_000);
    assertThat(fleet.everythingProcessed()).isTrue();
  }

  @Test
  void answers_that_get_lost_cost_time_but_no_record() {
    Fleet fleet = new Fleet(4);
    Fleet.Member a = fleet.join("a");
    Fleet.Member b = fleet.join("b");
    a.loseAnswers = true;
    b.loseAnswers = true;
    fleet.flow(20_000);
    fleet.stream.split(SHARD_0);
    fleet.flow(20_000);
    a.loop.leave();
    fleet.flow(15_000);
    a.loseAnswers = false;
    b.loseAnswers = false;
    fleet.time.pass(10_000);
    assertThat(fleet.everythingProcessed()).isTrue();
    assertThat(fleet.allOwnedBy(b)).isTrue();
  }

  @Test
  void a_batch_that_throws_is_delivered_again() {
    Fleet fleet = new Fleet(1);
    Fleet.Member a = fleet.join("a");
    a.failBatches = 3;
    fleet.putEverywhere();
    fleet.time.pass(10_000);
    assertThat(fleet.everythingProcessed()).isTrue();
    assertThat(fleet.notices).filteredOn(n -> n.contains("processRecords failed")).hasSize(3);
  }

  @Test
  void a_processor_that_does_not_checkpoint_at_shard_end_is_called_again_and_said() {
    Fleet fleet = new Fleet(1);
    Fleet.Member a = fleet.join("a");
    a.checkpointsAtEnd = false;
    fleet.flow(1_000);
    fleet.stream.split(SHARD_0);
    fleet.time.pass(5_000);
    assertThat(fleet.checkpoint(0).isShardEnd()).isFalse();
    assertThat(fleet.notices).anyMatch(n -> n.contains("did not checkpoint"));
    a.checkpointsAtEnd = true;
    fleet.time.pass(10_000);
    assertThat(fleet.checkpoint(0).isShardEnd()).isTrue();
  }

  @Test
  void a_latest_application_starts_its_children_at_its_own_start_and_reads_nothing_older() {
    Fleet fleet = new Fleet(1);
    fleet.start = new EngineSettings.Start(EngineSettings.InitialPosition.LATEST, null);
    fleet.stream.put(SHARD_0, "old");
    fleet.time.pass(60_000);
    fleet.join("a");
    fleet.time.pass(100);
    fleet.putEverywhere();
    fleet.stream.split(SHARD_0);
    fleet.putEverywhere();
    fleet.time.pass(5_000);
    assertThat(fleet.processed()).doesNotContain("old");
    assertThat(fleet.everythingProcessed()).isTrue();
  }

  @Test
  void a_crash_before_the_first_checkpoint_loses_nothing_of_a_latest_application() {
    Fleet fleet = new Fleet(1);
    fleet.start = new EngineSettings.Start(EngineSettings.InitialPosition.LATEST, null);
    Fleet.Member a = fleet.join("a");
    fleet.time.pass(200);
    a.neverReturns = true;
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
    Fleet.Member a = fleet.join("a");
    fleet.flow(1_000);
    fleet.time.pass(1_000);
    a.loop.leave();
    fleet.time.pass(5_000);
    for (int i = 0; i < 10; i++) {
      fleet.stream.put(SHARD_0, "late" + i);
    }
    fleet.stream.trim(SHARD_0, 15);
    fleet.join("b");
    fleet.time.pass(3_000);
    assertThat(fleet.gaps).singleElement().asString().contains("retention has overtaken");
    assertThat(fleet.processed()).contains("late5", "late9").doesNotContain("late4");
  }

  @Test
  void a_closed_shard_that_expired_unread_is_reported_and_lineage_goes_on() {
    Fleet fleet = new Fleet(1);
    Fleet.Member a = fleet.join("a");
    fleet.flow(1_000);
    fleet.time.pass(1_000);
    a.loop.leave();
    fleet.time.pass(5_000);
    List<LeaseKey> children = fleet.stream.split(SHARD_0);
    fleet.stream.expire(SHARD_0);
    fleet.putEverywhere();
    fleet.join("b");
    fleet.time.pass(10_000);
    assertThat(fleet.gaps).anyMatch(g -> g.contains("the shard has expired"));
    assertThat(fleet.leases()).extracting(l -> l.key()).containsAll(children);
    assertThat(fleet.everythingProcessed()).isTrue();
  }

  @Test
  void a_deleted_stream_stops_the_worker_with_an_error() {
    Fleet fleet = new Fleet(1);
    Fleet.Member a = fleet.join("a");
    fleet.flow(1_000);
    fleet.stream.delete();
    fleet.time.pass(20_000);
    assertThat(a.failure).hasMessageContaining("does not exist any more");
  }

  @Test
  void a_stream_created_anew_stops_the_worker_with_an_error() {
    Fleet fleet = new Fleet(1);
    Fleet.Member a = fleet.join("a");
    fleet.flow(1_000);
    fleet.stream.recreate();
    fleet.time.pass(130_000);
    assertThat(a.failure).hasMessageContaining("was deleted and created again");
    Fleet.Member b = fleet.join("b");
    fleet.time.pass(1_000);
    assertThat(b.failure).hasMessageContaining("was deleted and created again");
  }

  @Test
  void a_table_that_disappears_stops_the_worker_with_an_error() {
    Fleet fleet = new Fleet(1);
    Fleet.Member a = fleet.join("a");
    fleet.flow(1_000);
    fleet.table.dropTable();
    fleet.time.pass(5_000);
    assertThat(a.failure).isNotNull();
    assertThat(a.calls).anyMatch(call -> call.startsWith("leaseLost"));
  }

  @Test
  void a_processor_that_never_returns_is_abandoned_at_the_deadline_and_its_lease_released() {
    Fleet fleet = new Fleet(1);
    Fleet.Member a = fleet.join("a");
    fleet.time.pass(1_000);
    a.neverReturns = true;
    fleet.putEverywhere();
    fleet.time.pass(1_000);
    a.loop.leave();
    fleet.time.pass(20_000);
    assertThat(a.stoppedCleanly).isFalse();
    assertThat(fleet.lease(SHARD_0).owner()).isNull();
    assertThat(fleet.notices).anyMatch(n -> n.contains("is abandoned"));
  }

  @Test
  void two_workers_with_one_worker_id_share_the_shards() {
    Fleet fleet = new Fleet(4);
    fleet.join("same");
    fleet.join("same");
    fleet.flow(15_000);
    fleet.time.pass(1_000);
    assertThat(fleet.leases()).extracting(l -> l.owner()).doesNotContainNull();
    assertThat(fleet.leases().stream().map(l -> l.owner()).distinct()).hasSize(2);
    assertThat(fleet.everythingProcessed()).isTrue();
    assertThat(fleet.duplicates()).isZero();
  }

  @Test
  void an_outage_of_the_store_for_everybody_expires_nobody() {
    Fleet fleet = new Fleet(4);
    Fleet.Member a = fleet.join("a");
    Fleet.Member b = fleet.join("b");
    fleet.flow(12_000);
    List<String> before = fleet.leases().stream().map(l -> l.owner()).toList();
    a.cutOff = true;
    b.cutOff = true;
    fleet.flow(30_000);
    a.cutOff = false;
    b.cutOff = false;
    fleet.flow(15_000);
    assertThat(fleet.leases().stream().map(l -> l.owner()).toList()).isEqualTo(before);
    fleet.time.pass(2_000);
    assertThat(fleet.everythingProcessed()).isTrue();
  }

  @Test
  void a_shard_is_read_at_most_five_times_a_second_and_once_when_idle() {
    Fleet fleet = new Fleet(1);
    fleet.join("a");
    fleet.flow(5_000);
    List<Long> reads = fleet.stream.readsOf(SHARD_0);
    for (int i = 5; i < reads.size(); i++) {
      assertThat(reads.get(i) - reads.get(i - 5)).isGreaterThanOrEqualTo(990);
    }
    fleet.time.pass(15_000);
    int before = fleet.stream.readsOf(SHARD_0).size();
    fleet.time.pass(10_000);
    assertThat(fleet.stream.readsOf(SHARD_0).size() - before).isLessThanOrEqualTo(10);
  }

  private static long first(Fleet fleet, LeaseKey shard) {
    return fleet.deliveries.stream()
        .filter(d -> d.shard().equals(shard))
        .mapToLong(Fleet.Delivery::at)
        .min()
        .orElseThrow();
  }

  private static long last(Fleet fleet, LeaseKey shard) {
    return fleet.deliveries.stream()
        .filter(d -> d.shard().equals(shard))
        .mapToLong(Fleet.Delivery::at)
        .max()
        .orElseThrow();
  }
}
