package io.millrace.connectors.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.connectors.pipeline.BufferBudget.Request;
import org.junit.jupiter.api.Test;

class BufferBudgetTest {

  private static final class Holder implements BufferBudget.Holder {
    int granted;
    int relieved;

    @Override
    public void granted() {
      granted++;
    }

    @Override
    public void relieve() {
      relieved++;
    }
  }

  private final BufferBudget budget = new BufferBudget(100);
  private final Holder a = holder();
  private final Holder b = holder();

  private Holder holder() {
    Holder holder = new Holder();
    budget.join(holder);
    return holder;
  }

  private Request take(Holder holder, long bytes) {
    Request request = new Request(holder, bytes);
    budget.take(request);
    return request;
  }

  @Test
  void what_fits_is_taken_and_nothing_beyond_the_cap() {
    assertThat(take(a, 60).isGranted()).isTrue();
    assertThat(take(b, 41).isGranted()).isFalse();
    assertThat(budget.usedBytes()).isEqualTo(60);
    assertThat(budget.isShort()).isTrue();
  }

  @Test
  void while_somebody_waits_everybody_is_asked_to_relieve_also_after_every_release() {
    take(a, 60);
    take(b, 90);
    assertThat(a.relieved).isEqualTo(1);
    budget.release(10);
    assertThat(a.relieved).isEqualTo(2);
    assertThat(b.relieved).isEqualTo(2);
  }

  @Test
  void first_come_first_served_so_that_a_large_record_is_not_overtaken_for_ever() {
    take(a, 60);
    Request large = take(b, 90);
    Request small = take(a, 1);
    assertThat(small.isGranted()).isFalse();
    budget.release(60);
    assertThat(large.isGranted()).isTrue();
    assertThat(small.isGranted()).isTrue();
    assertThat(budget.usedBytes()).isEqualTo(91);
    assertThat(b.granted).isEqualTo(1);
  }

  @Test
  void a_record_larger_than_the_budget_is_taken_when_it_is_alone() {
    take(a, 1);
    Request huge = take(b, 1_000);
    assertThat(huge.isGranted()).isFalse();
    budget.release(1);
    assertThat(huge.isGranted()).isTrue();
    assertThat(take(a, 1).isGranted()).isFalse();
  }

  @Test
  void a_request_that_is_taken_back_lets_the_next_one_through_and_gives_its_bytes_back() {
    take(a, 60);
    Request large = take(b, 90);
    Request small = take(a, 10);
    budget.cancel(large);
    assertThat(small.isGranted()).isTrue();
    budget.cancel(small);
    assertThat(budget.usedBytes()).isEqualTo(60);
  }

  @Test
  void more_is_never_released_than_was_taken() {
    take(a, 10);
    assertThatThrownBy(() -> budget.release(11)).hasMessageContaining("More bytes were released");
  }
}
