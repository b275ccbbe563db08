package io.millrace.connectors.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.connectors.contract.NoCheckpointer;
import io.millrace.connectors.sink.Commit;
import io.millrace.connectors.sink.Outcome;
import io.millrace.connectors.sink.RangeItem;
import io.millrace.connectors.sink.RangeSink;
import io.millrace.connectors.sink.RangeStart;
import io.millrace.connectors.sink.RecordRange;
import io.millrace.connectors.sink.RecordSink;
import io.millrace.connectors.sink.SinkException;
import io.millrace.kcl.IPreparedCheckpointer;
import io.millrace.kcl.InitializationInput;
import io.millrace.kcl.Record;
import io.millrace.kcl.ShardControl;
import io.millrace.kcl.ShutdownException;
import io.millrace.kcl.VirtualTime;
import io.millrace.kcl.deadletter.DeadLetter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** One shard on virtual time. */
class ConnectorProcessorTest {

  private final VirtualTime time = new VirtualTime(3);
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final List<String> lease = new ArrayList<>();
  private final List<String> stored = new ArrayList<>();
  private final List<DeadLetter> dead = new ArrayList<>();
  private final List<DeadLetter> othersLetters = new ArrayList<>();
  private final Deque<Throwable> failures = new ArrayDeque<>();
  private final Control control = new Control();
  private final Row row = new Row();
  private boolean sinkHangs;
  private CompletableFuture<Void> hanging = new CompletableFuture<>();

  /** What the shard is told. */
  private static final class Control implements ShardControl {
    String paused;

    @Override
    public void pause(String reason) {
      paused = reason;
    }

    @Override
    public void resume() {
      paused = null;
    }

    @Override
    public boolean isLeaseHeld() {
      return true;
    }
  }

  private final class Row extends NoCheckpointer {
    boolean held = true;

    @Override
    public void checkpoint() {
      lease.add("END");
    }

    @Override
    public void checkpoint(String sequenceNumber, long subSequenceNumber) {
      lease.add(sequenceNumber);
    }

    @Override
    public IPreparedCheckpointer prepareCheckpoint(
        String sequenceNumber, long subSequenceNumber, byte[] state) {
      lease.add("prepared " + sequenceNumber);
      return null;
    }

    @Override
    public boolean isLeaseHeld() {
      return held;
    }
  }

  private final class Ranges implements RangeSink<String> {
    @Override
    public String name() {
      return "model";
    }

    @Override
    public String toString() {
      return "model://there";
    }

    @Override
    public String nameFor(RangeStart start) {
      return "name";
    }

    @Override
    public CompletionStage<Commit> commit(RecordRange<String> range) {
      if (!failures.isEmpty()) {
        return CompletableFuture.failedFuture(failures.remove());
      }
      return (sinkHangs ? hanging : CompletableFuture.<Void>completedFuture(null))
          .thenApply(
              nothing -> {
                stored.add(range.items().stream().map(RangeItem::value).toList().toString());
                return new Commit(
                    range.end(), range.exclusions(), true, range.bytes(), othersLetters);
              });
    }
  }

  private ConnectorProcessorFactory.Builder<String> builder() {
    return ConnectorProcessorFactory.builder(
            "clicks",
            new Ranges(),
            record -> {
              String text = new String(record.getDataBytes(), StandardCharsets.UTF_8);
              if (text.startsWith("bad")) {
                throw new IllegalArgumentException("it is bad\nand more");
              }
              return text.startsWith("x") ? List.of() : List.of(text);
            })
        .bufferItems(3)
        .bufferAge(Duration.ofSeconds(5))
        .idleCheckpointInterval(Duration.ofSeconds(2))
        .meterRegistry(registry)
        .backoff(Duration.ofMillis(100), Duration.ofMillis(100));
  }

  private ConnectorProcessor<String> shard(ConnectorProcessorFactory.Builder<String> builder) {
    return shard(builder, null, null);
  }

  private ConnectorProcessor<String> shard(
      ConnectorProcessorFactory.Builder<String> builder, Checkpoint pending, byte[] state) {
    ConnectorProcessor<String> shard =
        (ConnectorProcessor<String>) builder.build(tools(), () -> {}).createProcessor();
    shard.initialize(
        new InitializationInput("shard-0", Checkpoint.TRIM_HORIZON, pending, state, control));
    return shard;
  }

