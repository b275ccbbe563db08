package io.millrace.chaos;

import static org.awaitility.Awaitility.await;

import io.millrace.chaos.Checker.Violation;
import io.millrace.chaos.Fault.Service;
import io.millrace.chaos.Fault.Trouble;
import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.embedded.EmbeddedKinesis;
import io.millrace.embedded.EmbeddedShard;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * One run: starts the services and a fleet, puts records, carries a {@link Schedule} out, waits
 * until the fleet has come to order, stops it, and hands over what everybody wrote down.
 */
final class ChaosRun implements AutoCloseable {

  /**
   * @param ratePerSecond records put
   * @param faults how long faults begin
   */
  record Setting(Path folder, long seed, Duration faults, int workers, int ratePerSecond) {}

  /**
   * @param settledMillis from the last fault until everything was in order again; -1 if that did
   *     not happen
   * @param stoppedMillis until every process had ended after SIGTERM
   */
  record Outcome(Evidence evidence, Schedule schedule, long settledMillis, long stoppedMillis) {}

  private static final String APPLICATION = "chaos";
  private static final String STREAM = "chaos-stream";
  private static final int FIRST_SHARDS = 6;
  private static final int MOST_SHARDS = 14;
  private static final int LEAST_SHARDS = 4;

  /** Far more than anything takes: nothing here is about speed. */
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private static final Duration LAST_LOAD = Duration.ofSeconds(5);

  // where the pattern of the log puts its level; and what no logger has seen
  private static final Pattern ERROR =
      Pattern.compile("^\\d\\d:\\d\\d:\\d\\d\\.\\d{3} ERROR .*|^Exception in thread .*");

  private final Setting setting;
  private final Evidence evidence;
  private final EmbeddedKinesis kinesis;
  private final DynamoDbLocal dynamoDb;
  private final KinesisAsyncClient kinesisClient;
  private final DynamoDbAsyncClient dynamoDbClient;
  private final LedgerFile notes;
  private final LedgerFile puts;
  private final LedgerFile leases;
  private final LoadWriter writer;
  private final LeaseWatch watch;
  private final List<Slot> slots = new ArrayList<>();
  private final ScheduledExecutorService threads;
  private final AtomicInteger underWay = new AtomicInteger();
  private final AtomicBoolean rollingOut = new AtomicBoolean();
  private final ConcurrentLinkedQueue<Violation> said = new ConcurrentLinkedQueue<>();

