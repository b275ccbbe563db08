package io.millrace.kcl.engine;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.aggregation.Aggregates;
import io.millrace.kcl.aggregation.Aggregates.Unpacked;
import io.millrace.kcl.stream.ReadResult;
import io.millrace.kcl.stream.StartPosition;
import io.millrace.kcl.stream.StreamException;
import io.millrace.kcl.stream.StreamRecord;
import io.millrace.lease.HashKeyRange;
import io.millrace.lease.LeaseKey;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * Reads one shard ahead of its processor by polling: opens it, reads within the limits, keeps at
 * most two batches within the worker's byte budget, and opens it again when an iterator has
 * expired. Lives on the loop.
 *
 * <p>A shard is always opened <em>at</em> the last record that is known, and that record is
 * skipped. This costs reading one record twice, and buys two things: an aggregate can be resumed in
 * its middle, and a first record behind the expected one shows that retention has overtaken us.
 */
final class ShardReader {

  /** What a reader tells its consumer. */
  interface Listener {
    /** A batch is waiting, or the end was reached. */
    void readable();

    /** Records between two positions are gone, or may be. */
    void gap(String what);

    /** The stream says that this shard does not exist (any more). */
    void shardNotFound(StreamException cause);
  }

  /** What a read gave, and its records with the aggregated ones taken apart. */
  private record Page(ReadResult read, Unpacked unpacked) {}

  /** Batches read ahead of the processor. */
  private static final int MAX_AHEAD = 2;

  /** Expected size of the first read; later ones expect half more than the last. */
  private static final long FIRST_RESERVATION_BYTES = 64 << 10;

  /** The most that one read of Kinesis returns. */
  private static final long MAX_READ_BYTES = 10 << 20;

  private final LeaseKey shard;
  private final EnginePorts ports;
  private final EventLoop loop;
  private final EngineSettings.Reading settings;
  private final ByteBudget budget;
  private final Listener listener;
  private final ReadPacer pacer;
  private final Deque<Batch> ahead = new ArrayDeque<>();

  private Checkpoint readUpTo;
  private Long startAtMillis;
  private HashKeyRange hashKeyRange;
  private boolean saidPassedOver;
  private boolean expectsKnownRecord;
  private String iterator;
  private boolean busy;
  private boolean ended;
  private boolean closed;
  private long expectedBytes = FIRST_RESERVATION_BYTES;
  private int failures;
  private List<LeaseKey> childShards = List.of();
  private Runnable cancelTimer = () -> {};

  ShardReader(
      LeaseKey shard,
      EnginePorts ports,
      EventLoop loop,
      EngineSettings.Reading settings,
      ByteBudget budget,
      Listener listener) {
    this.shard = shard;
    this.ports = ports;
    this.loop = loop;
    this.settings = settings;
    this.budget = budget;
    this.listener = listener;
    this.pacer = new ReadPacer(settings.idleReadMillis(), now());
  }

  /**
   * Starts reading behind a resume point.
   *
   * @param startAtMillis what {@code AT_TIMESTAMP} means; may be null otherwise
   * @param hashKeyRange of the shard; null if not known
   */
  void start(Checkpoint resumePoint, Long startAtMillis, HashKeyRange hashKeyRange) {
    this.readUpTo = resumePoint;
    this.startAtMillis = startAtMillis;
    this.hashKeyRange = hashKeyRange;
    next();
  }

  /** The oldest batch that was read ahead, or null. */
  Batch poll() {
    Batch batch = ahead.poll();
    if (batch != null) {
      next();
    }
    return batch;
  }

  boolean hasBatch() {
    return !ahead.isEmpty();
  }

  /** A batch taken with {@link #poll} is done with. */
  void release(Batch batch) {
    budget.release(batch.sizeBytes());
  }

  /** Whether the shard is closed and everything was read; batches may still be waiting. */
  boolean isEnded() {
    return ended;
  }

  /** What the last read of a closed shard said of its children; empty if nothing. */
  List<LeaseKey> childShards() {
    return childShards;
  }

  /** The shard has expired unread: what is left of it is nothing. */
  void endAsExpired() {
    ended = true;
    listener.readable();
  }

  void close() {
    closed = true;
    cancelTimer.run();
    ahead.forEach(batch -> budget.release(batch.sizeBytes()));
    ahead.clear();
  }

  private long now() {
    return ports.clock().monotonicMillis();
  }

  private void next() {
    if (closed || ended || busy || ahead.size() >= MAX_AHEAD) {
      return;
    }
    busy = true;
    if (iterator == null) {
      later(0, this::open);
    } else {
      later(pacer.nextReadAt(now()) - now(), this::reserveAndRead);
    }
  }

  private void later(long delayMillis, Runnable step) {
    if (delayMillis <= 0) {
      step.run();
      return;
    }
    cancelTimer =
        loop.after(
            delayMillis,
            () -> {
              if (!closed) {
                step.run();
              }
            });
  }

  private void open() {
    StartPosition position =
        switch (readUpTo.position()) {
          case RECORD ->
              new StartPosition.AtSequenceNumber(readUpTo.sequenceNumber().orElseThrow());
          case TRIM_HORIZON -> new StartPosition.TrimHorizon();
          case AT_TIMESTAMP -> new StartPosition.AtTimestamp(startAtMillis);
          case LATEST, SHARD_END ->
              throw new IllegalStateException(
                  "Shard " + shard + " cannot be opened at " + readUpTo);
        };
    expectsKnownRecord = readUpTo.isRecord();
    loop.whenDone(
        ports.stream().open(shard, position),
        (opened, error) -> {
          busy = false;
          if (closed) {
            return;
          }
          if (error != null) {
            failed(error);
          } else {
            iterator = opened;
            next();
          }
        });
  }