  private PipelineSettings.Tools tools() {
    return new PipelineSettings.Tools(
        time.executor(), time.scheduler(), time.clock(), time.randomSource());
  }

  private ConnectorProcessorFactory.Builder<String> withLetters() {
    return builder()
        .deadLetters(
            letter -> {
              dead.add(letter);
              return CompletableFuture.completedFuture(null);
            });
  }

  private static Record record(int number, String text) {
    return Record.builder()
        .partitionKey("k")
        .sequenceNumber(Integer.toString(number))
        .approximateArrivalTimestamp(Instant.ofEpochMilli(1_700_000_000_000L))
        .data(text.getBytes(StandardCharsets.UTF_8))
        .build();
  }

  private static List<Record> records(int from, String... texts) {
    return IntStream.range(0, texts.length).mapToObj(i -> record(from + i, texts[i])).toList();
  }

  @Test
  void a_buffer_is_stored_in_the_middle_of_a_batch_when_it_is_full() throws Exception {
    ConnectorProcessor<String> shard = shard(builder());
    shard.processRecords(records(1, "a", "b", "c", "d"), row);
    time.run(0);
    assertThat(stored).containsExactly("[a, b, c]");
    assertThat(lease).containsExactly("prepared 3", "3");
  }

  @Test
  void what_is_left_is_stored_when_it_is_old_though_no_record_comes() throws Exception {
    ConnectorProcessor<String> shard = shard(builder());
    shard.processRecords(records(1, "a", "x"), row);
    time.run(4_999);
    assertThat(stored).isEmpty();
    time.run(1);
    assertThat(stored).containsExactly("[a]");
    assertThat(lease).containsExactly("prepared 2", "2");
  }

  @Test
  void no_range_is_larger_than_the_limit_of_bytes_except_for_a_single_record() throws Exception {
    ConnectorProcessor<String> shard = shard(builder().bufferItems(100).bufferBytes(2_000));
    String large = "y".repeat(3_000);
    shard.processRecords(records(1, "a", "b", large), row);
    time.run(0);
    assertThat(stored).containsExactly("[a, b]", "[" + large + "]");
  }

  @Test
  void the_checkpoint_follows_records_that_are_all_filtered_out() throws Exception {
    ConnectorProcessor<String> shard = shard(builder());
    shard.processRecords(records(1, "x", "x", "x"), row);
    time.run(2_000);
    assertThat(stored).isEmpty();
    assertThat(lease).containsExactly("3");
  }

  @Test
  void a_batch_that_is_delivered_again_brings_nothing_new() throws Exception {
    ConnectorProcessor<String> shard = shard(builder());
    shard.processRecords(records(1, "a", "b"), row);
    shard.processRecords(records(1, "a", "b", "c"), row);
    time.run(10_000);
    assertThat(stored).containsExactly("[a, b, c]");
  }

  @Test
  void a_failed_call_is_repeated_and_the_checkpoint_waits_for_it() throws Exception {
    ConnectorProcessor<String> shard = shard(builder());
    failures.add(SinkException.passing("503", null));
    failures.add(new IllegalStateException("anything"));
    shard.processRecords(records(1, "a", "b", "c"), row);
    time.run(0);
    assertThat(lease).containsExactly("prepared 3");
    time.run(1_000);
    assertThat(stored).containsExactly("[a, b, c]");
    assertThat(lease).containsExactly("prepared 3", "3");
    assertThat(registry.get("millrace.connector.emit.failures").counter().count()).isEqualTo(2);
  }

  @Test
  void a_sink_that_needs_somebody_is_left_alone_at_once_and_the_shard_says_why() throws Exception {
    ConnectorProcessor<String> shard = shard(builder());
    failures.add(SinkException.needsSomebody("Bucket clicks does not exist; create it", null));
    shard.processRecords(records(1, "a", "b", "c"), row);
    time.run(200);
    assertThat(control.paused).isEqualTo("Bucket clicks does not exist; create it");
    assertThat(stored).isEmpty();
    time.run(3_000);
    assertThat(control.paused).isNull();
    assertThat(stored).containsExactly("[a, b, c]");
  }

  @Test
  void a_sink_that_fails_again_and_again_is_tried_by_one_call_at_a_time() throws Exception {
    ConnectorProcessor<String> shard = shard(builder());
    for (int i = 0; i < 8; i++) {
      failures.add(SinkException.passing("no answer", null));
    }
    shard.processRecords(records(1, "a", "b", "c"), row);
    time.run(2_000);
    assertThat(control.paused).isEqualTo("no answer");
    time.run(300_000);
    assertThat(stored).containsExactly("[a, b, c]");
    assertThat(control.paused).isNull();
  }

