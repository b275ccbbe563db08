package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.kcl.Worker;
import io.millrace.kcl.WorkerListener;
import io.millrace.kcl.aws.AwsClients;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/** What a fleet costs when nothing happens: capacity units of the table, and threads. */
class SteadyStateIT {

  private static final int SHARDS = 1_000;
  private static final int WORKERS = 10;
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  private LocalEngines engines;

  @BeforeEach
  void start() {
    engines = new LocalEngines();
  }

  @AfterEach
  void stop() {
    engines.close();
  }

  @Test
  void ten_workers_with_a_thousand_leases_stay_within_their_budget_of_capacity_units()
      throws Exception {
    String stream = engines.stream(SHARDS);
    CountingInterceptor units = new CountingInterceptor();
    Map<String, Set<String>> held = new ConcurrentHashMap<>();
    AtomicLong lastChange = new AtomicLong(System.nanoTime());
    List<RunningWorker> workers = new ArrayList<>();
    try (DynamoDbAsyncClient counting =
            DynamoDbAsyncClient.builder()
                .endpointOverride(engines.dynamoDbEndpoint())
                .credentialsProvider(LocalEngines.CREDENTIALS)
                .region(Region.US_EAST_1)
                .overrideConfiguration(o -> o.addExecutionInterceptor(units))
                // ten workers go through this one client, heartbeats included
                .httpClientBuilder(NettyNioAsyncHttpClient.builder().maxConcurrency(1_000))
                .build();
        AwsClients shared =
            AwsClients.builder()
                .credentialsProvider(LocalEngines.CREDENTIALS)
                .regionName("us-east-1")
                .kinesisEndpoint(engines.kinesis.endpoint())
                .dynamoDbEndpoint(engines.dynamoDbEndpoint())
                .build()) {
      for (int i = 0; i < WORKERS; i++) {
        String name = "worker-" + i;
        held.put(name, ConcurrentHashMap.newKeySet());
        workers.add(
            new RunningWorker(
                Worker.builder()
                    .recordProcessorFactory(() -> new Seen().processor(name))
                    .config(engines.configuration("steady", stream, name))
                    .dynamoDBClient(counting)
                    .kinesisClient(shared.kinesis())
                    .listener(
                        new WorkerListener() {
                          @Override
                          public void leaseTaken(String shardId, long fencingToken) {
                            held.get(name).add(shardId);
                            lastChange.set(System.nanoTime());
                          }

                          @Override
                          public void leaseEnded(String shardId, String reason) {
                            held.get(name).remove(shardId);
                            lastChange.set(System.nanoTime());
                          }
                        })
                    .build()));
      }
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  held.values().stream().allMatch(shards -> shards.size() == SHARDS / WORKERS)
                      && System.nanoTime() - lastChange.get() > 10_000_000_000L);

      double writesBefore = units.writeUnits.sum();
      double readsBefore = units.readUnits.sum();
      long changeBefore = lastChange.get();
      long from = System.nanoTime();
      await().pollDelay(Duration.ofSeconds(120)).atMost(PATIENCE).until(() -> true);
      double minutes = (System.nanoTime() - from) / 60e9;
      double writes = (units.writeUnits.sum() - writesBefore) / minutes;
      double reads = (units.readUnits.sum() - readsBefore) / minutes;
      System.out.printf(
          "steady state, %d workers, %d leases: %.0f write units and %.0f read units a minute%n",
          WORKERS, SHARDS, writes, reads);

      assertThat(lastChange.get()).as("no lease moves in steady state").isEqualTo(changeBefore);
      assertThat(writes).isLessThanOrEqualTo(700);
      assertThat(reads).isLessThanOrEqualTo(400);
      stopAll(workers);
    }
  }

  @Test
  void a_thousand_idle_leases_take_one_worker_at_most_forty_threads() throws Exception {
    String stream = engines.stream(SHARDS);
    Set<String> held = ConcurrentHashMap.newKeySet();
    Set<Thread> before = Set.copyOf(Thread.getAllStackTraces().keySet());
    RunningWorker worker =
        new RunningWorker(
            Worker.builder()
                .recordProcessorFactory(() -> new Seen().processor("only"))
                .config(engines.configuration(stream, "only"))
                .listener(
                    new WorkerListener() {
                      @Override
                      public void leaseTaken(String shardId, long fencingToken) {
                        held.add(shardId);
                      }
                    })
                .build());
    int most = 0;
    long until = System.nanoTime() + 60_000_000_000L;
    while (System.nanoTime() < until) {
      int now = newThreads(before).size();
      if (now > most) {
        most = now;
      }
      await().pollDelay(Duration.ofMillis(500)).until(() -> true);
    }
    assertThat(held).hasSize(SHARDS);
    List<String> names = newThreads(before);
    System.out.printf(
        "one worker, %d idle leases: %d threads, %d at most on the way%n",
        SHARDS, names.size(), most);
    assertThat(names).hasSizeLessThanOrEqualTo(40);
    worker.stop();
  }

  private static List<String> newThreads(Set<Thread> before) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> !before.contains(thread))
        .map(Thread::getName)
        .toList();
  }

  private static void stopAll(List<RunningWorker> workers) throws Exception {
    workers.forEach(w -> w.worker.shutdown());
    for (RunningWorker worker : workers) {
      worker.ended.get();
    }
  }
}
