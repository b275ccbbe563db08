package io.millrace.samples.referrers;

import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.embedded.EmbeddedKinesis;
import io.millrace.kcl.aws.AwsClients;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;

/**
 * The referrer counter on one machine: an embedded Kinesis and a writer in this JVM, DynamoDB Local
 * and every worker in a JVM of its own. Workers are killed and stopped, shards split and merged
 * while it runs; at the end the ledgers say what was lost and what was seen twice.
 *
 * <p>No process outlives this JVM, however it ends. Safe for use by several threads.
 */
public final class Demo implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Demo.class);

  private static final String STREAM = "visits";
  private static final String APPLICATION = "referrer-counter";
  private static final String REGION = "us-east-1";

  private static final Duration WRITER_TIMEOUT = Duration.ofSeconds(15);
  private static final Duration DRAIN_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(20);
  private static final long DRAIN_POLL_MILLIS = 50;
  private static final int TOP = 3;

  /** How old counts may be before a shard counts as silent. */
  private static final long NEWEST_COUNTS_SECONDS = 5;

  private final DemoSettings settings;
  private final InstantSource clock = InstantSource.system();
  private final Path folder;
  private final Deque<AutoCloseable> resources = new ArrayDeque<>();
  private final WorkerProcess.Setting workerSetting;
  private final StreamWriter writer;
  private final CountsTable countsTable;
  private final LeaseRows leaseRows;
  private final Resharding resharding;
  private final Ledgers ledgers;

  // guarded by this
  private final List<WorkerProcess> workers = new ArrayList<>();
  private final List<EndedWorker> killed = new ArrayList<>();
  private final List<EndedWorker> stopped = new ArrayList<>();
  private final List<Set<String>> reshardedParents = new ArrayList<>();
  private int workersStarted;
  private DemoResult result;

  private record EndedWorker(String name, long atMillis) {}

  private Demo(DemoSettings settings) throws IOException {
    this.settings = settings;
    folder = Files.createTempDirectory("millrace-demo-");
    boolean started = false;
    try {
      CompletableFuture<DynamoDbLocal> starting =
          CompletableFuture.supplyAsync(DynamoDbLocal::start);
      EmbeddedKinesis kinesis = opened(EmbeddedKinesis.start());
      kinesis.createStream(STREAM, settings.shards());
      DynamoDbLocal dynamoDb = opened(join(starting));
      AwsClients clients =
          opened(
              AwsClients.builder()
                  .credentialsProvider(
                      StaticCredentialsProvider.create(AwsBasicCredentials.create("demo", "demo")))
                  .regionName(REGION)
                  .kinesisEndpoint(kinesis.endpoint())
                  .dynamoDbEndpoint(dynamoDb.endpoint())
                  .threadNamePrefix("demo")
                  .build());
      workerSetting =
          new WorkerProcess.Setting(
              APPLICATION, STREAM, kinesis.endpoint(), dynamoDb.endpoint(), REGION, folder);
      countsTable = new CountsTable(clients.dynamoDb(), APPLICATION + "-counts");
      leaseRows = new LeaseRows(clients.dynamoDb(), APPLICATION);
      resharding = new Resharding(clients.kinesis(), STREAM);
      ledgers = new Ledgers(folder);
      LedgerFile put = opened(new LedgerFile(folder.resolve("writer-w1.ledger")));
      writer =
          opened(
              new StreamWriter(
                  clients.kinesis(), STREAM, "w1", put, clock, settings.recordsPerSecond()));
      // before the workers start: the first request to a new DynamoDB Local takes its time
      countsTable.ensure();
      for (int i = 0; i < settings.workers(); i++) {
        addWorker();
      }
      writer.start();
      started = true;
    } finally {
      if (!started) {
        close();
        removeFolder();
      }
    }
  }

  /**
   * Starts everything; the workers go on starting while this returns. Takes a few seconds.
   *
   * @throws IllegalStateException if a part of it cannot be started; the message says which
   */
  public static Demo start(DemoSettings settings) {
    try {
      return new Demo(settings);
    } catch (IOException e) {
      throw new UncheckedIOException("The demo cannot be started", e);
    }
  }

  private <T extends AutoCloseable> T opened(T resource) {
    resources.push(resource);
    return resource;
  }

  private static <T> T join(CompletableFuture<T> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  /** Where ledgers, events and logs are while the demo runs. */
  public Path folder() {
    return folder;
  }

  /** Adds a worker; returns its name. */
  public synchronized String addWorker() {
    String name = "worker-" + ++workersStarted;
    try {
      workers.add(WorkerProcess.start(name, workerSetting));
    } catch (IOException e) {
      throw new UncheckedIOException("The JVM of " + name + " cannot be started", e);
    }
    return name;
  }

  /** The workers that run and have not been told to stop, longest-running first. */
  public synchronized List<String> workers() {
    return workers.stream()
        .filter(w -> w.isAlive() && !w.isEndWanted())
        .map(WorkerProcess::name)
        .toList();
  }

  /** Kills a worker with SIGKILL. */
  public synchronized void kill(String name) {
    WorkerProcess worker = running(name);
    killed.add(new EndedWorker(name, clock.millis()));
    worker.kill();
  }

  /** Tells a worker to hand its shards over and end (SIGTERM); does not wait for it. */
  public synchronized void stop(String name) {
    WorkerProcess worker = running(name);
    stopped.add(new EndedWorker(name, clock.millis()));
    worker.stop();
  }

  private WorkerProcess running(String name) {
    return workers.stream()
        .filter(w -> w.name().equals(name) && w.isAlive())
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("No worker " + name + " is running"));
  }

  /** Splits the open shard with the widest range; returns its id. */
  public synchronized Set<String> split() {
    Set<String> parents = resharding.splitBiggest();
    reshardedParents.add(parents);
    return parents;
  }

  /** Merges two adjacent open shards; returns their ids, or empty if there is only one shard. */
  public synchronized Optional<Set<String>> merge() {
    Optional<Set<String>> parents = resharding.mergeSmallest();
    parents.ifPresent(reshardedParents::add);
    return parents;
  }

  /** From now on the writer puts so many records a second. */
  public void setRate(int recordsPerSecond) {
    writer.setRate(recordsPerSecond);
  }

  /** What is going on; asks both tables and reads the ledgers on. */
  public DemoStatus status() {
    Ledgers.Totals totals = totals();
    Map<String, Long> visits =
        countsTable.newest(Visit.RESOURCES, clock.millis() / 1_000 - NEWEST_COUNTS_SECONDS);
    List<DemoStatus.ReferrerCount> top =
        visits.entrySet().stream()
            .map(e -> new DemoStatus.ReferrerCount(e.getKey(), e.getValue()))
            .sorted(
                Comparator.comparingLong(DemoStatus.ReferrerCount::visits)
                    .reversed()
                    .thenComparing(DemoStatus.ReferrerCount::referrer))
            .limit(TOP)
            .toList();
    SortedMap<String, Integer> leases = leaseRows.leasesByWorker();
    workers().forEach(name -> leases.putIfAbsent(name, 0));
    return new DemoStatus(totals.put(), totals.processed(), totals.duplicates(), top, leases);
  }

  private synchronized Ledgers.Totals totals() {
    ledgers.refresh();
    return ledgers.totals();
  }

  /** What went wrong with a worker, in words; empty if all of them are as they should be. */
  public synchronized List<String> troubles() {
    return workers.stream()
        .filter(w -> !w.isAlive() && !w.isEndWanted())
        .map(
            w ->
                w.name()
                    + " ended by itself with exit code "
                    + w.exitCode()
                    + "; its log is "
                    + folder.resolve(w.name() + ".log"))
        .toList();
  }

  /**
   * Ends the demo in order: the writer stops, the workers process what is left, then they stop and
   * the ledgers are compared. Takes at most about a minute, usually a second or two. A second call
   * returns the same result.
   */
  public synchronized DemoResult finish() throws InterruptedException {
    if (result != null) {
      return result;
    }
    List<String> troubles = new ArrayList<>(troubles());
    if (!writer.finish(WRITER_TIMEOUT)) {
      troubles.add("the stream did not acknowledge everything that was put");
    }
    drain();
    workers.stream().filter(WorkerProcess::isAlive).forEach(WorkerProcess::stop);
    long deadline = clock.millis() + STOP_TIMEOUT.toMillis();
    for (WorkerProcess worker : workers) {
      if (!worker.await(Duration.ofMillis(Math.max(0, deadline - clock.millis())))) {
        troubles.add(worker.name() + " did not stop within " + STOP_TIMEOUT.toSeconds() + " s");
        worker.kill();
        worker.await(STOP_TIMEOUT);
      }
    }
    Ledgers.Totals totals = totals();
    result = new DemoResult(numbers(totals), totals.complete(), troubles, folder);
    return result;
  }

  private void drain() throws InterruptedException {
    long deadline = clock.millis() + DRAIN_TIMEOUT.toMillis();
    while (!totals().complete() && clock.millis() < deadline && !workers().isEmpty()) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(DRAIN_POLL_MILLIS));
    }
  }

  private Map<String, Long> numbers(Ledgers.Totals totals) {
    Map<String, Long> numbers = new LinkedHashMap<>();
    numbers.put("put", totals.put());
    numbers.put("processed", totals.processed());
    numbers.put("distinct", totals.distinct());
    numbers.put("duplicates", totals.duplicates());
    numbers.put("lost", totals.lost());
    numbers.put("timeToFirstRecordMillis", orNull(ledgers.timeToFirstRecordMillis()));
    numbers.put(
        "longestPauseMillis",
        ledgers.longestPauseMillisByShard().values().stream().max(Long::compare).orElse(null));
    if (!killed.isEmpty()) {
      numbers.put(
          "failoverMillis",
          longest(
              killed.stream().map(w -> ledgers.failoverMillis(w.name(), w.atMillis())).toList()));
    }
    if (!stopped.isEmpty()) {
      numbers.put(
          "handoverMillis",
          longest(
              stopped.stream().map(w -> ledgers.handoverMillis(w.name(), w.atMillis())).toList()));
    }
    if (!reshardedParents.isEmpty()) {
      numbers.put(
          "reshardGapMillis",
          longest(
              reshardedParents.stream()
                  .map(p -> ledgers.reshardGapMillis(p, resharding.childrenOf(p)))
                  .toList()));
    }
    return numbers;
  }

  /** Null if one of them is not known. */
  private static Long longest(List<OptionalLong> times) {
    if (times.stream().anyMatch(OptionalLong::isEmpty)) {
      return null;
    }
    return times.stream().map(OptionalLong::getAsLong).max(Long::compare).orElse(null);
  }

  private static Long orNull(OptionalLong value) {
    return value.isEmpty() ? null : (Long) value.getAsLong();
  }

  /**
   * Ends every process, in order or not, and removes the files if {@link #finish} said that all is
   * well and nobody asked for them.
   */
  @Override
  public synchronized void close() {
    workers.stream().filter(WorkerProcess::isAlive).forEach(WorkerProcess::kill);
    while (!resources.isEmpty()) {
      try {
        resources.pop().close();
      } catch (Exception e) {
        log.warn("Closing a part of the demo", e);
      }
    }
    boolean allWell = result != null && result.good();
    if (allWell && !settings.keepFiles()) {
      removeFolder();
    }
  }

  private void removeFolder() {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      log.warn("The folder {} could not be removed: {}", folder, Objects.toString(e));
    }
  }
}
