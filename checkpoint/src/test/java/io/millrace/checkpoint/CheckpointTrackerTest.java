package io.millrace.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class CheckpointTrackerTest {

  private final CheckpointTracker tracker = new CheckpointTracker(Checkpoint.TRIM_HORIZON);

  private static Checkpoint at(long sequence) {
    return Checkpoint.at(SequenceNumber.of(Long.toString(sequence)), 0);
  }

  @Test
  void a_record_that_was_delivered_may_be_checkpointed() {
    tracker.delivered(at(10));
    assertThat(tracker.request(at(7))).isEmpty();
    assertThat(tracker.requested()).isEqualTo(at(7));
  }

  @Test
  void a_record_that_was_not_delivered_is_refused() {
    tracker.delivered(at(10));
    assertThat(tracker.request(at(11)).orElseThrow())
        .contains("11")
        .contains("not delivered")
        .contains("10");
    assertThat(tracker.requested()).isEqualTo(Checkpoint.TRIM_HORIZON);
  }

  @Test
  void the_rest_of_an_aggregate_is_not_covered_by_its_first_record() {
    tracker.delivered(Checkpoint.at(SequenceNumber.of("10"), 2));
    assertThat(tracker.request(Checkpoint.at(SequenceNumber.of("10"), 3))).isPresent();
    assertThat(tracker.request(Checkpoint.at(SequenceNumber.of("10"), 2))).isEmpty();
  }

  @Test
  void a_position_before_the_accepted_one_is_refused() {
    tracker.delivered(at(10));
    tracker.accepted(at(8));
    assertThat(tracker.request(at(7)).orElseThrow()).contains("before the checkpoint 8");
    assertThat(tracker.request(at(8))).isEmpty();
  }

  @Test
  void shard_end_is_refused_until_everything_was_delivered() {
    tracker.delivered(at(10));
    assertThat(tracker.request(Checkpoint.SHARD_END).orElseThrow()).contains("still to come");
    tracker.everythingDelivered();
    assertThat(tracker.request(Checkpoint.SHARD_END)).isEmpty();
  }

  @Test
  void a_sentinel_other_than_shard_end_is_no_checkpoint_to_move_to() {
    tracker.delivered(at(10));
    tracker.accepted(at(3));
    assertThat(tracker.request(Checkpoint.TRIM_HORIZON)).isPresent();
    assertThat(tracker.request(Checkpoint.LATEST)).isPresent();
  }

  @Test
  void delivering_a_batch_again_moves_nothing_back() {
    tracker.delivered(at(10));
    tracker.delivered(at(5));
    assertThat(tracker.lastDelivered()).isEqualTo(at(10));
  }

  @Test
  void an_accepted_checkpoint_never_moves_back() {
    tracker.accepted(at(5));
    assertThatThrownBy(() -> tracker.accepted(at(4)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("from 5 to 4");
  }
}
