package io.millrace.samples.referrers;

import io.millrace.kcl.aws.AwsClients;
import io.millrace.kcl.exec.DaemonThreads;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;

/**
 * Puts made-up visits into a stream, so many a second, and writes down what the stream has
 * acknowledged. A record that was refused, or got no answer, is put again until it is acknowledged.
 *
 * <p>Safe for use by several threads.
 */
public final class StreamWriter implements AutoCloseable {

  /** The highest rate, in records a second. */
  public static final int MAX_RATE = 10_000;

  private static final Logger log = LoggerFactory.getLogger(StreamWriter.class);

  private static final long TICK_MILLIS = 50;

  /** The limit of PutRecords. */
  private static final int MAX_RECORDS_A_CALL = 500;

  /** How many records may wait; with so many nothing new is made up until some are acknowledged. */
  private static final int MAX_WAITING = 10_000;

  private final KinesisAsyncClient kinesis;
  private final String stream;
  private final InstantSource clock;
  private final Ledger ledger;
  private final VisitGenerator visits;
  private final String writerId;
  private final ScheduledExecutorService thread;
  private final CountDownLatch finished = new CountDownLatch(1);
  private volatile double rate;
  private volatile boolean finishing;

  // used on the writer's thread only
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private long lastTickMillis;
  private double owed;
  private boolean inTrouble;

  private record Waiting(long number, PutRecordsRequestEntry entry) {}

  /**
   * @param kinesis not closed
   * @param ledger not closed
   * @param rate in records a second
   */
  StreamWriter(
      KinesisAsyncClient kinesis,
      String stream,
      String writerId,
      Ledger ledger,
      InstantSource clock,
      double rate) {
    this.kinesis = kinesis;
    this.stream = stream;
    this.writerId = writerId;
    this.ledger = ledger;
    this.clock = clock;
    this.rate = rate;
    this.visits = new VisitGenerator(writerId, new SplittableRandom(writerId.hashCode()));
    this.thread =
        Executors.newSingleThreadScheduledExecutor(
            DaemonThreads.named("stream-writer-" + writerId));
  }

  void start() {
    lastTickMillis = clock.millis();
    thread.scheduleWithFixedDelay(this::tick, 0, TICK_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** From now on so many records a second. */
  void setRate(double recordsPerSecond) {
    this.rate = recordsPerSecond;
  }

  /**
   * Makes up nothing new, and waits until everything is acknowledged.
   *
   * @return false if that took too long
   */
  boolean finish(Duration timeout) throws InterruptedException {
    finishing = true;
    return finished.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Stops at once; what was not acknowledged stays unacknowledged. */
  @Override
  public void close() {
    thread.shutdownNow();
  }

  private void tick() {
    try {
      makeUp();
      while (!waiting.isEmpty() && putSome()) {
        // goes on as long as everything is accepted
      }
      if (finishing && waiting.isEmpty()) {
        finished.countDown();
      }
    } catch (IOException | RuntimeException e) {
      trouble(e.toString());
    }
  }

  private void makeUp() {
    long now = clock.millis();
    owed += rate * Math.max(0, now - lastTickMillis) / 1_000.0;
    lastTickMillis = now;
    if (finishing) {
      return;
    }
    for (; owed >= 1 && waiting.size() < MAX_WAITING; owed--) {
      Visit visit = visits.next();
      waiting.addLast(
          new Waiting(
              visit.number(),
              PutRecordsRequestEntry.builder()
                  .partitionKey(visits.partitionKey())
                  .data(SdkBytes.fromByteArrayUnsafe(visit.toJson()))
                  .build()));
    }
    owed = Math.min(owed, MAX_WAITING);
  }

  /** One call; whether all of it was accepted. */
  private boolean putSome() throws IOException {
    List<Waiting> some =
        new ArrayList<>(waiting).subList(0, Math.min(waiting.size(), MAX_RECORDS_A_CALL));
    PutRecordsResponse response;
    try {
      response =
          kinesis
              .putRecords(
                  r -> r.streamName(stream).records(some.stream().map(Waiting::entry).toList()))
              .join();
    } catch (CompletionException e) {
      trouble(String.valueOf(e.getCause()));
      return false;
    }
    StringBuilder acknowledged = new StringBuilder();
    List<Waiting> refused = new ArrayList<>();
    long now = clock.millis();
    for (int i = 0; i < some.size(); i++) {
      PutRecordsResultEntry result = response.records().get(i);
      if (result.sequenceNumber() == null) {
        refused.add(some.get(i));
      } else {
        acknowledged.append(
            new LedgerLine.Put(
                    now, writerId, some.get(i).number(), result.shardId(), result.sequenceNumber())
                .text());
      }
    }
    ledger.append(acknowledged);
    for (int i = 0; i < some.size(); i++) {
      waiting.removeFirst();
    }
    for (int i = refused.size() - 1; i >= 0; i--) {
      waiting.addFirst(refused.get(i));
    }
    if (refused.isEmpty()) {
      inTrouble = false;
      return true;
    }
    trouble(
        refused.size()
            + " of "
            + some.size()
            + " records were refused, such as: "
            + response.records().stream()
                .map(PutRecordsResultEntry::errorCode)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse("no reason given"));
    return false;
  }

  private void trouble(String what) {
    if (!inTrouble) {
      inTrouble = true;
      log.warn("Putting records into stream {}: {}; they are put again", stream, what);
    }
  }

  /**
   * Puts visits into a stream until it is ended.
   *
   * <pre>
   * [--rate RECORDS_A_SECOND] [--writer ID] [--ledger FILE]
   * [--create-shards N]   makes the stream if there is none
   * </pre>
   *
   * and the options of {@link Resources}.
   */
  public static void main(String[] args) throws Exception {
    MainOptions options;
    Resources resources;
    double rate;
    int shards;
    try {
      options =
          MainOptions.parse(
              args, Resources.optionsAnd("rate", "writer", "ledger", "create-shards"));
      resources = Resources.of(options);
      rate = options.rate("rate", 200);
      shards = options.wholeNumber("create-shards", 0, 0, 100);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    try (AwsClients clients = resources.clients("writer");
        Ledger ledger =
            options.text("ledger").isEmpty()
                ? Ledger.none()
                : new LedgerFile(options.path("ledger"));
        StreamWriter writer =
            new StreamWriter(
                clients.kinesis(),
                resources.stream(),
                options.text("writer", "w1"),
                ledger,
                InstantSource.system(),
                rate)) {
      if (shards > 0) {
        createStream(clients.kinesis(), resources.stream(), shards);
      }
      writer.start();
      System.err.println(
          "Putting " + rate + " records a second into stream " + resources.stream() + ".");
      new CountDownLatch(1).await();
    }
  }

  private static void createStream(KinesisAsyncClient kinesis, String stream, int shards) {
    try {
      kinesis.createStream(c -> c.streamName(stream).shardCount(shards)).join();
      System.err.println("Creating stream " + stream + " with " + shards + " shards ...");
    } catch (CompletionException e) {
      if (!(e.getCause() instanceof ResourceInUseException)) {
        throw e;
      }
    }
    try (var waiter = kinesis.waiter()) {
      waiter.waitUntilStreamExists(d -> d.streamName(stream)).join();
    }
  }
}
