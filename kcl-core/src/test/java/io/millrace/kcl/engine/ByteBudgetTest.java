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
    budget.reserve(bytes, () -> granted.add(who));
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
    assertThat(budget.settle(50, 80)).isFalse();
    assertThat(budget.usedBytes()).isEqualTo(50);
    assertThat(budget.settle(50, 80)).isTrue();
    assertThat(budget.usedBytes()).isEqualTo(80);
  }

  @Test
  void an_answer_larger_than_the_budget_is_kept_when_nothing_else_is_held() {
    reserve("a", 500);
    assertThat(budget.usedBytes()).isEqualTo(100);
    assertThat(budget.settle(budget.reserved(500), 500)).isTrue();
    reserve("b", 10);
    assertThat(granted).containsExactly("a");
    budget.release(500);
    assertThat(granted).containsExactly("a", "b");
  }

  @Test
  void less_than_reserved_makes_room_for_others() {
    reserve("a", 100);
    reserve("b", 50);
    budget.settle(100, 10);
    assertThat(granted).containsExactly("a", "b");
  }

  @Test
  void releasing_more_than_is_held_is_a_defect() {
    reserve("a", 10);
    assertThatThrownBy(() -> budget.release(11)).isInstanceOf(IllegalStateException.class);
  }
}
