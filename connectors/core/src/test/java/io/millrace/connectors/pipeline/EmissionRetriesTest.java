package io.millrace.connectors.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.connectors.sink.Outcome;
import io.millrace.connectors.sink.RangeItem;
import io.millrace.connectors.sink.SinkException;
import io.millrace.kcl.Record;
import java.util.List;
import org.junit.jupiter.api.Test;

class EmissionRetriesTest {

  private static final long LATE = 1_000_000;

  private final Emission<String> emission = emission(new RetryLimits(3, 500_000));

  @Test
  void a_record_is_given_up_after_its_attempts() {
    Outcome retry = Outcome.retry(new IllegalStateException("its own fault"));
    assertThat(emission.answered(List.of(retry), 0).retried()).isEqualTo(1);
    assertThat(emission.answered(List.of(retry), 0).retried()).isEqualTo(1);
    assertThat(emission.answered(List.of(retry), 0).usedUp()).hasSize(1);
    assertThat(emission.letters()).hasSize(1);
  }

  @Test
  void trouble_of_the_sink_is_nobodys_attempt_and_ages_no_record_to_death() {
    Outcome throttled = Outcome.retry(SinkException.passing("the table throttles", null));
    for (int time = 0; time < 100; time++) {
      assertThat(emission.answered(List.of(throttled), LATE).retried()).isEqualTo(1);
    }
    Outcome retry = Outcome.retry(new IllegalStateException("its own fault"));
    assertThat(emission.answered(List.of(retry), 0).retried()).isEqualTo(1);
    assertThat(emission.answered(List.of(Outcome.delivered()), 0).delivered()).isEqualTo(1);
    assertThat(emission.letters()).isEmpty();
  }

  private static Emission<String> emission(RetryLimits limits) {
    Record record = Record.builder().partitionKey("k").sequenceNumber("7").build();
    RangeItem<String> item = new RangeItem<>(record, 0, "value");
    Cut<String> cut =
        Cut.range(
            List.of(new Taken<>(item.position(), 0, record, List.of(item), null, 0, 0)),
            item.position(),
            0,
            item.position(),
            null);
    return new Emission<>(
        null,
        cut,
        Emission.range(cut, Emission.start(cut, "orders", "shard-0", 0), "", "writer"),
        null,
        limits);
  }
}
