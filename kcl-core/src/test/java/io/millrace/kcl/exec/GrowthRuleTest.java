package io.millrace.kcl.exec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class GrowthRuleTest {

  private static final long SHORT = GrowthRule.PATIENCE_MILLIS - 1;
  private static final long LONG = GrowthRule.PATIENCE_MILLIS;

  private final GrowthRule rule = new GrowthRule(4, 100);

  @Test
  void nothing_waits_so_nothing_grows() {
    assertThat(rule.threadsToAdd(4, 0, LONG, LONG)).isZero();
  }

  @Test
  void a_task_that_came_just_now_waits_a_little() {
    assertThat(rule.threadsToAdd(4, 1_000, SHORT, LONG)).isZero();
  }

  @Test
  void a_busy_pool_that_still_begins_tasks_grows_by_one() {
    assertThat(rule.threadsToAdd(4, 1_000, LONG, SHORT)).isEqualTo(1);
  }

  @Test
  void a_pool_that_is_stuck_doubles() {
    assertThat(rule.threadsToAdd(4, 1_000, LONG, LONG)).isEqualTo(4);
    assertThat(rule.threadsToAdd(40, 1_000, LONG, LONG)).isEqualTo(40);
  }

  @Test
  void never_are_there_more_new_threads_than_waiting_tasks() {
    assertThat(rule.threadsToAdd(40, 3, LONG, LONG)).isEqualTo(3);
  }

  @Test
  void the_bound_holds() {
    assertThat(rule.threadsToAdd(90, 1_000, LONG, LONG)).isEqualTo(10);
    assertThat(rule.threadsToAdd(100, 1_000, LONG, LONG)).isZero();
  }

  @Test
  void a_rule_that_makes_no_sense_is_refused() {
    assertThatThrownBy(() -> new GrowthRule(0, 5)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new GrowthRule(6, 5)).isInstanceOf(IllegalArgumentException.class);
  }
}
