package io.millrace.connectors.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class AdaptiveRateTest {

  @Test
  void nothing_waits_until_the_rate_is_used_up() {
    AdaptiveRate rate = new AdaptiveRate(100, 0);
    for (int i = 0; i < 10; i++) {
      assertThat(rate.waitMillis(0)).isZero();
      rate.take(1, 0);
    }
    assertThat(rate.waitMillis(0)).isPositive();
    assertThat(rate.waitMillis(11)).isZero();
  }

  @Test
  void a_large_row_makes_the_next_one_wait_for_as_long_as_it_costs() {
    AdaptiveRate rate = new AdaptiveRate(100, 0);
    rate.take(400, 0);
    assertThat(rate.waitMillis(0)).isBetween(3_900L, 4_000L);
  }

  @Test
  void the_first_throttle_starts_from_what_was_sent_and_not_from_what_was_allowed() {
    AdaptiveRate rate = new AdaptiveRate(40_000, 0);
    for (int millis = 0; millis < 2_000; millis++) {
      rate.take(1, millis);
    }
    rate.throttled(2_000);
    assertThat(rate.perSecond()).isCloseTo(700, within(10.0));
  }

  @Test
  void many_throttles_at_once_are_one() {
    AdaptiveRate rate = new AdaptiveRate(100, 0);
    rate.throttled(0);
    double once = rate.perSecond();
    for (int millis = 0; millis < 999; millis++) {
      rate.throttled(millis);
    }
    assertThat(once).isEqualTo(70);
    assertThat(rate.perSecond()).isEqualTo(once);
    rate.throttled(1_000);
    assertThat(rate.perSecond()).isCloseTo(49, within(0.1));
  }

  @Test
  void it_never_stops_altogether() {
    AdaptiveRate rate = new AdaptiveRate(10, 0);
    for (int second = 0; second < 100; second++) {
      rate.throttled(second * 1_000L);
    }
    assertThat(rate.perSecond()).isEqualTo(AdaptiveRate.LEAST);
  }

  @Test
  void without_throttles_the_rate_comes_back_step_by_step_and_not_beyond_what_is_allowed() {
    AdaptiveRate rate = new AdaptiveRate(100, 0);
    rate.throttled(0);
    rate.waitMillis(1_000);
    assertThat(rate.perSecond()).isEqualTo(70);
    rate.waitMillis(3_000);
    assertThat(rate.perSecond()).isCloseTo(80, within(0.1));
    rate.waitMillis(60_000);
    assertThat(rate.perSecond()).isEqualTo(100);
  }

  @Test
  void against_a_table_of_fixed_capacity_it_settles_close_below_it() {
    AdaptiveRate rate = new AdaptiveRate(40_000, 0);
    double capacity = 200;
    double left = capacity;
    int stored = 0;
    int refused = 0;
    for (int millis = 0; millis < 60_000; millis++) {
      left = Math.min(capacity, left + capacity / 1_000);
      while (rate.waitMillis(millis) == 0) {
        rate.take(1, millis);
        if (left >= 1) {
          left--;
          stored++;
        } else {
          refused++;
          rate.throttled(millis);
        }
        if (refused > 100_000) {
          throw new AssertionError("it does not adapt");
        }
      }
    }
    assertThat(stored / 60.0).isBetween(capacity * 0.75, capacity * 1.05);
    assertThat(refused).isLessThan(stored);
  }
}
