package io.millrace.samples.referrers;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.kcl.Record;
import io.millrace.kcl.ShutdownReason;
import io.millrace.samples.testing.FakeCheckpointer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CountingProcessorTest {

  @TempDir Path folder;

  private Path file;
  private LedgerFile ledger;
  private CountPersister persister;
  private CountingProcessor processor;
  private long nowMillis = 1_000;

  /** How many lines the ledger had at each checkpoint. */
  private final List<Long> linesAtCheckpoints = new ArrayList<>();

  @BeforeEach
  void initialize() throws Exception {
    file = folder.resolve("worker-1.ledger");
    ledger = new LedgerFile(file);
    persister = new CountPersister(null, "worker-1", () -> Instant.ofEpochMilli(nowMillis));
    processor = new CountingProcessor(ledger, persister, () -> Instant.ofEpochMilli(nowMillis));
    processor.initialize("shardId-0");
  }

  @AfterEach
  void close() throws IOException {
    persister.close();
    ledger.close();
  }

  @Test
  void records_are_in_the_ledger_before_they_are_checkpointed() throws Exception {
    nowMillis += 5_000;
    processor.processRecords(List.of(visit(0), visit(1)), new Checkpointer());

    assertThat(linesAtCheckpoints).containsExactly(3L); // the start and two records
  }

  @Test
  void a_checkpoint_is_written_once_a_second() throws Exception {
    for (int i = 0; i < 25; i++) {
      nowMillis += 100;
      processor.processRecords(List.of(visit(i)), new Checkpointer());
    }

    assertThat(linesAtCheckpoints).hasSize(2);
  }

  @Test
  void a_shard_that_ends_or_goes_to_another_worker_is_checkpointed() throws Exception {
    processor.shutdown(new Checkpointer(), ShutdownReason.REQUESTED);
    processor.shutdown(new Checkpointer(), ShutdownReason.TERMINATE);

    assertThat(linesAtCheckpoints).hasSize(2);
    assertThat(Files.readString(file)).contains("handed-over").contains("finished");
  }

  @Test
  void a_lost_shard_is_not_checkpointed() throws Exception {
    processor.shutdown(new Checkpointer(), ShutdownReason.ZOMBIE);

    assertThat(linesAtCheckpoints).isEmpty();
  }

  @Test
  void what_is_no_visit_is_passed_over() throws Exception {
    Record garbage =
        Record.builder()
            .partitionKey("p")
            .sequenceNumber("9")
            .data(ByteBuffer.wrap("garbage".getBytes(StandardCharsets.UTF_8)))
            .build();
    processor.processRecords(List.of(garbage, visit(1)), new Checkpointer());

    assertThat(Files.readAllLines(file)).hasSize(2);
  }

  private static Record visit(long number) {
    return Record.builder()
        .partitionKey("p")
        .sequenceNumber("1" + number)
        .data(ByteBuffer.wrap(new Visit("/a", "x", "w1", number).toJson()))
        .build();
  }

  private final class Checkpointer extends FakeCheckpointer {
    @Override
    public void checkpoint() {
      try {
        linesAtCheckpoints.add((long) Files.readAllLines(file).size());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