  @Test
  void a_record_that_cannot_be_transformed_is_a_dead_letter_before_the_checkpoint_passes_it()
      throws Exception {
    ConnectorProcessor<String> shard = shard(withLetters());
    shard.processRecords(records(1, "a", "bad", "b", "c"), row);
    time.run(0);
    assertThat(stored).containsExactly("[a, b, c]");
    assertThat(dead)
        .singleElement()
        .satisfies(
            letter -> {
              assertThat(letter.sequenceNumber()).isEqualTo("2");
              assertThat(letter.errorMessage()).isEqualTo("it is bad");
            });
    assertThat(registry.get("millrace.connector.records.dead").counter().count()).isEqualTo(1);
  }

  @Test
  void without_a_destination_for_dead_letters_the_batch_fails_and_nothing_is_passed()
      throws Exception {
    ConnectorProcessor<String> shard = shard(builder());
    assertThatThrownBy(() -> shard.processRecords(records(1, "a", "bad", "b"), row))
        .hasMessageContaining("there is no destination for dead letters: give one")
        .hasMessageContaining("it is bad");
    time.run(10_000);
    assertThat(lease).containsExactly("prepared 1", "1");
  }

  @Test
  void bad_records_are_passed_over_where_that_is_asked_for() throws Exception {
    ConnectorProcessor<String> shard = shard(builder().skipBadRecords());
    shard.processRecords(records(1, "a", "bad", "b", "c"), row);
    time.run(0);
    assertThat(lease).containsExactly("prepared 4", "4");
  }

  @Test
  void a_prepared_range_of_somebody_else_is_left_alone() throws Exception {
    ConnectorProcessor<String> shard =
        shard(
            builder(),
            Checkpoint.at(SequenceNumber.of("3"), 0),
            "theirs".getBytes(StandardCharsets.UTF_8));
    shard.processRecords(records(1, "a", "b", "c", "d"), row);
    time.run(0);
    assertThat(lease).containsExactly("prepared 3", "3");
  }

  @Test
  void a_prepared_range_is_finished_as_one_whatever_the_limits_are() throws Exception {
    PreparedRange range =
        new PreparedRange(
            "model",
            new RangeStart(
                "clicks",
                "shard-0",
                Checkpoint.at(SequenceNumber.of("1"), 0),
                Instant.EPOCH,
                Instant.EPOCH),
            "old name",
            Checkpoint.at(SequenceNumber.of("5"), 0));
    ConnectorProcessor<String> shard = shard(builder(), range.end(), range.state());
    shard.processRecords(records(1, "a", "b", "c", "d"), row);
    time.run(60_000);
    assertThat(stored).isEmpty();
    shard.processRecords(records(5, "e", "f"), row);
    time.run(0);
    assertThat(stored).containsExactly("[a, b, c, d, e]");
    assertThat(lease).as("it was prepared already").containsExactly("5");
  }

  @Test
  void while_the_lease_is_not_held_nothing_is_begun() throws Exception {
    ConnectorProcessor<String> shard = shard(builder());
    row.held = false;
    shard.processRecords(records(1, "a", "b", "c"), row);
    time.run(1_000);
    assertThat(stored).isEmpty();
    row.held = true;
    time.run(1_000);
    assertThat(stored).containsExactly("[a, b, c]");
  }

  @Test
  void when_the_lease_goes_away_what_was_taken_in_is_stored_and_no_more_is_taken()
      throws Exception {
    ConnectorProcessor<String> shard = shard(builder());
    shard.processRecords(records(1, "a", "b"), row);
    shard.leaseEnding();
    assertThatThrownBy(() -> shard.processRecords(records(3, "c"), row))
        .isInstanceOf(ShutdownException.class);
    shard.beginDraining(row);
    assertThat(shard.isDrained()).isFalse();
    time.run(0);
    assertThat(shard.isDrained()).isTrue();
    assertThat(stored).containsExactly("[a, b]");
    assertThat(lease).containsExactly("prepared 2", "2");
  }

