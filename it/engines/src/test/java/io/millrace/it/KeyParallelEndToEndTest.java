package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.kcl.Record;
import io.millrace.kcl.Worker;
import io.millrace.kcl.deadletter.DeadLetter;
import io.millrace.kcl.deadletter.DeadLetterFiles;
import io.millrace.kcl.deadletter.FileDeadLetters;
import io.millrace.kcl.keyed.IKeyedRecordProcessor;
import io.millrace.kcl.keyed.KeyParallelProcessorFactory;
import io.millrace.kcl.keyed.RecordFailureHandler;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;

/** Keys in parallel, through real workers: a hand-over, a split, a poison record. */
class KeyParallelEndToEndTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int KEYS = 40;

  private static LocalEngines engines;

  @TempDir Path deadLetterDirectory;

  /** For each key, the numbers that were processed, in order. */
  private final Map<String, List<Integer>> byKey = new ConcurrentHashMap<>();

  private final Set<String> underWay = ConcurrentHashMap.newKeySet();
  private final List<String> overlaps = new CopyOnWriteArrayList<>();

  @BeforeAll
  static void start() {
    engines = new LocalEngines();
  }

  @AfterAll
  static void stop() {
    engines.close();
  }

  @Test
  void keys_stay_in_order_through_a_hand_over_and_a_split_and_one_poison_record_is_one_dead_letter()
      throws Exception {
    String stream = engines.stream(1);
    try (FileDeadLetters deadLetters =
            FileDeadLetters.builder(deadLetterDirectory).workerId("it").build();
        KeyParallelProcessorFactory factory =
            KeyParallelProcessorFactory.builder(Noting::new)
                .maxConcurrency(16)
                .maxInFlight(300)
                .onFailure(RecordFailureHandler.deadLetterAfter(2))
                .deadLetters(stream, deadLetters)
                .build()) {
      RunningWorker first = worker(stream, "a", factory);
      put(stream, 0, 20);
      await().atMost(PATIENCE).until(() -> processed() >= 100);
      first.stop();

      RunningWorker second = worker(stream, "b", factory);
      put(stream, 20, 40);
      engines
          .kinesisClient
          .splitShard(
              r ->
                  r.streamName(stream)
                      .shardToSplit("shardId-000000000000")
                      .newStartingHashKey(BigInteger.ONE.shiftLeft(127).toString()))
          .join();
      put(stream, 40, 60);
      await().atMost(PATIENCE).until(() -> processed() == KEYS * 60 - 1);
      second.stop();
    }
    List<Integer> all = IntStream.range(0, 60).boxed().toList();
    for (int k = 0; k < KEYS; k++) {
      List<Integer> expected = new ArrayList<>(all);
      if (k == 7) {
        expected.remove(Integer.valueOf(30));
      }
      // handed over and stopped without a kill: nothing comes twice
      assertThat(byKey.get("key-" + k)).as("key-%d", k).isEqualTo(expected);
    }
    assertThat(overlaps).isEmpty();
    List<DeadLetter> letters = new ArrayList<>();
    DeadLetterFiles.read(deadLetterDirectory, letters::add);
    assertThat(letters)
        .singleElement()
        .satisfies(
            letter -> {
              assertThat(letter.stream()).isEqualTo(stream);
              assertThat(letter.partitionKey()).isEqualTo("key-7");
              assertThat(letter.attempts()).isEqualTo(2);
              assertThat(StandardCharsets.UTF_8.decode(letter.payload()).toString())
                  .isEqualTo("30");
            });
  }

  private final class Noting implements IKeyedRecordProcessor {
    @Override
    public void processRecord(Record record) {
      String key = record.getPartitionKey();
      if (!underWay.add(key)) {
        overlaps.add(key);
      }
      try {
        int number = Integer.parseInt(new String(record.getDataBytes(), StandardCharsets.UTF_8));
        if (key.equals("key-7") && number == 30) {
          throw new IllegalStateException("poison");
        }
        byKey.computeIfAbsent(key, k -> new CopyOnWriteArrayList<>()).add(number);
      } finally {
        underWay.remove(key);
      }
    }
  }

  private int processed() {
    return byKey.values().stream().mapToInt(List::size).sum();
  }

  private static RunningWorker worker(
      String stream, String name, KeyParallelProcessorFactory factory) {
    return new RunningWorker(new Worker(factory, engines.configuration("keyed", stream, name)));
  }

  /** Numbers from {@code from} to {@code to}, each for every key. */
  private static void put(String stream, int from, int to) {
    for (int number = from; number < to; number++) {
      String text = Integer.toString(number);
      List<PutRecordsRequestEntry> entries =
          IntStream.range(0, KEYS)
              .mapToObj(
                  k ->
                      PutRecordsRequestEntry.builder()
                          .partitionKey("key-" + k)
                          .data(SdkBytes.fromUtf8String(text))
                          .build())
              .toList();
      int failed =
          engines
              .kinesisClient
              .putRecords(r -> r.streamName(stream).records(entries))
              .join()
              .failedRecordCount();
      if (failed > 0) {
        throw new IllegalStateException(failed + " records were refused");
      }
    }
  }
}