  private void reserveAndRead() {
    long wanted = budget.reserved(expectedBytes);
    budget.reserve(
        wanted,
        () -> {
          if (closed) {
            // not from within the grant: releasing grants again
            loop.post(() -> budget.release(wanted));
          } else {
            read(wanted);
          }
        });
  }

  private void read(long reserved) {
    pacer.reading(now());
    loop.whenDone(
        // taken apart on the thread that has parsed the answer, so that large pages do not hold up
        // the loop
        ports.stream().read(shard, iterator, settings.maxRecords()).thenApply(this::unpack),
        (page, error) -> {
          busy = false;
          if (closed || error != null) {
            budget.settle(reserved, 0);
            if (!closed) {
              failed(error);
            }
            return;
          }
          failures = 0;
          accept(page, reserved);
          next();
        });
  }

  private Page unpack(ReadResult result) {
    return new Page(result, Aggregates.unpack(result.records(), hashKeyRange));
  }

  private void accept(Page page, long reserved) {
    ReadResult result = page.read();
    List<StreamRecord> fresh = page.unpacked().records();
    pacer.read(result.records().size(), result.sizeBytes(), result.millisBehindLatest(), now());
    if (!fresh.isEmpty() && fresh.get(0).position().compareTo(readUpTo) <= 0) {
      fresh = fresh.stream().filter(r -> r.position().compareTo(readUpTo) > 0).toList();
    }
    long freshBytes = StreamRecord.storedBytes(fresh);
    if (!budget.settle(reserved, freshBytes)) {
      // Larger than expected, and there is no room: dropped, and read again from the same iterator.
      expectedBytes = Math.min(MAX_READ_BYTES, freshBytes);
      return;
    }
    expectedBytes = Math.min(MAX_READ_BYTES, Math.max(FIRST_RESERVATION_BYTES, freshBytes * 3 / 2));
    noticeGap(result);
    noticePassedOver(page.unpacked().passedOver());
    boolean atEnd = result.nextIterator() == null;
    iterator = result.nextIterator();
    if (fresh.isEmpty()) {
      // how far behind the shard is has changed all the same
      ports.events().delivered(shard, 0, 0, result.millisBehindLatest());
    } else {
      readUpTo = fresh.get(fresh.size() - 1).position();
    }
    if (!fresh.isEmpty() || (settings.deliverEmpty() && !atEnd)) {
      ahead.add(new Batch(fresh, result.millisBehindLatest(), now(), atEnd));
    }
    if (atEnd) {
      ended = true;
      childShards = result.childShards();
    }
    if (atEnd || !ahead.isEmpty()) {
      listener.readable();
    }
  }

  private void noticeGap(ReadResult result) {
    if (!expectsKnownRecord) {
      return;
    }
    if (result.records().isEmpty()) {
      if (result.nextIterator() == null) {
        listener.gap(
            "the shard is at its end, and neither the record at the position "
                + readUpTo
                + " nor any behind it is left: whatever lay behind it is gone");
      }
      return;
    }
    expectsKnownRecord = false;
    StreamRecord first = result.records().get(0);
    if (first.sequenceNumber().compareTo(readUpTo.sequenceNumber().orElseThrow()) > 0) {
      listener.gap(
          "retention has overtaken the position "
              + readUpTo
              + ": the oldest record is "
              + first.sequenceNumber()
              + ", and whatever lay between is gone");
    }
  }

  private void noticePassedOver(int count) {
    if (count > 0 && !saidPassedOver) {
      saidPassedOver = true;
      ports
          .events()
          .notice(
              "INFO",
              "Shard "
                  + shard
                  + ": "
                  + count
                  + " user records of an aggregate belong to another shard by their hash keys and are "
                  + "passed over here: the producer library puts them again, to the shard they belong to. "
                  + "Usual after a split or merge; said once");
    }
  }

  private void failed(Throwable error) {
    failures++;
    StreamException.Kind kind =
        error instanceof StreamException known ? known.kind() : StreamException.Kind.UNAVAILABLE;
    Backoff backoff = Backoff.STREAM;
    switch (kind) {
      case EXPIRED_ITERATOR -> iterator = null;
      case THROTTLED -> ports.events().readThrottled(shard);
      case NOT_FOUND -> {
        ports.events().readFailed(shard, error);
        listener.shardNotFound((StreamException) error);
        backoff = Backoff.STUBBORN;
      }
      case ACCESS_DENIED, INVALID -> {
        ports.events().readFailed(shard, error);
        // an iterator that the server does not understand is replaced
        iterator = null;
        backoff = Backoff.STUBBORN;
      }
      case UNAVAILABLE -> ports.events().readFailed(shard, error);
    }
    if (ended || closed) {
      return;
    }
    busy = true;
    later(
        kind == StreamException.Kind.EXPIRED_ITERATOR && failures == 1
            ? 0
            : backoff.millis(failures, ports.random()),
        () -> {
          busy = false;
          next();
        });
  }
}