  @Test
  void a_sink_in_trouble_does_not_hold_up_a_hand_over() throws Exception {
    ConnectorProcessor<String> shard = shard(builder());
    for (int i = 0; i < 100; i++) {
      failures.add(SinkException.passing("503", null));
    }
    shard.processRecords(records(1, "a", "b"), row);
    shard.beginDraining(row);
    time.run(10);
    assertThat(shard.isDrained()).isTrue();
    assertThat(lease).containsExactly("prepared 2");
  }

  @Test
  void after_the_lease_is_lost_an_answer_that_comes_late_moves_nothing() throws Exception {
    ConnectorProcessorFactory<String> factory = builder().build(tools(), () -> {});
    ConnectorProcessor<String> shard = (ConnectorProcessor<String>) factory.createProcessor();
    shard.initialize(
        new InitializationInput("shard-0", Checkpoint.TRIM_HORIZON, null, null, control));
    sinkHangs = true;
    shard.processRecords(records(1, "a", "b", "c", "d"), row);
    time.run(0);
    shard.leaseLost(row);
    assertThat(factory.bufferedBytes()).as("a call may still use it").isPositive();
    hanging.complete(null);
    time.run(10_000);
    assertThat(lease).containsExactly("prepared 3");
    assertThat(factory.bufferedBytes()).isZero();
  }

