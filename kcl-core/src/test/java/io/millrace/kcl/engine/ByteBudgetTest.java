package io.millrace.kcl.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ByteBudgetTest {

  private final ByteBudget budget = new ByteBudget(100);
  private final List<String> granted = new ArrayList<>();

  private void reserve(String who, long bytes) {
    budget.reserve(bytes, bytes, () -> true, reserved -> granted.add(who));
  }

  private void reserveAhead(String who, long bytes) {
    budget.reserve(bytes, bytes, () -> false, reserved -> granted.add(who));
  }

  private boolean settle(long reserved, long actual) {
    return budget.settle(reserved, actual, true);
  }

  @Test
  void reservations_are_granted_while_they_fit() {
    reserve("a", 60);
    reserve("b", 40);
    reserve("c", 1);
    assertThat(granted).containsExactly("a", "b");
    assertThat(budget.usedBytes()).isEqualTo(100);
  }

  @Test
  void a_large_reservation_is_not_overtaken_by_small_ones() {
    reserve("a", 60);
    reserve("large", 80);
    reserve("small", 10);
    assertThat(granted).containsExactly("a");
    budget.release(60);
    assertThat(granted).containsExactly("a", "large", "small");
  }

  @Test
  void what_came_is_kept_if_it_fits_and_given_back_if_not() {
    reserve("a", 50);
    reserve("b", 50);
    assertThat(settle(50, 80)).isFalse();
    assertThat(budget.usedBytes()).isEqualTo(50);
    assertThat(settle(50, 80)).isTrue();
    assertThat(budget.usedBytes()).isEqualTo(80);
  }

  @Test
  void an_answer_larger_than_the_budget_is_kept_when_nothing_else_is_held() {
    reserve("a", 500);
    assertThat(budget.usedBytes()).isEqualTo(100);
    assertThat(settle(100, 500)).isTrue();
    reserve("b", 10);
    assertThat(granted).containsExactly("a");
    budget.release(500);
    assertThat(granted).containsExactly("a", "b");
  }

  @Test
  void less_than_reserved_makes_room_for_others() {
    reserve("a", 100);
    reserve("b", 50);
    settle(100, 10);
    assertThat(granted).containsExactly("a", "b");
  }

  @Test
  void releasing_more_than_is_held_is_a_defect() {
    reserve("a", 10);
    assertThatThrownBy(() -> budget.release(11)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void reading_ahead_leaves_half_of_the_budget_to_shards_of_which_nothing_is_held() {
    reserve("a", 10);
    reserveAhead("a, ahead", 40);
    reserveAhead("a, further ahead", 10);
    reserve("b", 50);
    assertThat(granted).containsExactly("a", "a, ahead", "b");
    assertThat(budget.settle(40, 41, false)).isFalse();
    budget.release(10);
    assertThat(granted).containsExactly("a", "a, ahead", "b");
    budget.release(50);
    assertThat(granted).endsWith("a, further ahead");
  }

  @Test
  void nobody_reads_ahead_while_a_shard_waits_for_its_first_batch() {
    reserve("a", 90);
    reserveAhead("a, ahead", 10);
    reserve("b", 20);
    budget.release(85);
    assertThat(granted).containsExactly("a", "b", "a, ahead");
  }

  @Test
  void the_first_batch_of_a_shard_is_read_with_what_room_there_is() {
    List<Long> reserved = new ArrayList<>();
    reserve("a", 70);
    budget.reserve(60, 20, () -> true, reserved::add);
    assertThat(reserved).containsExactly(30L);
    budget.reserve(60, 20, () -> true, reserved::add);
    assertThat(reserved).containsExactly(30L);
    budget.release(15);
    assertThat(reserved).containsExactly(30L);
    budget.release(5);
    assertThat(reserved).containsExactly(30L, 20L);
  }

  @Test
  void a_shard_that_has_nothing_any_more_need_not_wait_as_if_it_read_ahead() {
    boolean[] holdsNothing = new boolean[1];
    reserve("a", 60);
    budget.reserve(30, 30, () -> holdsNothing[0], reserved -> granted.add("b, ahead"));
    assertThat(granted).containsExactly("a");
    holdsNothing[0] = true;
    budget.release(1);
    assertThat(granted).containsExactly("a", "b, ahead");
  }

  @Test
  void what_is_no_more_than_was_reserved_is_always_kept() {
    reserveAhead("a, ahead", 40);
    reserve("b", 60);
    assertThat(budget.settle(40, 40, false)).isTrue();
    assertThat(budget.settle(40, 0, false)).isTrue();
    assertThat(budget.usedBytes()).isEqualTo(60);
  }
}
