package io.millrace.samples.referrers;

import io.millrace.kcl.exec.DaemonThreads;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the counts of all shards of this worker to the table, once a second, on a thread of its
 * own: processors never wait for it. Counts that could not be written are not written again, since
 * the next ones replace them.
 */
final class CountPersister implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(CountPersister.class);

  private final CountsTable table;
  private final String worker;
  private final InstantSource clock;
  private final Map<String, SlidingCounts> shards = new ConcurrentHashMap<>();
  private final ScheduledExecutorService thread;
  private CompletableFuture<Void> underWay = CompletableFuture.completedFuture(null);
  private boolean inTrouble;

  CountPersister(CountsTable table, String worker, InstantSource clock) {
    this.table = table;
    this.worker = worker;
    this.clock = clock;
    this.thread = new ScheduledThreadPoolExecutor(1, DaemonThreads.named("count-persister"));
  }

  void start() {
    thread.scheduleAtFixedRate(this::persist, 1, 1, TimeUnit.SECONDS);
  }

  void add(String shard, SlidingCounts counts) {
    shards.put(shard, counts);
  }

  /** Does nothing if the shard has other counts by now. */
  void remove(String shard, SlidingCounts counts) {
    shards.remove(shard, counts);
  }

  private void persist() {
    if (!underWay.isDone()) {
      return;
    }
    long now = clock.millis();
    List<CountsTable.ShardCounts> counts =
        shards.entrySet().stream()
            .map(
                e ->
                    new CountsTable.ShardCounts(
                        e.getKey(), e.getValue().counts(now), e.getValue().behindMillis()))
            .toList();
    underWay =
        table
            .write(worker, now / 1_000, counts)
            .toCompletableFuture()
            .whenComplete((done, error) -> say(error));
  }

  private synchronized void say(Throwable error) {
    if (error != null && !inTrouble) {
      log.warn("The counts of {} cannot be written; trying on", worker, error);
    }
    inTrouble = error != null;
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
