package io.millrace.kcl.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReadPacerTest {

  private final ReadPacer pacer = new ReadPacer(1_000, 0);

  /** Reads as early as allowed; each read gives so many records and bytes. Returns when. */
  private List<Long> reads(int count, int records, long bytes, long behind) {
    List<Long> times = new ArrayList<>();
    long now = 0;
    for (int i = 0; i < count; i++) {
      now = pacer.nextReadAt(now);
      times.add(now);
      pacer.reading(now);
      pacer.read(records, bytes, behind, now);
    }
    return times;
  }

  @Test
  void a_shard_that_is_behind_is_read_at_most_five_times_in_any_second() {
    List<Long> times = reads(50, 10, 1_000, 60_000);
    for (int i = 5; i < times.size(); i++) {
      assertThat(times.get(i) - times.get(i - 5)).isGreaterThanOrEqualTo(1_000);
    }
    assertThat(times.get(49)).isLessThan(11_000);
  }

  @Test
  void ten_megabytes_are_followed_by_silence_until_the_rate_is_two_a_second() {
    List<Long> times = reads(6, 10, 10_000_000, 60_000);
    assertThat(times.get(5) - times.get(1)).isBetween(19_000L, 21_000L);
  }

  @Test
  void an_empty_shard_is_read_once_a_second_after_ten_seconds() {
    List<Long> times = reads(100, 0, 0, 0);
    assertThat(times.get(99) - times.get(98)).isEqualTo(1_000);
    assertThat(times.get(5) - times.get(4)).isLessThan(300);
  }

  @Test
  void empty_pages_before_the_data_do_not_slow_reading_down() {
    List<Long> times = reads(100, 0, 0, 5_000);
    assertThat(times.get(99) - times.get(98)).isLessThan(300);
  }
}
