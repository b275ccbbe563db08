package io.millrace.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SessionIdTest {

  @Test
  void an_id_names_its_worker_its_page_and_its_place_in_it() {
    SessionId id = SessionId.create("worker-7", 12, 345_678_901_234L, 0xABCDEL);

    assertThat(id.workerId()).isEqualTo("worker-7");
    assertThat(id.page()).isEqualTo(12);
    assertThat(id.joins()).isEqualTo(345_678_901_234L);
    assertThat(id.value()).startsWith("worker-7@12.345678901234-");
    assertThat(id).hasToString(id.value());
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 35, 36, 1_295, 1_296, 46_655, 46_656, 0xFF_FFFF_FFFFL, -1})
  void every_random_number_gives_an_id_that_reads_back(long random) {
    SessionId id = SessionId.create("w", 0, 0, random);

    assertThat(SessionId.parse(id.value())).contains(id);
    assertThat(id.value().substring(id.value().lastIndexOf('-') + 1)).hasSizeBetween(4, 8);
  }

  @Test
  void a_short_random_part_is_filled_with_zeros() {
    assertThat(SessionId.create("w", 0, 0, 0)).hasToString("w@0.0-0000");
    assertThat(SessionId.create("w", 0, 0, 35)).hasToString("w@0.0-000z");
    assertThat(SessionId.create("w", 0, 0, 46_655)).hasToString("w@0.0-0zzz");
    assertThat(SessionId.create("w", 0, 0, 46_656)).hasToString("w@0.0-1000");
  }

  @Test
  void different_random_numbers_give_different_ids() {
    assertThat(SessionId.create("w", 0, 0, 1)).isNotEqualTo(SessionId.create("w", 0, 0, 36));
  }

  @Test
  void a_worker_id_may_look_like_a_session_id() {
    SessionId id = SessionId.create("a@1.2-abcd", 3, 4, 5);

    assertThat(id.workerId()).isEqualTo("a@1.2-abcd");
    assertThat(id.page()).isEqualTo(3);
    assertThat(id.joins()).isEqualTo(4);
  }

  @Test
  void a_worker_id_of_32_characters_stays_and_a_longer_one_is_shortened_to_them() {
    String fits = "x".repeat(32);
    assertThat(SessionId.create(fits, 0, 0, 1).workerId()).isEqualTo(fits);

    SessionId one = SessionId.create("x".repeat(32) + "1", 0, 0, 1);
    SessionId other = SessionId.create("x".repeat(32) + "2", 0, 0, 1);
    assertThat(one.workerId()).hasSize(32).startsWith("x".repeat(23) + "~");
    assertThat(one.workerId()).isNotEqualTo(other.workerId());
  }

  @Test
  void a_worker_id_outside_ascii_takes_no_more_bytes_than_characters() {
    SessionId id = SessionId.create("größe-☃", 0, 0, 1);

    assertThat(id.workerId()).startsWith("gr__e-_~").hasSizeLessThanOrEqualTo(32);
    assertThat(id.value().chars()).allMatch(c -> c < 128);
    assertThat(SessionId.create("groeße-☃", 0, 0, 1).workerId()).isNotEqualTo(id.workerId());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "worker",
        "host:1234:uuid",
        "w@0.0",
        "w@0.0-abc",
        "w@0.0-ABCD",
        "w@x.0-abcd",
        "w@-1.0-abcd",
        "w@1234567.0-abcd",
        "w@0.0-abcdefghijklmn",
        "w@0.1234567890123456789-abcd"
      })
  void an_owner_of_another_library_is_no_session_id(String owner) {
    assertThat(SessionId.parse(owner)).isEmpty();
    assertThatThrownBy(() -> new SessionId(owner))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + owner + "'");
  }

  @Test
  void a_negative_page_or_count_is_refused() {
    assertThatThrownBy(() -> SessionId.create("w", -1, 0, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-1");
    assertThatThrownBy(() -> SessionId.create("w", 0, -5, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-5");
  }
}
