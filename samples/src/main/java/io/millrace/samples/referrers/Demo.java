package io.millrace.samples.referrers;

import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.embedded.EmbeddedKinesis;
import io.millrace.kcl.aws.AwsClients;
import io.millrace.samples.referrers.page.Fleet;
import io.millrace.samples.referrers.page.Fleet.RefusedException;
import io.millrace.samples.referrers.page.PageState.Place;
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
import java.util.Locale;
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
import java.util.function.Function;
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

  private final DemoSettings settings;
  private final InstantSource clock = InstantSource.system();
  private final Path folder;
  private final Deque<AutoCloseable> resources = new ArrayDeque<>();
  private final WorkerProcess.Setting workerSetting;
  private final StreamWriter writer;
  private final CountsTable countsTable;
  private final FleetTable leaseTable;
  private final Resharding resharding;
  private final EventLog eventLog = new EventLog();

  /** Both are guarded by this object. */
  private final Evidence.Written written;

  private final Workers workers;
  private final DemoFleet fleet;
  private final Object finishing = new Object();
  private volatile String phase = "running";
  private volatile int recordsPerSecond;

  // guarded by this
  private final List<Set<String>> reshardedParents = new ArrayList<>();

  // written under finishing
  private volatile DemoResult result;

  private Demo(DemoSettings settings) throws IOException {
    this.settings = settings;
    recordsPerSecond = settings.recordsPerSecond();
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
      leaseTable = new FleetTable(clients.dynamoDb(), APPLICATION);
      resharding = new Resharding(clients.kinesis(), STREAM);
      written = new Evidence.Written(new Ledgers(folder), new WorkerEvents(folder));
      workers = opened(new Workers(workerSetting, leaseTable, eventLog, clock));
      fleet = new DemoFleet(this, new FleetView(leaseTable, countsTable, resharding), eventLog);
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

  /** Where the stream and the tables are, for those who want to look with other tools. */
  public String endpoints() {
    return "Kinesis "
        + workerSetting.kinesis()
        + ", DynamoDB "
        + workerSetting.dynamoDb()
        + ", region "
        + REGION
        + ", any credentials";
  }

  /** What the page shows and does. */
  public Fleet fleet() {
    return fleet;
  }

  /** What is looked at, as the page says it. */
  static Place place(int recordsPerSecond) {
    return new Place(
        STREAM, APPLICATION + "-counts", "on this machine", true, true, recordsPerSecond);
  }

  /** The same, before it is started. */
  public static Place place(DemoSettings settings) {
    return place(settings.recordsPerSecond());
  }

  private void requireGoingOn() {
    if (!phase.equals("running")) {
      throw new RefusedException("The demo is ending; nothing can be done to it any more.");
    }
  }

  /** Adds a worker; returns its name. */
  public String addWorker() {
    requireGoingOn();
    return workers.add();
  }

  /** The workers that run and have not been told to stop, longest-running first. */
  public List<String> workers() {
    return workers.names();
  }

  /** Every worker there ever was. */
  List<WorkerProcess> processes() {
    return workers.processes();
  }

  /** Kills a worker with SIGKILL. */
  public void kill(String worker) {
    requireGoingOn();
    workers.kill(worker);
  }

  /** Tells a worker to hand its shards over and end (SIGTERM); does not wait for it. */
  public void stop(String worker) {
    requireGoingOn();
    workers.stop(worker);
  }

  /** Suspends a worker (SIGSTOP): it keeps believing that it holds its shards. */
  public void pause(String worker) {
    requireGoingOn();
    workers.pause(worker);
  }

  /** Lets a suspended worker go on (SIGCONT). */
  public void resume(String worker) {
    requireGoingOn();
    workers.resume(worker);
  }

  /** Splits the open shard with the widest range; returns its id. */
  public synchronized Set<String> split() {
    Set<String> parents = resharding.splitBiggest();
    resharded("split", parents);
    return parents;
  }

  /** Splits an open shard in the middle. */
  public synchronized void split(String shard) {
    requireGoingOn();
    resharding.split(shard);
    resharded("split", Set.of(shard));
  }

  /** Merges two adjacent open shards; returns their ids, or empty if there is only one shard. */
  public synchronized Optional<Set<String>> merge() {
    Optional<Set<String>> parents = resharding.mergeSmallest();
    parents.ifPresent(p -> resharded("merge", p));
    return parents;
  }

  /** Merges two open shards, which have to be adjacent. */
  public synchronized void merge(String shard, String other) {
    requireGoingOn();
    resharding.merge(shard, other);
    resharded("merge", Set.of(shard, other));
  }

  private void resharded(String kind, Set<String> parents) {
    reshardedParents.add(parents);
    eventLog.add(new Happening.Resharded(clock.millis(), kind, parents));
  }

  /** From now on the writer puts so many records a second. */
  public synchronized void setRate(int newRecordsPerSecond) {
    requireGoingOn();
    if (newRecordsPerSecond < 0 || newRecordsPerSecond > StreamWriter.MAX_RATE) {
      throw new RefusedException(
          String.format(
              Locale.ROOT,
              "A rate of %,d is not possible; possible are 0 to %,d records a second.",
              newRecordsPerSecond,
              StreamWriter.MAX_RATE));
    }
    recordsPerSecond = newRecordsPerSecond;
    writer.setRate(newRecordsPerSecond);
    eventLog.add(
        new Happening.Note(
            clock.millis(),
            "rate",
            String.format(Locale.ROOT, "rate set to %,d records a second {time}", recordsPerSecond),
            false));
  }

  int recordsPerSecond() {
    return recordsPerSecond;
  }

  /** {@code running}, {@code ending} or {@code ended}. */
  String phase() {
    return phase;
  }

  /** What is going on; asks both tables and reads the ledgers on. */
  public DemoStatus status() {
    Ledgers.Totals totals = totals();
    long second = clock.millis() / 1_000;
    CountsHistory history = new CountsHistory();
    history.add(
        countsTable.since(
            second - CountsHistory.SETTLED_SECONDS - CountsHistory.STALE_SECONDS, Visit.RESOURCES),
        second);
    List<DemoStatus.ReferrerCount> top =
        history.counts(second).top().stream()
            .map(t -> new DemoStatus.ReferrerCount(t.referrer(), t.visits()))
            .toList();
    SortedMap<String, Integer> leases = leaseTable.leasesByWorker();
    workers().forEach(name -> leases.putIfAbsent(name, 0));
    return new DemoStatus(totals.put(), totals.processed(), totals.duplicates(), top, leases);
  }

  private Ledgers.Totals totals() {
    synchronized (written) {
      written.ledgers().refresh();
      return written.ledgers().totals();
    }
  }

  /** Hands out what was written down so far, exclusively. */
  <T> T read(Function<Evidence.Written, T> reader) {
    synchronized (written) {
      written.ledgers().refresh();
      written.events().refresh();
      return reader.apply(written);
    }
  }

  /** What went wrong with a worker, in words; empty if all of them are as they should be. */
  public List<String> troubles() {
    return workers.troubles();
  }

  /**
   * Ends the demo in order: the writer stops, the workers process what is left, then they stop and
   * the ledgers are compared. Takes at most about a minute, usually a second or two. A second call
   * returns the same result.
   */
  public DemoResult finish() throws InterruptedException {
    // not the lock that everything else takes: the page shows how it ends
    synchronized (finishing) {
      if (result == null) {
        result = end();
        phase = "ended";
      }
      return result;
    }
  }

  private DemoResult end() throws InterruptedException {
    List<String> troubles = new ArrayList<>(troubles());
    processes().forEach(WorkerProcess::resume);
    if (troubles.isEmpty() && workers().isEmpty()) {
      addWorker(); // somebody ended all of them, and what is left has to be processed
    }
    phase = "ending";
    if (!writer.finish(WRITER_TIMEOUT)) {
      troubles.add("the stream did not acknowledge everything that was put");
    }
    drain();
    List<WorkerProcess> last = processes();
    last.stream().filter(WorkerProcess::isAlive).forEach(WorkerProcess::stop);
    long deadline = clock.millis() + STOP_TIMEOUT.toMillis();
    for (WorkerProcess worker : last) {
      if (!worker.await(Duration.ofMillis(Math.max(0, deadline - clock.millis())))) {
        troubles.add(worker.name() + " did not stop within " + STOP_TIMEOUT.toSeconds() + " s");
        worker.kill();
        worker.await(STOP_TIMEOUT);
      }
    }
    Ledgers.Totals totals = totals();
    synchronized (this) {
      return read(
          w -> new DemoResult(numbers(totals, w.ledgers()), totals.complete(), troubles, folder));
    }
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

  private Map<String, Long> numbers(Ledgers.Totals totals, Ledgers ledgers) {
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
    List<Workers.Ended> killed = workers.killed();
    if (!killed.isEmpty()) {
      numbers.put(
          "failoverMillis",
          longest(
              killed.stream().map(w -> ledgers.failoverMillis(w.worker(), w.atMillis())).toList()));
    }
    List<Workers.Ended> stopped = workers.stopped();
    if (!stopped.isEmpty()) {
      numbers.put(
          "handoverMillis",
          longest(
              stopped.stream()
                  .map(w -> ledgers.handoverMillis(w.worker(), w.atMillis()))
                  .toList()));
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
