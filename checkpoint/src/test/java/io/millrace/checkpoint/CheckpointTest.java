package io.millrace.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.checkpoint.Checkpoint.Position;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {

  private static final SequenceNumber NUMBER =
      SequenceNumber.of("49590338271490256608559692538361571095921575989136588898");

  static Stream<Checkpoint> sentinels() {
    return Stream.of(
        Checkpoint.TRIM_HORIZON, Checkpoint.LATEST, Checkpoint.AT_TIMESTAMP, Checkpoint.SHARD_END);
  }

  @ParameterizedTest
  @MethodSource("sentinels")
  void a_sentinel_reads_back_from_its_text_whatever_the_sub_sequence_number(Checkpoint sentinel) {
    assertThat(Checkpoint.parse(sentinel.text(), 0)).isSameAs(sentinel);
    assertThat(Checkpoint.parse(sentinel.text(), 12)).isSameAs(sentinel);
    assertThat(sentinel.sequenceNumber()).isEmpty();
    assertThat(sentinel.subSequenceNumber()).isZero();
    assertThat(sentinel).hasToString(sentinel.position().name());
  }

  @Test
  void a_position_reads_back_from_its_text_and_sub_sequence_number() {
    Checkpoint checkpoint = Checkpoint.at(NUMBER, Long.MAX_VALUE);

    Checkpoint read = Checkpoint.parse(checkpoint.text(), checkpoint.subSequenceNumber());

    assertThat(read).isEqualTo(checkpoint).hasSameHashCodeAs(checkpoint);
    assertThat(read.sequenceNumber()).contains(NUMBER);
    assertThat(read.position()).isEqualTo(Position.RECORD);
    assertThat(read).hasToString(NUMBER + "/" + Long.MAX_VALUE);
    assertThat(Checkpoint.at(NUMBER, 0)).hasToString(NUMBER.digits());
  }

  @Test
  void what_a_checkpoint_is_follows_from_its_position() {
    assertThat(sentinels().filter(Checkpoint::isInitial))
        .containsExactly(Checkpoint.TRIM_HORIZON, Checkpoint.LATEST, Checkpoint.AT_TIMESTAMP);
    assertThat(sentinels().filter(Checkpoint::isShardEnd)).containsExactly(Checkpoint.SHARD_END);
    assertThat(sentinels()).noneMatch(Checkpoint::isRecord);
    assertThat(Checkpoint.at(NUMBER, 0).isRecord()).isTrue();
    assertThat(Checkpoint.at(NUMBER, 0).isInitial()).isFalse();
  }

  @Test
  void records_order_by_number_then_sub_sequence_number_between_the_sentinels() {
    Checkpoint small = Checkpoint.parse("9", 0);
    Checkpoint large = Checkpoint.at(NUMBER, 0);
    Checkpoint within = Checkpoint.at(NUMBER, 1);

    assertThat(
            Stream.of(Checkpoint.SHARD_END, within, large, small, Checkpoint.TRIM_HORIZON).sorted())
        .containsExactly(Checkpoint.TRIM_HORIZON, small, large, within, Checkpoint.SHARD_END);
  }

  @Test
  void no_initial_position_is_ahead_of_another_though_they_differ() {
    assertThat(Checkpoint.LATEST)
        .isEqualByComparingTo(Checkpoint.TRIM_HORIZON)
        .isEqualByComparingTo(Checkpoint.AT_TIMESTAMP)
        .isNotEqualTo(Checkpoint.TRIM_HORIZON)
        .isNotEqualTo(Checkpoint.AT_TIMESTAMP);
  }

  @Test
  void checkpoints_within_one_aggregate_differ() {
    assertThat(Checkpoint.at(NUMBER, 1)).isNotEqualTo(Checkpoint.at(NUMBER, 2));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "trim_horizon", "SHARD_END ", "-5", "12a", "null"})
  void what_is_no_checkpoint_is_refused_with_the_value(String text) {
    assertThatThrownBy(() -> Checkpoint.parse(text, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "'");
  }

  @Test
  void a_negative_sub_sequence_number_is_refused_with_the_value() {
    assertThatThrownBy(() -> Checkpoint.at(NUMBER, -3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-3");
    assertThatThrownBy(() -> Checkpoint.parse("12", -3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-3");
  }
}
