package io.millrace.samples.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.embedded.ManualClock;
import io.millrace.kcl.Record;
import io.millrace.kcl.ShutdownException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Without any server: the processor is called as a worker would call it. */
class OrderTotalsTest {

  private final Map<String, Long> totals = OrderTotals.newTotals();
  private final ManualClock clock = new ManualClock(Instant.parse("2026-11-01T12:00:00Z"));
  private final FakeCheckpointer checkpointer = new FakeCheckpointer();
  private final OrderTotals processor = new OrderTotals(totals, clock);

  @Test
  void orders_of_a_customer_are_added_up() throws Exception {
    processor.processRecords(
        List.of(order(1, "ada 12"), order(2, "bob 5"), order(3, "ada 3")), checkpointer);

    assertThat(totals).containsEntry("ada", 15L).containsEntry("bob", 5L);
  }

  @Test
  void a_checkpoint_is_written_once_a_minute() throws Exception {
    processor.processRecords(List.of(order(1, "ada 1")), checkpointer);
    clock.advance(Duration.ofSeconds(59));
    processor.processRecords(List.of(order(2, "ada 1")), checkpointer);
    assertThat(checkpointer.checkpoints).hasSize(1);

    clock.advance(Duration.ofSeconds(1));
    processor.processRecords(List.of(order(3, "ada 1")), checkpointer);
    assertThat(checkpointer.checkpoints).hasSize(2);
  }

  @Test
  void a_lost_lease_ends_processing_with_the_exception_that_the_worker_expects() {
    checkpointer.loseLease();

    assertThatThrownBy(() -> processor.processRecords(List.of(order(1, "ada 1")), checkpointer))
        .isInstanceOf(ShutdownException.class);
  }

  private static Record order(int number, String text) {
    return Record.builder()
        .sequenceNumber(Integer.toString(number))
        .partitionKey(text)
        .data(text.getBytes(java.nio.charset.StandardCharsets.UTF_8))
        .build();
  }
}
