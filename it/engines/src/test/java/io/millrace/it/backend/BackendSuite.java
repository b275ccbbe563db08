package io.millrace.it.backend;

import static io.millrace.it.backend.SdkCloud.done;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.connectors.application.ConnectorApplication;
import io.millrace.connectors.application.Host;
import io.millrace.connectors.config.Modules;
import io.millrace.connectors.config.PipelineConfig;
import io.millrace.it.RunningWorker;
import io.millrace.it.Seen;
import io.millrace.kcl.InitialPositionInStream;
import io.millrace.kcl.ShardShutdown;
import io.millrace.kcl.Worker;
import io.millrace.kcl.aggregation.AggregateWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * Real workers and real connectors, over the wire, on whatever backend there is. Volumes are small,
 * for some servers are slow.
 *
 * <p>Those that are tagged heavy run with {@code -Pit} only, the others with every build.
 */
abstract class BackendSuite {

  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final TestBed bed;

  @TempDir Path folder;

  BackendSuite(TestBed bed) {
    this.bed = bed;
  }

  @Test
  void every_record_is_processed_and_a_second_run_goes_on_from_the_checkpoint() throws Exception {
    String stream = bed.resources().stream(3);
    String application = bed.resources().table();
    Seen first = new Seen();
    List<String> put = bed.put(stream, 400);
    RunningWorker a = worker(application, stream, "a", first);
    awaitThat(() -> first.texts().containsAll(put));
    a.stop();
    assertThat(first.deliveries).hasSize(put.size());

    List<String> more = bed.put(stream, 200);
    Seen second = new Seen();
    RunningWorker b = worker(application, stream, "b", second);
    awaitThat(() -> second.texts().containsAll(more));
    b.stop();
    assertThat(second.deliveries).containsExactlyInAnyOrderElementsOf(more);
  }

  @Test
  void two_workers_share_the_shards_and_hand_them_over_when_one_leaves() throws Exception {
    String stream = bed.resources().stream(4);
    String application = bed.resources().table();
    Seen seen = new Seen();
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    RunningWorker a =
        new RunningWorker(
            Worker.builder()
                .recordProcessorFactory(() -> seen.processor("a"))
                .config(bed.configuration(application, stream, "a"))
                .meterRegistry(meters)
                .build());
    List<String> put = new ArrayList<>(bed.put(stream, 100));
    awaitThat(() -> seen.texts().containsAll(put));
    RunningWorker b = worker(application, stream, "b", seen);
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(250))
        .untilAsserted(
            () -> {
              put.addAll(bed.put(stream, 20));
              assertThat(seen.byWorker.get("b")).hasSize(2);
            });
    assertThat(meters.get("millrace.records").counter().count()).isPositive();

