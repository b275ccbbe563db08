package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.it.LocalEngines.RunningWorker;
import io.millrace.it.LocalEngines.Seen;
import io.millrace.kcl.InitialPositionInStream;
import io.millrace.kcl.ShardShutdown;
import io.millrace.kcl.Worker;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.kinesis.model.Shard;

/** Real workers, over the wire, on the embedded Kinesis and DynamoDB Local. */
class WorkerEndToEndTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static LocalEngines engines;

  @BeforeAll
  static void start() {
    engines = new LocalEngines();
  }

  @AfterAll
  static void stop() {
    engines.close();
  }

  @Test
  void every_record_is_processed_and_a_second_run_goes_on_from_the_checkpoint() throws Exception {
    String stream = engines.stream(3);
    Seen first = new Seen();
    List<String> put = new ArrayList<>(engines.put(stream, 1_000));
    RunningWorker a =
        new RunningWorker(
            new Worker(() -> first.processor("a"), engines.configuration("resume", stream, "a")));
    await().atMost(PATIENCE).until(() -> first.texts().containsAll(put));
    a.stop();
    assertThat(first.deliveries).hasSize(1_000);

    List<String> more = engines.put(stream, 500);
    Seen second = new Seen();
    RunningWorker b =
        new RunningWorker(
            new Worker(() -> second.processor("b"), engines.configuration("resume", stream, "b")));
    await().atMost(PATIENCE).until(() -> second.texts().containsAll(more));
    b.stop();
    assertThat(second.deliveries).containsExactlyInAnyOrderElementsOf(more);
  }

  @Test
  void two_workers_share_the_shards_and_hand_them_over_when_one_leaves() throws Exception {
    String stream = engines.stream(4);
    Seen seen = new Seen();
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    RunningWorker a =
        new RunningWorker(
            Worker.builder()
                .recordProcessorFactory(() -> seen.processor("a"))
                .config(engines.configuration("share", stream, "a"))
                .meterRegistry(meters)
                .build());
    List<String> put = new ArrayList<>(engines.put(stream, 200));
    await().atMost(PATIENCE).until(() -> seen.texts().containsAll(put));
    RunningWorker b =
        new RunningWorker(
            new Worker(() -> seen.processor("b"), engines.configuration("share", stream, "b")));
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              put.addAll(engines.put(stream, 50));
              assertThat(seen.byWorker.get("b")).hasSize(2);
            });
    assertThat(meters.get("millrace.records").counter().count()).isPositive();

    a.worker.startGracefulShutdown().get();
    a.ended.get();
    assertThat(a.worker.shutdownResults())
        .hasSize(2)
        .allMatch(r -> r.outcome() == ShardShutdown.Outcome.HANDED_OVER);
    put.addAll(engines.put(stream, 100));
    await().atMost(PATIENCE).until(() -> seen.texts().containsAll(put));
    assertThat(seen.deliveries).as("nothing twice").hasSize(put.size());
    b.stop();
  }

  @Test
  void splits_and_merges_are_followed() throws Exception {
    String stream = engines.stream(2);
    Seen seen = new Seen();
    RunningWorker a =
        new RunningWorker(
            new Worker(() -> seen.processor("a"), engines.configuration(stream, "a")));
    List<String> put = new ArrayList<>(engines.put(stream, 100));
    await().atMost(PATIENCE).until(() -> seen.texts().containsAll(put));

    List<Shard> shards = shards(stream);
    engines
        .kinesisClient
        .splitShard(
            r ->
                r.streamName(stream)
                    .shardToSplit(shards.get(0).shardId())
                    .newStartingHashKey(
                        new BigInteger(shards.get(0).hashKeyRange().endingHashKey())
                            .shiftRight(1)
                            .toString()))
        .join();
    put.addAll(engines.put(stream, 100));
    await().atMost(PATIENCE).until(() -> seen.texts().containsAll(put));

    engines
        .kinesisClient
        .mergeShards(
            r ->
                r.streamName(stream)
                    .shardToMerge("shardId-000000000002")
                    .adjacentShardToMerge("shardId-000000000003"))
        .join();
    put.addAll(engines.put(stream, 100));
    await().atMost(PATIENCE).until(() -> seen.texts().containsAll(put));
    assertThat(seen.shards).hasSize(5);
    assertThat(seen.deliveries).hasSize(put.size());
    a.stop();
  }

  @Test
  void a_latest_application_does_not_see_older_records_and_loses_none_after_its_start()
      throws Exception {
    String stream = engines.stream(2);
    List<String> old = engines.put(stream, 50);
    // LATEST means a second before the application began, by a clock that shows whole seconds
    await().pollDelay(Duration.ofMillis(2_500)).until(() -> true);
    Seen seen = new Seen();
    RunningWorker a =
        new RunningWorker(
            new Worker(
                () -> seen.processor("a"),
                engines
                    .configuration(stream, "a")
                    .withInitialPositionInStream(InitialPositionInStream.LATEST)));
    await().atMost(PATIENCE).until(() -> seen.shards.size() == 2);
    List<String> put = engines.put(stream, 50);
    await().atMost(PATIENCE).until(() -> seen.texts().containsAll(put));
    assertThat(seen.texts()).doesNotContainAnyElementsOf(old);
    a.stop();
  }

  private static List<Shard> shards(String stream) {
    return engines.kinesisClient.listShards(r -> r.streamName(stream)).join().shards();
  }
}
