package io.millrace.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.kcl.engine.CheckpointRule;
import io.millrace.kcl.engine.FailureRule;
import io.millrace.kcl.engine.FailureRule.Then;
import io.millrace.kcl.health.ShardHealth;
import io.millrace.kcl.health.ShardState;
import io.millrace.lease.LeaseKey;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A shard that stands still is reported with the right reason, for each reason there is. */
class StandstillTest {

  private static final LeaseKey SHARD = SimulatedStream.shard(0);

  private final Fleet fleet = new Fleet(1);

  private SimulatedWorker started(Then then) {
    fleet.policies(new FailureRule(2, FailureRule.FOR_EVER, true, then), CheckpointRule.BY_HAND);
    SimulatedWorker worker = fleet.join("a");
    fleet.flow(3_000);
    return worker;
  }

  private SimulatedWorker started() {
    fleet.policies(FailureRule.RETRY_FOR_EVER, CheckpointRule.BY_HAND);
    SimulatedWorker worker = fleet.join("a");
    fleet.flow(3_000);
    return worker;
  }

  /** Lets the shard stand still for a while, and expects to be told why. */
  private ShardHealth expect(SimulatedWorker worker, ShardState state) {
    fleet.flow(Fleet.STALL_MILLIS + 15_000);
    List<ShardHealth> said = worker.standstills();
    assertThat(said).extracting(ShardHealth::state).containsExactly(state);
    assertThat(said.get(0).since()).isGreaterThanOrEqualTo(Duration.ofMillis(Fleet.STALL_MILLIS));
    return said.get(0);
  }

  @Test
  void a_call_that_does_not_return() {
    SimulatedWorker worker = started();
    worker.habits().blocks = true;
    ShardHealth said = expect(worker, ShardState.PROCESSOR_STUCK);
    assertThat(said.explanation()).startsWith("processRecords has not returned for 1");
    assertThat(said.fencingToken()).isEqualTo(1);
  }

  @Test
  void a_processor_that_throws() {
    SimulatedWorker worker = started();
    worker.habits().throwsAt = 100;
    assertThat(expect(worker, ShardState.RETRYING).explanation())
        .contains("processRecords has failed", "process throws");
  }

  @Test
  void an_initialize_that_throws() {
    fleet.policies(FailureRule.RETRY_FOR_EVER, CheckpointRule.BY_HAND);
    SimulatedWorker worker = fleet.join("a");
    worker.habits().initializeThrowsAt = 100;
    assertThat(expect(worker, ShardState.RETRYING).explanation())
        .contains("initialize has failed", "initialize throws");
  }

  @Test
  void dead_letters_that_cannot_be_stored() {
    SimulatedWorker worker = started(Then.DEAD_LETTER);
    worker.habits().deadLettersFail = 100;
    fleet.putPoison(SHARD);
    assertThat(expect(worker, ShardState.DEAD_LETTERS_REFUSED).explanation())
        .contains("dead letters are refused");
  }

  @Test
  void a_shard_that_its_policy_stopped() {
    SimulatedWorker worker = started(Then.STOP);
    fleet.putPoison(SHARD);
    assertThat(expect(worker, ShardState.STOPPED).explanation())
        .contains("stopped by the failure policy", "a poison record");
  }

  @Test
  void a_pause() {
    SimulatedWorker worker = started();
    worker.loop().pause(SHARD, "maintenance");
    assertThat(expect(worker, ShardState.PAUSED).explanation()).contains("maintenance");
  }

  @Test
  void a_shard_end_that_nobody_checkpoints() {
    SimulatedWorker worker = started();
    worker.habits().checkpointsAtEnd = false;
    fleet.stream.split(SHARD);
    fleet.time.pass(30_000);
    assertThat(worker.standstills())
        .filteredOn(h -> h.shardId().equals(SHARD.value()))
        .extracting(ShardHealth::state)
        .containsExactly(ShardState.END_NOT_CHECKPOINTED);
  }

  @Test
  void reads_that_are_throttled() {
    SimulatedWorker worker = started();
    worker.network().streamThrottled = 100;
    expect(worker, ShardState.THROTTLED);
  }

  @Test
  void reads_that_fail() {
    SimulatedWorker worker = started();
    worker.network().streamUnavailable = 100;
    expect(worker, ShardState.UNREADABLE);
  }

