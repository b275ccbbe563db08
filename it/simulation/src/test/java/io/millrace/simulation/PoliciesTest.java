package io.millrace.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.engine.CheckpointRule;
import io.millrace.kcl.engine.FailureRule;
import io.millrace.kcl.engine.FailureRule.Then;
import io.millrace.lease.LeaseKey;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of a poison record under each policy, with real workers on virtual time. */
class PoliciesTest {

  private static final LeaseKey SHARD = SimulatedStream.shard(0);
  private static final CheckpointRule EACH_BATCH = new CheckpointRule(true, 1, Long.MAX_VALUE);

  private static FailureRule isolating(Then then) {
    return new FailureRule(3, FailureRule.FOR_EVER, true, then);
  }

  private static Checkpoint position(long number) {
    return Checkpoint.at(SimulatedStream.sequence(number), 0);
  }

  @Test
  void by_default_a_poison_record_holds_its_shard_up_and_no_other() {
    Fleet fleet = new Fleet(2);
    fleet.join("a");
    fleet.flow(2_000);
    long poison = fleet.putPoison(SHARD);
    fleet.flow(60_000);
    assertThat(fleet.checkpoint(0)).isLessThan(position(poison));
    assertThat(fleet.checkpoint(1)).isGreaterThan(position(poison));
    fleet.world.healPoison();
    fleet.time.pass(20_000);
    assertThat(fleet.everythingProcessed()).isTrue();
    assertThat(fleet.processed()).contains(poison);
  }

  @Test
  void a_dead_letter_lets_the_shard_go_on_with_everything_else() {
    Fleet fleet = new Fleet(1);
    fleet.policies(isolating(Then.DEAD_LETTER), EACH_BATCH);
    fleet.join("a");
    fleet.flow(2_000);
    long poison = fleet.putPoison(SHARD);
    fleet.flow(10_000);
    fleet.time.pass(5_000);
    assertThat(fleet.everythingProcessed()).isTrue();
    assertThat(fleet.processed()).doesNotContain(poison);
    assertThat(fleet.checkpoint(0)).isGreaterThan(position(poison));
  }

  @Test
  void no_checkpoint_passes_a_record_whose_dead_letter_is_not_stored() {
    Fleet fleet = new Fleet(1);
    fleet.policies(isolating(Then.DEAD_LETTER), EACH_BATCH);
    SimulatedWorker a = fleet.join("a");
    fleet.flow(2_000);
    a.habits().deadLettersFail = 100;
    long poison = fleet.putPoison(SHARD);
    fleet.flow(60_000);
    assertThat(fleet.checkpoint(0)).isLessThan(position(poison));
    assertThat(fleet.processed().last()).isLessThan(poison);

    a.crash();
    SimulatedWorker b = fleet.join("b");
    fleet.flow(20_000);
    assertThat(b.isUp()).isTrue();
    fleet.time.pass(5_000);
    assertThat(fleet.everythingProcessed()).isTrue();
    assertThat(fleet.checkpoint(0)).isGreaterThan(position(poison));
  }

  @Test
  void a_stopped_shard_stays_where_it_is_until_it_is_resumed() {
    Fleet fleet = new Fleet(1);
    fleet.policies(isolating(Then.STOP), EACH_BATCH);
    SimulatedWorker a = fleet.join("a");
    fleet.flow(2_000);
    long poison = fleet.putPoison(SHARD);
    fleet.flow(60_000);
    assertThat(fleet.checkpoint(0)).isLessThan(position(poison));
    assertThat(fleet.owned(a)).hasSize(1);
    fleet.world.healPoison();
    fleet.flow(30_000);
    assertThat(fleet.checkpoint(0)).isLessThan(position(poison));
    a.loop().resume(SHARD);
    fleet.time.pass(5_000);
    assertThat(fleet.everythingProcessed()).isTrue();
  }

  @Test
  void automatic_checkpoints_by_time_come_without_further_records() {
    Fleet fleet = new Fleet(1);
    fleet.policies(FailureRule.RETRY_FOR_EVER, new CheckpointRule(true, 1_000_000, 5_000));
    SimulatedWorker a = fleet.join("a");
    fleet.time.pass(5_000);
    fleet.putEverywhere();
    fleet.time.pass(2_000);
    Checkpoint last = position(fleet.processed().last());
    assertThat(fleet.checkpoint(0)).isLessThan(last);
    fleet.time.pass(5_000);
    assertThat(fleet.checkpoint(0)).isEqualTo(last);
    assertThat(fleet.owned(a)).hasSize(1);
  }

  @Test
  void what_was_processed_is_checkpointed_when_a_shard_is_handed_over_or_ends() {
    Fleet fleet = new Fleet(2);
    fleet.policies(FailureRule.RETRY_FOR_EVER, new CheckpointRule(true, 1_000_000, 3_600_000));
    SimulatedWorker a = fleet.join("a");
    fleet.flow(5_000);
    fleet.join("b");
    fleet.flow(2_000);
    a.leave();
    fleet.flow(12_000);
    fleet.stream.split(SHARD);
    fleet.flow(10_000);
    fleet.time.pass(3_000);
    assertThat(fleet.checkpoint(0)).isEqualTo(Checkpoint.SHARD_END);
    assertThat(fleet.everythingProcessed()).isTrue();
    assertThat(fleet.duplicates()).isZero();
  }

  @Test
  void a_paused_shard_keeps_its_lease_and_goes_on_where_it_was() {
    Fleet fleet = new Fleet(2);
    SimulatedWorker a = fleet.join("a");
    fleet.flow(5_000);
    a.loop().pause(SHARD, "maintenance");
    fleet.time.pass(1_000);
    Checkpoint before = fleet.checkpoint(0);
    fleet.flow(120_000);
    assertThat(fleet.checkpoint(0)).isEqualTo(before);
    assertThat(fleet.owned(a)).hasSize(2);
    a.loop().resume(SHARD);
    fleet.time.pass(60_000);
    assertThat(fleet.everythingProcessed()).isTrue();
    assertThat(fleet.duplicates()).isZero();
  }

  @ParameterizedTest
  @EnumSource(Then.class)
  void under_each_policy_a_crash_at_any_moment_loses_nothing_and_passes_nothing_too_early(
      Then then) {
    // from before the poison is read until long after it was given up; the rules are checked at
    // every write and every call
    for (int crashAfter = 0; crashAfter < 2_600; crashAfter += 13) {
      for (CheckpointRule checkpoint : List.of(EACH_BATCH, CheckpointRule.BY_HAND)) {
        Fleet fleet = new Fleet(1);
        fleet.policies(isolating(then), checkpoint);
        SimulatedWorker a = fleet.join("a");
        fleet.flow(2_000);
        long poison = fleet.putPoison(SHARD);
        fleet.putEverywhere();
        fleet.time.pass(crashAfter);
        a.crash();
        SimulatedWorker b = fleet.join("b");
        fleet.flow(12_000);
        if (then == Then.STOP) {
          assertThat(fleet.checkpoint(0)).isLessThan(position(poison));
          fleet.world.healPoison();
          b.loop().resume(SHARD);
        }
        fleet.time.pass(8_000);
        assertThat(fleet.everythingProcessed()).as("crash after %s ms", crashAfter).isTrue();
        assertThat(fleet.checkpoint(0)).isGreaterThan(position(poison));
      }
    }
  }
}