    a.worker.startGracefulShutdown().get();
    a.ended.get();
    assertThat(a.worker.shutdownResults())
        .hasSize(2)
        .allMatch(r -> r.outcome() == ShardShutdown.Outcome.HANDED_OVER);
    put.addAll(bed.put(stream, 50));
    awaitThat(() -> seen.texts().containsAll(put));
    assertThat(seen.deliveries).as("nothing twice").hasSize(put.size());
    b.stop();
  }

  @Test
  @NotWith(Difference.CLOSED_SHARDS_GO_ON)
  void splits_and_merges_are_followed() throws Exception {
    String stream = bed.resources().stream(2);
    Seen seen = new Seen();
    RunningWorker a = worker(bed.resources().table(), stream, "a", seen);
    List<String> put = new ArrayList<>(bed.put(stream, 100));
    awaitThat(() -> seen.texts().containsAll(put));

    Shard first = bed.openShards(stream).get(0);
    bed.split(stream, first);
    put.addAll(bed.put(stream, 100));
    awaitThat(() -> seen.texts().containsAll(put));

    bed.mergeChildrenOf(stream, first);
    put.addAll(bed.put(stream, 100));
    awaitThat(() -> seen.texts().containsAll(put));
    assertThat(seen.shards).as("2, their 2 children, and theirs").hasSize(5);
    assertThat(seen.deliveries).as("nothing twice").hasSize(put.size());
    a.stop();
  }

  @Test
  @NotWith(Difference.CLOSED_SHARDS_GO_ON)
  void a_split_and_a_merge_while_no_worker_runs_are_followed_by_the_next_one() throws Exception {
    String stream = bed.resources().stream(1);
    String application = bed.resources().table();
    Seen first = new Seen();
    List<String> before = bed.put(stream, 50);
    RunningWorker a = worker(application, stream, "a", first);
    awaitThat(() -> first.texts().containsAll(before));
    a.stop();

    List<String> put = new ArrayList<>(bed.put(stream, 50));
    Shard parent = bed.openShards(stream).get(0);
    bed.split(stream, parent);
    put.addAll(bed.put(stream, 50));
    bed.mergeChildrenOf(stream, parent);
    put.addAll(bed.put(stream, 50));
    Seen second = new Seen();
    RunningWorker b = worker(application, stream, "b", second);
    awaitThat(() -> second.texts().containsAll(put));
    b.stop();
    assertThat(second.deliveries).containsExactlyInAnyOrderElementsOf(put);
    assertThat(second.shards).hasSize(4);
  }

  @Test
  void a_latest_application_does_not_see_older_records_and_loses_none_after_its_start()
      throws Exception {
    String stream = bed.resources().stream(2);
    List<String> old = bed.put(stream, 50);
    // LATEST means a second before the application began, by a clock that shows whole seconds
    bed.backend().letTimePass(Duration.ofMillis(2_500));
    Seen seen = new Seen();
    RunningWorker a =
        new RunningWorker(
            new Worker(
                () -> seen.processor("a"),
                bed.configuration(bed.resources().table(), stream, "a")
                    .withInitialPositionInStream(InitialPositionInStream.LATEST)));
    awaitThat(() -> seen.shards.size() == 2);
    List<String> put = bed.put(stream, 50);
    awaitThat(() -> seen.texts().containsAll(put));
    assertThat(seen.texts()).doesNotContainAnyElementsOf(old);
    a.stop();
  }

  /** On the embedded backend it/aggregation has much more of this, in every build. */
  @Test
  @Tag("heavy")
  void aggregated_records_are_unpacked() throws Exception {
    String stream = bed.resources().stream(1);
    List<String> texts = IntStream.range(0, 300).mapToObj(i -> "aggregated-" + i).toList();
    List<PutRecordsRequestEntry> aggregates = new ArrayList<>();
    for (int from = 0; from < texts.size(); from += 50) {
      AggregateWriter writer = new AggregateWriter();
      texts.subList(from, from + 50).forEach(text -> writer.add("key-" + text, null, text));
      aggregates.add(
          PutRecordsRequestEntry.builder()
              .partitionKey("a")
              .data(SdkBytes.fromByteBuffer(writer.payload()))
              .build());
    }
    bed.putAll(stream, aggregates);
    Seen seen = new Seen();
    RunningWorker a = worker(bed.resources().table(), stream, "a", seen);
    awaitThat(() -> seen.texts().containsAll(texts));
    a.stop();
    assertThat(List.copyOf(seen.deliveries)).isEqualTo(texts);
  }

  @Test
  @Tag("heavy")
  void a_worker_takes_over_from_one_that_is_killed_and_only_what_was_under_way_comes_twice()
      throws Exception {
    String stream = bed.resources().stream(4);
    String application = bed.resources().table();
    Seen seen = new Seen();
    List<String> before = new ArrayList<>(bed.put(stream, 50));
    RunningWorker survivor = worker(application, stream, "survivor", seen);
    awaitThat(() -> seen.texts().containsAll(before));
    List<String> underWay;
    try (KilledWorker killed = new KilledWorker(bed, application, stream, seen)) {
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(250))
          .untilAsserted(
              () -> {
                before.addAll(bed.put(stream, 20));
                assertThat(seen.byWorker.get("killed")).as(killed::lastOutput).hasSize(2);
              });
      awaitThat(() -> seen.texts().containsAll(before));
      assertThat(killed.checkpointed).isNotEmpty();
      underWay = bed.put(stream, 200);
    }
    seen.byWorker.get("survivor").clear();
    List<String> after = new ArrayList<>();
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(250))
        .untilAsserted(
            () -> {
              after.addAll(bed.put(stream, 20));
              assertThat(seen.byWorker.get("survivor")).as("all shards").hasSize(4);
            });
    awaitThat(() -> seen.texts().containsAll(after) && seen.texts().containsAll(underWay));
    survivor.stop();
    assertThat(seen.texts()).containsAll(before);
    Set<String> twice = new HashSet<>();
    Set<String> once = new HashSet<>();
    seen.deliveries.stream().filter(text -> !once.add(text)).forEach(twice::add);
    assertThat(underWay).as("what was put when it was killed").containsAll(twice);
  }

  @Test
  @Tag("heavy")
  void every_record_is_stored_once_in_s3_though_the_pipeline_is_stopped_and_started()
      throws Exception {
    String bucket = bed.resources().bucket();
    List<String> put =
        throughPipelineTwice(
            """
            sink: {type: s3, bucket: %s, prefix: records/, format: ndjson}
            """
                .formatted(bucket),
            () -> linesOf(bucket).size());
    List<String> stored = new ArrayList<>();
    for (String line : linesOf(bucket)) {
      stored.add(new ObjectMapper().readTree(line).get("id").asText());
    }
    assertThat(stored).containsExactlyInAnyOrderElementsOf(put);
  }

  @Test
  @Tag("heavy")
  void every_record_is_a_row_in_dynamodb_though_the_pipeline_is_stopped_and_started()
      throws Exception {
    String table = bed.resources().table();
    List<String> put =
        throughPipelineTwice(
            """
            sink: {type: dynamodb, table: %s, partitionKey: id, createTable: true}
            """
                .formatted(table),
            () -> idsOf(table).size());
    assertThat(idsOf(table)).containsExactlyInAnyOrderElementsOf(put);
  }

  @Test
  @Tag("heavy")
  void what_the_list_says_of_this_backend_is_so_and_what_it_does_not_say_is_not() throws Exception {
    Probes probes = new Probes(bed);
    Set<Difference> found = EnumSet.noneOf(Difference.class);
    for (Difference difference : Difference.values()) {
      if (probes.isThere(difference)) {
        found.add(difference);
      }
    }
    assertThat(found).isEqualTo(bed.kind().differences());
  }

  private RunningWorker worker(String application, String stream, String name, Seen seen) {
    return new RunningWorker(
        new Worker(() -> seen.processor(name), bed.configuration(application, stream, name)));
  }

  private static void awaitThat(Callable<Boolean> condition) {
    await().atMost(PATIENCE).until(condition);
  }

  /** Runs a pipeline, stops it, and runs it again; returns what was put, for both. */
  private List<String> throughPipelineTwice(String sink, Callable<Integer> stored)
      throws Exception {
    String stream = bed.resources().stream(2);
    Path file =
        Files.writeString(
            folder.resolve("pipeline.yaml"),
            """
            source: {stream: %s, application: %s, region: %s}
            buffer: {records: 40, age: 1 s}
            """
                    .formatted(stream, bed.resources().table(), bed.services().region())
                + sink);
    PipelineConfig config = PipelineConfig.read(file, Modules.installed(), System::getenv);
    Host host =
        new Host(
            bed.services().credentials(), bed.services().endpoints(), new SimpleMeterRegistry());
    List<String> put = new ArrayList<>();
    for (int round = 0; round < 2; round++) {
      put.addAll(bed.put(stream, 130, "{\"id\":\"%s\"}"::formatted));
      try (ConnectorApplication application = ConnectorApplication.open(config, host)) {
        RunningWorker worker = new RunningWorker(application.worker());
        await()
            .atMost(PATIENCE)
            .pollInterval(Duration.ofMillis(250))
            .ignoreExceptions() // the table is not there at first
            .until(() -> stored.call() >= put.size());
        worker.stop();
      }
    }
    return put;
  }

  private List<String> linesOf(String bucket) {
    List<String> lines = new ArrayList<>();
    for (S3Object object : done(bed.cloud().s3.listObjectsV2(r -> r.bucket(bucket))).contents()) {
      String text =
          done(bed.cloud()
                  .s3
                  .getObject(
                      r -> r.bucket(bucket).key(object.key()), AsyncResponseTransformer.toBytes()))
              .asUtf8String();
      lines.addAll(Arrays.asList(text.split("\n")));
    }
    return lines;
  }

  private List<String> idsOf(String table) {
    return done(bed.cloud().dynamoDb.scan(r -> r.tableName(table).consistentRead(true)))
        .items()
        .stream()
        .map(row -> row.get("id"))
        .map(AttributeValue::s)
        .toList();
  }
}
