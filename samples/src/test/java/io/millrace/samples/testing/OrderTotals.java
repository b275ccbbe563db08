package io.millrace.samples.testing;

import io.millrace.kcl.IRecordProcessor;
import io.millrace.kcl.IRecordProcessorCheckpointer;
import io.millrace.kcl.Record;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What is tested: adds up orders such as {@code ada 12}, and checkpoints at most once a minute. */
final class OrderTotals implements IRecordProcessor {

  private static final Duration BETWEEN_CHECKPOINTS = Duration.ofMinutes(1);

  private final Map<String, Long> totals;
  private final Clock clock;
  private Instant checkpointed = Instant.MIN;

  /**
   * @param totals by customer, of all shards; a real processor would write to its own store
   * @param clock what is asked for the time, so that a test can say what it is
   */
  OrderTotals(Map<String, Long> totals, Clock clock) {
    this.totals = totals;
    this.clock = clock;
  }

  static Map<String, Long> newTotals() {
    return new ConcurrentHashMap<>();
  }

  @Override
  public void processRecords(List<Record> records, IRecordProcessorCheckpointer checkpointer)
      throws Exception {
    for (Record record : records) {
      String[] order = StandardCharsets.UTF_8.decode(record.getData()).toString().split(" ");
      totals.merge(order[0], Long.parseLong(order[1]), Long::sum);
    }
    Instant now = clock.instant();
    if (checkpointed.equals(Instant.MIN)
        || Duration.between(checkpointed, now).compareTo(BETWEEN_CHECKPOINTS) >= 0) {
      checkpointer.checkpoint();
      checkpointed = now;
    }
  }
}