  @Test
  void a_byte_budget_that_others_have_used_up() {
    Fleet four = new Fleet(4);
    four.prefetch(1 << 17);
    four.policies(FailureRule.RETRY_FOR_EVER, CheckpointRule.BY_HAND);
    SimulatedWorker worker = four.join("a");
    four.flow(3_000);
    // the pauses keep what was read ahead
    for (int shard = 0; shard < 3; shard++) {
      worker.loop().pause(SimulatedStream.shard(shard), "maintenance");
      four.stream.put(SimulatedStream.shard(shard), 60_000);
    }
    four.time.pass(5_000);
    four.flow(40_000);
    assertThat(worker.standstills())
        .filteredOn(h -> h.shardId().equals(SimulatedStream.shard(3).value()))
        .extracting(ShardHealth::state)
        .containsExactly(ShardState.WAITING_FOR_MEMORY);
  }

  @Test
  void a_worker_whose_heartbeats_do_not_get_through() {
    SimulatedWorker worker = started();
    worker.network().storeCut = true;
    expect(worker, ShardState.FENCED);
  }

  @Test
  void a_child_whose_parent_is_not_finished() {
    SimulatedWorker worker = started();
    worker.loop().pause(SHARD, "maintenance");
    LeaseKey child = fleet.stream.split(SHARD).get(0);
    worker.loop().resume(SHARD);
    worker.habits().checkpointsAtEnd = false;
    fleet.time.pass(30_000);
    assertThat(worker.standstills())
        .filteredOn(h -> h.shardId().equals(child.value()))
        .extracting(ShardHealth::state)
        .containsExactly(ShardState.WAITING_FOR_PARENT);
    assertThat(
            worker.standstills().stream()
                .filter(h -> h.shardId().equals(child.value()))
                .findFirst()
                .orElseThrow()
                .explanation())
        .contains("parent " + SHARD, "owned by a");
  }

  @Test
  void a_lease_for_which_no_worker_has_room() {
    Fleet two = new Fleet(2);
    two.policies(FailureRule.RETRY_FOR_EVER, CheckpointRule.BY_HAND);
    two.maxLeases(1);
    SimulatedWorker worker = two.join("a");
    two.flow(40_000);
    assertThat(worker.standstills())
        .extracting(ShardHealth::state)
        .containsExactly(ShardState.OWNED_BY_NOBODY);
    assertThat(worker.standstills().get(0).isHeld()).isFalse();
  }

  @Test
  void a_shard_that_moves_again_is_told_too() {
    SimulatedWorker worker = started();
    worker.loop().pause(SHARD, "maintenance");
    expect(worker, ShardState.PAUSED);
    worker.loop().resume(SHARD);
    fleet.flow(10_000);
    assertThat(fleet.world.journal().reached()).containsKey("moves again");
  }

  @Test
  void
      a_worker_that_starts_beside_one_of_another_library_takes_none_of_its_leases_and_says_whose() {
    Fleet two = new Fleet(2);
    two.policies(FailureRule.RETRY_FOR_EVER, CheckpointRule.BY_HAND);
    SimulatedWorker first = two.join("a");
    two.flow(3_000);
    two.world.truth().takeForeign(SHARD);
    first.leave();
    two.flow(5_000);

    SimulatedWorker second = two.join("b");
    two.flow(90_000); // longer than it would watch one that is dead

    assertThat(second.failure()).as("a restart is not blocked by one stray process").isNull();
    assertThat(two.owned(second)).containsExactly(SimulatedStream.shard(1));
    assertThat(second.standstills())
        .extracting(ShardHealth::state)
        .containsExactly(ShardState.OWNED_BY_ANOTHER_LIBRARY);
    assertThat(second.standstills().get(0).explanation())
        .startsWith("owned by a-worker-of-another-library, which is no worker of this library; ");
    assertThat(second.notices())
        .anyMatch(said -> said.contains("is owned by a-worker-of-another-library"))
        .anyMatch(said -> said.contains("A worker of another library is at work"));

    two.world.truth().letGoForeign(SHARD);
    two.flow(15_000);
    two.time.pass(5_000);
    assertThat(two.owned(second)).hasSize(2);
    assertThat(two.everythingProcessed()).isTrue();
  }
}
