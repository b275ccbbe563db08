package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.kcl.CheckpointPolicy;
import io.millrace.kcl.FailurePolicy;
import io.millrace.kcl.IRecordProcessor;
import io.millrace.kcl.IRecordProcessorCheckpointer;
import io.millrace.kcl.KinesisClientLibConfiguration;
import io.millrace.kcl.Record;
import io.millrace.kcl.Worker;
import io.millrace.kcl.aggregation.AggregateWriter;
import io.millrace.kcl.deadletter.DeadLetter;
import io.millrace.kcl.deadletter.DeadLetterFiles;
import io.millrace.kcl.deadletter.FileDeadLetters;
import io.millrace.kcl.health.ShardHealth;
import io.millrace.kcl.health.ShardState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;

/** A record that can never be processed, among many that can. */
class PoisonRecordTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String POISON = "record-6789";

  private static LocalEngines engines;

  @TempDir Path directory;

  @BeforeAll
  static void start() {
    engines = new LocalEngines();
  }

  @AfterAll
  static void stop() {
    engines.close();
  }

  /** Fails whenever the poison is among the records; writes down everything else, and the calls. */
  private static final class Processor implements IRecordProcessor {
    final ConcurrentLinkedQueue<String> processed = new ConcurrentLinkedQueue<>();
    final ConcurrentLinkedQueue<Integer> failedBatches = new ConcurrentLinkedQueue<>();

    @Override
    public void processRecords(List<Record> records, IRecordProcessorCheckpointer checkpointer) {
      List<String> texts =
          records.stream().map(r -> StandardCharsets.UTF_8.decode(r.getData()).toString()).toList();
      if (texts.contains(POISON)) {
        failedBatches.add(records.size());
        throw new IllegalStateException("cannot parse " + POISON);
      }
      processed.addAll(texts);
    }
  }

  private static List<String> texts(int count) {
    return IntStream.range(0, count).mapToObj(i -> "record-" + i).toList();
  }

  private static void put(String stream, List<SdkBytes> payloads) {
    for (int from = 0; from < payloads.size(); from += 500) {
      List<PutRecordsRequestEntry> entries =
          payloads.subList(from, Math.min(payloads.size(), from + 500)).stream()
              .map(p -> PutRecordsRequestEntry.builder().partitionKey("key").data(p).build())
              .toList();
      assertThat(
              engines
                  .kinesisClient
                  .putRecords(r -> r.streamName(stream).records(entries))
                  .join()
                  .failedRecordCount())
          .isZero();
    }
  }

  private static List<String> except(List<String> texts, String left) {
    return texts.stream().filter(text -> !text.equals(left)).toList();
  }

  private List<DeadLetter> letters() throws IOException {
    List<DeadLetter> letters = new ArrayList<>();
    DeadLetterFiles.read(directory, letters::add);
    return letters;
  }

  private static KinesisClientLibConfiguration configuration(String stream) {
    return engines
        .configuration(stream, "worker")
        .withTaskBackoffTimeMillis(10)
        .withCheckpointPolicy(CheckpointPolicy.afterEachBatch());
  }

  private static String checkpoint(KinesisClientLibConfiguration configuration) {
    return engines
        .dynamoDbClient
        .getItem(
            r ->
                r.tableName(configuration.getTableName())
                    .key(Map.of("leaseKey", AttributeValue.fromS("shardId-000000000000"))))
        .join()
        .item()
        .get("checkpoint")
        .s();
  }

  @Test
  void of_ten_thousand_records_one_becomes_a_dead_letter_and_all_others_are_processed_in_order()
      throws Exception {
    String stream = engines.stream(1);
    List<String> texts = texts(10_000);
    put(stream, texts.stream().map(SdkBytes::fromUtf8String).toList());
    expectOneDeadLetter(stream, texts);
  }

  @Test
  void the_same_with_the_poison_inside_an_aggregate() throws Exception {
    String stream = engines.stream(1);
    List<String> texts = texts(10_000);
    List<SdkBytes> aggregates = new ArrayList<>();
    for (int from = 0; from < texts.size(); from += 50) {
      AggregateWriter writer = new AggregateWriter();
      texts.subList(from, from + 50).forEach(text -> writer.add("key", null, text));
      aggregates.add(SdkBytes.fromByteBuffer(writer.payload()));
    }
    put(stream, aggregates);
    DeadLetter letter = expectOneDeadLetter(stream, texts);
    assertThat(letter.subSequenceNumber()).isEqualTo(6789 % 50);
  }

  private DeadLetter expectOneDeadLetter(String stream, List<String> texts) throws Exception {
    Processor processor = new Processor();
    try (FileDeadLetters deadLetters =
        FileDeadLetters.builder(directory).workerId("worker").build()) {
      RunningWorker worker =
          new RunningWorker(
              new Worker(
                  () -> processor,
                  configuration(stream)
                      .withFailurePolicy(
                          FailurePolicy.afterAttempts(3).isolating().thenDeadLetter(deadLetters))));
      await().atMost(PATIENCE).until(() -> processor.processed.size() >= texts.size() - 1);
      worker.stop();
    }
    assertThat(processor.processed).containsExactlyElementsOf(except(texts, POISON));
    assertThat(letters()).hasSize(1);
    DeadLetter letter = letters().get(0);
    assertThat(StandardCharsets.UTF_8.decode(letter.payload()).toString()).isEqualTo(POISON);
    assertThat(letter.errorMessage()).isEqualTo("cannot parse " + POISON);
    assertThat(letter.shardId()).isEqualTo("shardId-000000000000");
    List<Integer> failed = List.copyOf(processor.failedBatches);
    int batch = failed.get(0);
    int ceilLog2 = 32 - Integer.numberOfLeadingZeros(Math.max(1, batch - 1));
    assertThat(failed.subList(0, 3)).containsOnly(batch);
    // three attempts with the whole batch, and what isolating it cost in failed calls
    assertThat(failed.size() - 3).isLessThanOrEqualTo(ceilLog2);
    return letter;
  }

  @Test
  void while_dead_letters_cannot_be_stored_the_shard_waits_and_nothing_is_passed()
      throws Exception {
    String stream = engines.stream(1);
    put(stream, List.of(SdkBytes.fromUtf8String("record-0"), SdkBytes.fromUtf8String(POISON)));
    put(stream, List.of(SdkBytes.fromUtf8String("record-2")));
    AtomicBoolean down = new AtomicBoolean(true);
    ConcurrentLinkedQueue<DeadLetter> stored = new ConcurrentLinkedQueue<>();
    ConcurrentLinkedQueue<DeadLetter> asked = new ConcurrentLinkedQueue<>();
    Processor processor = new Processor();
    KinesisClientLibConfiguration configuration =
        configuration(stream)
            .withFailurePolicy(
                FailurePolicy.afterAttempts(1)
                    .isolating()
                    .thenDeadLetter(letter -> store(letter, down, asked, stored)));
    Worker worker = new Worker(() -> processor, configuration);
    RunningWorker running = new RunningWorker(worker);
    await().atMost(PATIENCE).until(() -> asked.size() >= 3);
    assertThat(processor.processed).containsExactly("record-0");
    await().atMost(PATIENCE).until(() -> !checkpoint(configuration).equals("TRIM_HORIZON"));
    DeadLetter letter = asked.peek();
    assertThat(checkpoint(configuration)).isLessThan(letter.sequenceNumber());
    List<ShardHealth> health = worker.shardHealth().toCompletableFuture().get();
    assertThat(health).hasSize(1);
    assertThat(health.get(0).state()).isEqualTo(ShardState.DEAD_LETTERS_REFUSED);
    assertThat(health.get(0).explanation()).contains("the queue is full");

    down.set(false);
    await().atMost(PATIENCE).until(() -> processor.processed.size() == 2);
    running.stop();
    assertThat(processor.processed).containsExactly("record-0", "record-2");
    assertThat(stored).hasSize(1);
    assertThat(checkpoint(configuration)).isGreaterThan(letter.sequenceNumber());
  }

  private static CompletionStage<Void> store(
      DeadLetter letter,
      AtomicBoolean down,
      ConcurrentLinkedQueue<DeadLetter> asked,
      ConcurrentLinkedQueue<DeadLetter> stored) {
    asked.add(letter);
    if (down.get()) {
      return CompletableFuture.failedFuture(new IOException("the queue is full"));
    }
    stored.add(letter);
    return CompletableFuture.completedFuture(null);
  }

  @Test
  void a_shard_that_the_policy_stopped_goes_on_when_it_is_resumed() throws Exception {
    String stream = engines.stream(1);
    put(stream, List.of(SdkBytes.fromUtf8String("record-0"), SdkBytes.fromUtf8String(POISON)));
    AtomicBoolean mended = new AtomicBoolean();
    ConcurrentLinkedQueue<String> processed = new ConcurrentLinkedQueue<>();
    Worker worker =
        new Worker(
            () ->
                (records, checkpointer) -> {
                  for (Record record : records) {
                    String text = StandardCharsets.UTF_8.decode(record.getData()).toString();
                    if (text.equals(POISON) && !mended.get()) {
                      throw new IllegalStateException("not yet");
                    }
                    processed.add(text);
                  }
                },
            configuration(stream)
                .withFailurePolicy(FailurePolicy.afterAttempts(2).isolating().thenStop()));
    RunningWorker running = new RunningWorker(worker);
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                worker.shardHealth().toCompletableFuture().get().stream()
                    .anyMatch(h -> h.state() == ShardState.STOPPED));
    mended.set(true);
    assertThat(worker.resumeShard("shardId-000000000000").toCompletableFuture().get()).isTrue();
    await().atMost(PATIENCE).until(() -> processed.contains(POISON));
    running.stop();
  }
}
