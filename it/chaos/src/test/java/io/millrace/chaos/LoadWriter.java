package io.millrace.chaos;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

/**
 * Puts numbered records into a stream, so many a second, and writes down what the stream has
 * acknowledged. It has the stream to itself, undisturbed: what is not acknowledged was not put. A
 * refused record is put again. Safe for use by several threads.
 */
final class LoadWriter implements AutoCloseable {

  private static final long TICK_MILLIS = 50;
  private static final int MOST_A_CALL = 500;
  private static final int MOST_WAITING = 10_000;
  private static final int KEYS = 200;
  private static final String PADDING = " ".repeat(200);

  private record Waiting(long number, String key) {}

  private final KinesisAsyncClient kinesis;
  private final String stream;
  private final LedgerFile ledger;
  private final int ratePerSecond;
  private final InstantSource clock;
  private final ScheduledExecutorService thread;
  private final CountDownLatch finished = new CountDownLatch(1);
  private volatile boolean finishing;
  private volatile Exception failure;

  // used on the writer's thread only
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private long lastTickMillis;
  private double owed;
  private long numbers;

  LoadWriter(KinesisAsyncClient kinesis, String stream, LedgerFile ledger, int ratePerSecond) {
    this.kinesis = kinesis;
    this.stream = stream;
    this.ledger = ledger;
    this.ratePerSecond = ratePerSecond;
    this.clock = InstantSource.system();
    this.thread =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread t = new Thread(task, "load-writer");
              t.setDaemon(true);
              return t;
            });
  }

  /** The number of a record that was put by a writer. */
  static long number(byte[] data) {
    return Long.parseLong(new String(data, StandardCharsets.US_ASCII).strip());
  }

  void start() {
    lastTickMillis = clock.millis();
    thread.scheduleWithFixedDelay(this::tick, 0, TICK_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Makes up nothing new, and waits until everything is acknowledged. */
  void finish() throws InterruptedException {
    finishing = true;
    if (!finished.await(60, TimeUnit.SECONDS)) {
      throw new IllegalStateException(
          "The stream did not acknowledge everything within 60 seconds", failure);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }

  private void tick() {
    try {
      long now = clock.millis();
      owed = Math.min(MOST_WAITING, owed + ratePerSecond * (now - lastTickMillis) / 1_000.0);
      lastTickMillis = now;
      for (; !finishing && owed >= 1 && waiting.size() < MOST_WAITING; owed--) {
        long number = numbers++;
        // every key again and again, in no simple order
        waiting.add(new Waiting(number, "key-" + number * 7_919 % KEYS));
      }
      while (!waiting.isEmpty() && putSome()) {
        // goes on as long as everything is accepted
      }
      if (finishing && waiting.isEmpty()) {
        finished.countDown();
      }
    } catch (IOException | RuntimeException e) {
      failure = e; // it is tried again, for as long as anybody waits
    }
  }

  /** One call; whether all of it was accepted. */
  private boolean putSome() throws IOException {
    List<Waiting> some = new ArrayList<>();
    while (some.size() < MOST_A_CALL && !waiting.isEmpty()) {
      some.add(waiting.removeFirst());
    }
    PutRecordsResponse response;
    try {
      List<PutRecordsRequestEntry> entries = some.stream().map(LoadWriter::entry).toList();
      response = kinesis.putRecords(r -> r.streamName(stream).records(entries)).join();
    } catch (CompletionException e) {
      failure = e;
      putBack(some);
      return false;
    }
    StringBuilder acknowledged = new StringBuilder();
    List<Waiting> refused = new ArrayList<>();
    long now = clock.millis();
    for (int i = 0; i < some.size(); i++) {
      PutRecordsResultEntry result = response.records().get(i);
      Waiting put = some.get(i);
      if (result.sequenceNumber() == null) {
        refused.add(put);
      } else {
        acknowledged.append(
            new LedgerLine.Put(
                    now, put.number(), result.shardId(), result.sequenceNumber(), put.key())
                .text());
      }
    }
    ledger.append(acknowledged);
    putBack(refused);
    return refused.isEmpty();
  }

  private void putBack(List<Waiting> some) {
    for (int i = some.size() - 1; i >= 0; i--) {
      waiting.addFirst(some.get(i));
    }
  }

  private static PutRecordsRequestEntry entry(Waiting waiting) {
    return PutRecordsRequestEntry.builder()
        .partitionKey(waiting.key())
        .data(SdkBytes.fromString(waiting.number() + PADDING, StandardCharsets.US_ASCII))
        .build();
  }
}
