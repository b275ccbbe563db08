package io.millrace.kcl.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class RateAverageTest {

  private static final long START = -5_000;

  private static RateAverage steady(RateAverage from, int perSecond, int seconds) {
    RateAverage rate = from;
    for (int i = 0; i < seconds; i++) {
      rate = rate.plus(perSecond, rate.atMillis() + 1_000);
    }
    return rate;
  }

  @Test
  void a_steady_rate_is_known_from_the_first_second_on() {
    RateAverage first = RateAverage.startingAt(START).plus(100, START + 1_000);
    assertThat(first.perSecond(START + 1_000)).isCloseTo(100, within(0.5));
    RateAverage later = steady(first, 100, 1_000);
    assertThat(later.perSecond(later.atMillis())).isCloseTo(100, within(0.5));
  }

  @Test
  void nothing_is_known_before_any_time_has_passed() {
    assertThat(RateAverage.startingAt(START).plus(5, START).perSecond(START)).isZero();
    assertThat(RateAverage.startingAt(START).perSecond(START + 60_000)).isZero();
  }

  @Test
  void after_its_memory_a_rate_that_has_changed_counts_for_most() {
    RateAverage before = steady(RateAverage.startingAt(START), 100, 3_000);
    RateAverage after = steady(before, 200, (int) RateAverage.MEMORY_SECONDS);
    assertThat(after.perSecond(after.atMillis())).isCloseTo(163, within(1.0));
  }

  @Test
  void silence_lets_a_rate_fade_without_an_event() {
    RateAverage rate = steady(RateAverage.startingAt(START), 100, 3_000);
    long later = rate.atMillis() + (long) RateAverage.MEMORY_SECONDS * 1_000;
    assertThat(rate.perSecond(later)).isCloseTo(37, within(1.0));
  }

  @Test
  void a_time_before_the_last_one_only_adds() {
    RateAverage rate = RateAverage.startingAt(START).plus(10, START + 10_000);
    RateAverage more = rate.plus(10, START + 9_000);
    assertThat(more.atMillis()).isEqualTo(START + 10_000);
    assertThat(more.perSecond(START + 10_000)).isCloseTo(2, within(0.05));
  }
}
