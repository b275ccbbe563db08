package io.millrace.it.kcl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;

/**
 * Version 3 of the library, then Millrace, then the library again, on one table, while records come
 * in: what the documentation says about such a move is printed here.
 */
class UnderLoadIT {

  private static final int SHARDS = 4;
  private static final int RECORDS_IN_A_PUT = 20;
  private static final long PUT_MILLIS = 100;
  private static final int RECORDS_OF_EACH = 1_500;
  private static final Duration PATIENCE = Duration.ofSeconds(120);

  private Engines engines;
  private final ScheduledExecutorService writer =
      Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "writer"));
  private final AtomicInteger numbers = new AtomicInteger();
  private final ConcurrentLinkedQueue<String> put = new ConcurrentLinkedQueue<>();

  @BeforeEach
  void start() {
    engines = new Engines();
    engines.kinesis.createStream("load", SHARDS);
  }

  @AfterEach
  void stop() {
    writer.shutdownNow();
    if (engines != null) {
      engines.close();
    }
  }

  private void put() {
    List<PutRecordsRequestEntry> entries = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < RECORDS_IN_A_PUT; i++) {
      String text = "record-" + numbers.incrementAndGet();
      texts.add(text);
      entries.add(
          PutRecordsRequestEntry.builder()
              .partitionKey(text)
              .data(SdkBytes.fromString(text, StandardCharsets.UTF_8))
              .build());
    }
    if (engines
            .kinesisClient
            .putRecords(r -> r.streamName("load").records(entries))
            .failedRecordCount()
        == 0) {
      put.addAll(texts);
    } else {
      throw new IllegalStateException("The stream refused records: the load is too high");
    }
  }

  @Test
  void there_and_back_under_load_nothing_is_lost() throws Exception {
    Path folder = Files.createDirectories(Path.of("target", "load")).toRealPath();
    for (String worker : List.of("load-before", "load-after")) {
      Files.deleteIfExists(folder.resolve(worker + ".ledger"));
    }
    Map<String, String> told = engines.told("load", "load");
    List<Given> all = new ArrayList<>();
    List<Long> switches = new ArrayList<>();
    ScheduledFuture<?> load =
        writer.scheduleAtFixedRate(this::put, 0, PUT_MILLIS, TimeUnit.MILLISECONDS);

    try (KclProcess before = KclProcess.start(3, folder, "load-before", told)) {
      await().atMost(PATIENCE).until(() -> before.given().size() >= RECORDS_OF_EACH);
      before.stop();
      all.addAll(before.given());
    }
    switches.add(last(all));
    try (MillraceFleet fleet = new MillraceFleet(null)) {
      fleet.start(engines.configuration("load", "load", "first"), true);
      fleet.start(engines.configuration("load", "load", "second"), true);
      await().atMost(PATIENCE).until(() -> fleet.given().size() >= RECORDS_OF_EACH);
      fleet.stop();
      all.addAll(fleet.given());
    }
    switches.add(last(all));
    CommandLine handBack = CommandLine.leases(engines, "hand-back", "load");
    assertThat(handBack.exitCode()).as(handBack.output()).isZero();
    try (KclProcess after = KclProcess.start(3, folder, "load-after", told)) {
      await().atMost(PATIENCE).until(() -> after.given().size() >= RECORDS_OF_EACH);
      load.cancel(false);
      writer.submit(() -> {}).get();
      await().atMost(PATIENCE).until(() -> missing(all, after).isEmpty());
      after.stop();
      all.addAll(after.given());
    }

    Map<String, Integer> times = new HashMap<>();
    all.forEach(given -> times.merge(given.text(), 1, Integer::sum));
    List<String> lost = put.stream().filter(text -> !times.containsKey(text)).toList();
    System.out.printf(
        Locale.ROOT,
        "KCL 3.5.1 -> Millrace -> KCL 3.5.1, %d shards, %d records/s: put %,d, lost %d, delivered"
            + " twice %d; longest gap between two deliveries %.1f s to Millrace, %.1f s back%n",
        SHARDS,
        RECORDS_IN_A_PUT * 1_000 / PUT_MILLIS,
        put.size(),
        lost.size(),
        all.size() - times.size(),
        gapAfter(all, switches.get(0)) / 1_000.0,
        gapAfter(all, switches.get(1)) / 1_000.0);
    assertThat(lost).isEmpty();
    assertThat(times.keySet()).containsExactlyInAnyOrderElementsOf(put);
    assertThat(all).as("every stop was graceful: nothing comes twice").hasSize(put.size());
  }

  private List<String> missing(List<Given> all, KclProcess now) {
    Set<String> seen = new HashSet<>();
    all.forEach(given -> seen.add(given.text()));
    now.given().forEach(given -> seen.add(given.text()));
    return put.stream().filter(text -> !seen.contains(text)).toList();
  }

  private static long last(List<Given> all) {
    return all.stream().mapToLong(Given::atMillis).max().orElseThrow();
  }

  /** From the last delivery before a move to the first after it. */
  private static long gapAfter(List<Given> all, long at) {
    return all.stream()
            .filter(given -> given.atMillis() > at)
            .min(Comparator.comparingLong(Given::atMillis))
            .orElseThrow()
            .atMillis()
        - at;
  }
}