  @Test
  void two_shards_share_the_budget_and_whoever_waits_has_the_others_stored_early()
      throws Exception {
    ConnectorProcessorFactory<String> factory =
        builder().bufferItems(1_000).maxBufferedBytes(64 << 10).build(tools(), () -> {});
    List<ConnectorProcessor<String>> shards = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      ConnectorProcessor<String> shard = (ConnectorProcessor<String>) factory.createProcessor();
      shard.initialize(
          new InitializationInput("shard-" + i, Checkpoint.TRIM_HORIZON, null, null, control));
      shards.add(shard);
    }
    String large = "y".repeat(40_000);
    shards.get(0).processRecords(records(1, large), row);
    time.run(0);
    assertThat(stored).isEmpty();
    CompletableFuture<Void> given =
        CompletableFuture.runAsync(
            () -> {
              try {
                shards.get(1).processRecords(records(1, large), row);
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    while (!given.isDone()) {
      time.run(1); // the other shard is asked to store, on this thread
      assertThat(factory.bufferedBytes()).isLessThanOrEqualTo(64 << 10);
    }
    given.get();
    assertThat(stored).hasSize(1);
    assertThat(factory.bufferedBytes()).isBetween(40_000L, 41_000L);
  }

  @Test
  void meters_say_what_came_in_and_what_went_out() throws Exception {
    ConnectorProcessor<String> shard = shard(withLetters());
    shard.processRecords(records(1, "a", "x", "bad", "b"), row);
    time.run(1_000);
    assertThat(registry.get("millrace.connector.oldest.age").gauge().value()).isEqualTo(1_000);
    assertThat(registry.get("millrace.connector.items.buffered").gauge().value()).isEqualTo(2);
    time.run(5_000);
    assertThat(registry.get("millrace.connector.records.in").counter().count()).isEqualTo(4);
    assertThat(registry.get("millrace.connector.records.filtered").counter().count()).isEqualTo(1);
    assertThat(registry.get("millrace.connector.items.emitted").counter().count()).isEqualTo(2);
    assertThat(registry.get("millrace.connector.items.buffered").gauge().value()).isZero();
    assertThat(registry.get("millrace.connector.oldest.age").gauge().value()).isZero();
    assertThat(registry.get("millrace.connector.freshness").gauge().value()).isEqualTo(6_000);
  }

  @Test
  void the_documentation_has_a_row_for_every_meter() throws Exception {
    try (ConnectorProcessorFactory<String> factory = builder().build(tools(), () -> {})) {
      assertThat(factory.bufferedBytes()).isZero();
      String documentation = Files.readString(Path.of("..", "..", "docs", "metrics.md"));
      assertThat(registry.getMeters())
          .isNotEmpty()
          .extracting(meter -> meter.getId().getName())
          .allSatisfy(name -> assertThat(documentation).contains("| `" + name + "` |"));
    }
    assertThat(registry.find("millrace.connector.buffer.bytes").gauge()).isNull();
  }

  private static DeadLetter otherLetter() {
    return DeadLetter.builder().stream("elsewhere")
        .shardId("shard-7")
        .partitionKey("k")
        .position("77", 0)
        .approximateArrival(Instant.ofEpochMilli(1_700_000_000_000L))
        .payload(ByteBuffer.wrap(new byte[] {'x'}))
        .error(null, "too wide", null)
        .failedAt(Instant.ofEpochMilli(1_700_000_000_000L))
        .build();
  }

  @Test
  void letters_of_other_records_that_a_sink_has_are_stored_before_the_checkpoint()
      throws Exception {
    DeadLetter other = otherLetter();
    othersLetters.add(other);
    List<String> order = new ArrayList<>();
    ConnectorProcessor<String> shard =
        shard(
            builder()
                .deadLetters(
                    letter -> {
                      dead.add(letter);
                      order.add("letter, lease is " + lease);
                      return CompletableFuture.completedFuture(null);
                    }));
    shard.processRecords(records(1, "a", "bad", "c"), row);
    time.run(5_001);
    assertThat(dead).hasSize(2).contains(other);
    assertThat(order).containsOnly("letter, lease is [prepared 3]");
    assertThat(lease).containsExactly("prepared 3", "3");
    assertThat(registry.get("millrace.connector.records.dead").counter().count()).isEqualTo(2);
  }

  @Test
  void without_a_destination_the_shard_waits_before_letters_of_other_records_too()
      throws Exception {
    othersLetters.add(otherLetter());
    ConnectorProcessor<String> shard = shard(builder());
    shard.processRecords(records(1, "a", "b", "c"), row);
    time.run(10_000);
    assertThat(lease).containsExactly("prepared 3");
    assertThat(control.paused)
        .startsWith("1 records cannot be stored and there is no destination for dead letters")
        .endsWith("too wide");
  }

  // ---- a sink that takes records one by one

  private final class Rows implements RecordSink<String> {
    int throttled;

    @Override
    public String name() {
      return "rows";
    }

    @Override
    public CompletionStage<List<Outcome>> deliver(RecordRange<String> range) {
      return CompletableFuture.completedFuture(
          range.items().stream().map(item -> outcome(item.value())).toList());
    }

    private Outcome outcome(String value) {
      if (value.startsWith("poison")) {
        return Outcome.poison(new IllegalArgumentException("too large"));
      }
      if (value.startsWith("slow") && throttled-- > 0) {
        return Outcome.retry(new IllegalStateException("throttled"));
      }
      stored.add(value);
      return Outcome.delivered();
    }
  }

  private final Rows rows = new Rows();

  private ConnectorProcessorFactory.Builder<String> rowsBuilder() {
    return ConnectorProcessorFactory.builder(
            "clicks",
            rows,
            record -> List.of(new String(record.getDataBytes(), StandardCharsets.UTF_8)))
        .bufferItems(4)
        .backoff(Duration.ofMillis(100), Duration.ofMillis(100))
        .meterRegistry(registry)
        .deadLetters(
            letter -> {
              dead.add(letter);
              return CompletableFuture.completedFuture(null);
            });
  }

  @Test
  void only_what_is_to_be_tried_again_comes_again_and_nothing_is_prepared() throws Exception {
    rows.throttled = 2;
    ConnectorProcessor<String> shard = shard(rowsBuilder());
    shard.processRecords(records(1, "a", "slow", "poison", "b"), row);
    time.run(10_000);
    assertThat(stored).containsExactly("a", "b", "slow");
    assertThat(dead).singleElement().extracting(DeadLetter::errorMessage).isEqualTo("too large");
    assertThat(lease).containsExactly("4");
    assertThat(registry.get("millrace.connector.items.retried").counter().count()).isEqualTo(2);
  }

  @Test
  void a_record_that_has_used_up_its_attempts_is_a_dead_letter() throws Exception {
    rows.throttled = 100;
    ConnectorProcessor<String> shard = shard(rowsBuilder().maxAttempts(3));
    shard.processRecords(records(1, "a", "slow", "b", "c"), row);
    time.run(10_000);
    assertThat(dead).singleElement().extracting(DeadLetter::attempts).isEqualTo(3);
    assertThat(lease).containsExactly("4");
  }

  @Test
  void a_record_that_is_too_old_to_be_tried_again_is_a_dead_letter() throws Exception {
    rows.throttled = 100;
    ConnectorProcessor<String> shard = shard(rowsBuilder().maxAge(Duration.ofSeconds(2)));
    shard.processRecords(records(1, "a", "slow", "b", "c"), row);
    time.run(1_000);
    assertThat(dead).isEmpty();
    time.run(2_000);
    assertThat(dead).hasSize(1);
  }
}