  ChaosRun(Setting setting) throws IOException {
    this.setting = setting;
    clear(setting.folder());
    evidence = new Evidence(setting.folder());
    kinesis = EmbeddedKinesis.start();
    dynamoDb = DynamoDbLocal.start();
    StaticCredentialsProvider credentials =
        StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test"));
    kinesisClient =
        KinesisAsyncClient.builder()
            .endpointOverride(kinesis.endpoint())
            .credentialsProvider(credentials)
            .region(Region.US_EAST_1)
            .build();
    dynamoDbClient =
        DynamoDbAsyncClient.builder()
            .endpointOverride(dynamoDb.endpoint())
            .credentialsProvider(credentials)
            .region(Region.US_EAST_1)
            .build();
    notes = new LedgerFile(setting.folder().resolve("run.ledger"));
    puts = new LedgerFile(setting.folder().resolve("writer.ledger"));
    leases = new LedgerFile(setting.folder().resolve("leases.ledger"));
    kinesis.createStream(STREAM, FIRST_SHARDS);
    writer = new LoadWriter(kinesisClient, STREAM, puts, setting.ratePerSecond());
    watch = new LeaseWatch(dynamoDbClient, APPLICATION, leases);
    Slot.Fleet fleet =
        new Slot.Fleet(
            APPLICATION, STREAM, kinesis.endpoint(), dynamoDb.endpoint(), setting.folder(), notes);
    for (int i = 0; i < setting.workers(); i++) {
      slots.add(new Slot(i, fleet));
    }
    AtomicInteger numbers = new AtomicInteger();
    threads =
        Executors.newScheduledThreadPool(
            4,
            task -> {
              Thread thread = new Thread(task, "chaos-" + numbers.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
  }

  private static void clear(Path folder) throws IOException {
    Files.createDirectories(folder);
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
  }

  Outcome run() throws Exception {
    Schedule schedule = Schedule.of(setting.seed(), setting.faults(), setting.workers());
    for (Slot slot : slots) {
      slot.start(true);
    }
    writer.start();
    watch.start();
    await("the fleet is at work").atMost(PATIENCE).until(() -> disorder().isEmpty());

    carryOut(schedule);
    long settled = settle();
    long stopped = stop();
    List<EmbeddedShard> shards = kinesis.listShards(STREAM);
    for (EmbeddedShard shard : shards) {
      notes.append(
          new LedgerLine.Shard(
              shard.shardId(),
              orNone(shard.parentShardId()),
              orNone(shard.adjacentParentShardId()),
              shard.isOpen()));
    }
    watch.failIfItFailed();
    readLogs();
    evidence.refresh().said.addAll(said);
    return new Outcome(evidence, schedule, settled, stopped);
  }

  private static String orNone(String shardOrNull) {
    return shardOrNull == null ? LedgerLine.NONE : shardOrNull;
  }

  private void carryOut(Schedule schedule) {
    for (Schedule.Entry entry : schedule.faults()) {
      later(entry.at(), () -> note(entry.fault(), carryOut(entry.fault())));
    }
    Duration atMost = setting.faults().plus(PATIENCE.multipliedBy(setting.workers()));
    await("all faults are over").atMost(atMost).until(() -> underWay.get() == 0);
  }

  private interface Step {
    void run() throws Exception;
  }

  private void later(Duration delay, Step step) {
    underWay.incrementAndGet();
    threads.schedule(
        () -> {
          try {
            step.run();
          } catch (Exception e) {
            said.add(new Violation("run", "the run itself failed: " + e));
          } finally {
            underWay.decrementAndGet();
          }
        },
        delay.toMillis(),
        TimeUnit.MILLISECONDS);
  }

  private void note(Fault fault, boolean done) throws IOException {
    notes.append(
        new LedgerLine.FaultDone(System.currentTimeMillis(), fault.kind().replace(' ', '_'), done));
  }

  /** Whether there was something to carry it out on. */
  private boolean carryOut(Fault fault) throws Exception {
    if (fault instanceof Fault.Kill kill) {
      for (Slot slot : slotsFrom(kill.worker())) {
        if (slot.kill()) {
          later(kill.downFor(), () -> slot.start(kill.sameWorkerId()));
          return true;
        }
      }
      return false;
    }
    if (fault instanceof Fault.Pause pause) {
      for (Slot slot : slotsFrom(pause.worker())) {
        if (slot.pause(pause.lasts())) {
          return true;
        }
      }
      return false;
    }
    if (fault instanceof Fault.Link link) {
      trouble(slots.get(link.worker()), link.service(), link.trouble(), link.lasts());
      return true;
    }
    if (fault instanceof Fault.Outage outage) {
      for (Slot slot : slots) {
        trouble(slot, outage.service(), Trouble.REFUSED, outage.lasts());
      }
      return true;
    }
    if (fault instanceof Fault.Split split) {
      return split(split.pick());
    }
    if (fault instanceof Fault.Merge merge) {
      return merge(merge.pick());
    }
    return rollOut();
  }

  /** That slot, and the others in case it is empty just now. */
  private List<Slot> slotsFrom(int first) {
    List<Slot> from = new ArrayList<>(slots.subList(first, slots.size()));
    from.addAll(slots.subList(0, first));
    return from;
  }

  private void trouble(Slot slot, Service service, Trouble trouble, Duration lasts)
      throws IOException {
    int number = slot.trouble(service, trouble);
    later(lasts, () -> slot.heal(service, number));
  }

  private boolean split(double pick) {
    List<EmbeddedShard> open = openShards();
    if (open.size() >= MOST_SHARDS) {
      return false;
    }
    kinesis.split(STREAM, open.get((int) (pick * open.size())).shardId());
    return true;
  }

  private boolean merge(double pick) {
    List<EmbeddedShard> open = openShards();
    if (open.size() <= LEAST_SHARDS) {
      return false;
    }
    int left = (int) (pick * (open.size() - 1));
    kinesis.merge(STREAM, open.get(left).shardId(), open.get(left + 1).shardId());
    return true;
  }

  /** By hash key, so that neighbours are adjacent. */
  private List<EmbeddedShard> openShards() {
    return kinesis.listShards(STREAM).stream()
        .filter(EmbeddedShard::isOpen)
        .sorted(Comparator.comparing(EmbeddedShard::startingHashKey))
        .toList();
  }

  private boolean rollOut() throws Exception {
    if (!rollingOut.compareAndSet(false, true)) {
      return false;
    }
    try {
      for (Slot slot : slots) {
        slot.stop();
        awaitEnd(slot);
        slot.start(false);
      }
    } finally {
      rollingOut.set(false);
    }
    return true;
  }

  private void awaitEnd(Slot slot) throws Exception {
    if (!slot.awaitEnd(PATIENCE)) {
      said.add(
          new Violation("hung", slot.workerId() + " had not ended " + PATIENCE + " after SIGTERM"));
    }
  }

  /** Ends all trouble, goes on putting for a moment, and waits until everything is in order. */
  private long settle() throws Exception {
    for (Slot slot : slots) {
      slot.heal();
      slot.resume();
      slot.start(true);
    }
    long from = System.nanoTime();
    await().pollDelay(LAST_LOAD).atMost(PATIENCE).until(() -> true);
    writer.finish();
    List<String> disorder = new ArrayList<>();
    try {
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(250))
          .until(
              () -> {
                disorder.clear();
                disorder.addAll(disorder());
                int missing = evidence.refresh().missing();
                if (missing > 0) {
                  disorder.add(missing + " records have not been processed");
                }
                return disorder.isEmpty();
              });
      return (System.nanoTime() - from) / 1_000_000;
    } catch (ConditionTimeoutException e) {
      said.add(new Violation("not-settled", PATIENCE + " after the last fault: " + disorder));
      return -1;
    }
  }

  /** What is not as it should be in a fleet without trouble; empty if all is well. */
  private List<String> disorder() {
    List<String> disorder = new ArrayList<>();
    Map<String, Integer> leasesOf = new HashMap<>();
    slots.forEach(slot -> leasesOf.put(slot.workerId(), 0));
    Map<String, LedgerLine.LeaseSeen> rows = watch.rows();
    for (EmbeddedShard shard : kinesis.listShards(STREAM)) {
      LedgerLine.LeaseSeen row = rows.get(shard.shardId());
      if (row == null) {
        disorder.add(shard.shardId() + " has no lease");
      } else if (!shard.isOpen()) {
        if (!row.checkpoint().equals(Position.END)) {
          disorder.add(shard.shardId() + " is closed and not finished");
        }
      } else if (!leasesOf.containsKey(workerId(row.owner()))) {
        disorder.add(shard.shardId() + " belongs to " + row.owner());
      } else {
        leasesOf.merge(workerId(row.owner()), 1, Integer::sum);
      }
    }
    int most = leasesOf.values().stream().max(Integer::compare).orElse(0);
    int least = leasesOf.values().stream().min(Integer::compare).orElse(0);
    if (most - least > 1) {
      disorder.add("leases are not balanced: " + leasesOf);
    }
    return disorder;
  }

  /** A session's id begins with its worker's. */
  private static String workerId(String session) {
    int at = session.indexOf('@');
    return at < 0 ? session : session.substring(0, at);
  }

  /** SIGTERM for everybody at once. */
  private long stop() throws Exception {
    long from = System.nanoTime();
    slots.forEach(Slot::stop);
    for (Slot slot : slots) {
      awaitEnd(slot);
    }
    return (System.nanoTime() - from) / 1_000_000;
  }

  private void readLogs() throws IOException {
    Set<Path> logs;
    try (Stream<Path> files = Files.list(setting.folder())) {
      logs = files.filter(f -> f.toString().endsWith(".log")).collect(Collectors.toSet());
    }
    for (Path log : logs.stream().sorted().toList()) {
      try (Stream<String> lines = Files.lines(log)) {
        lines
            .filter(line -> ERROR.matcher(line).matches())
            .forEach(
                line -> said.add(new Violation("error-logged", log.getFileName() + ": " + line)));
      }
    }
  }

  @Override
  public void close() throws IOException {
    threads.shutdownNow();
    writer.close();
    watch.close();
    for (Slot slot : slots) {
      slot.close();
    }
    kinesisClient.close();
    dynamoDbClient.close();
    dynamoDb.close();
    kinesis.close();
    puts.close();
    leases.close();
    // notes stays open: a process that was just killed may still write its end there
  }
}
