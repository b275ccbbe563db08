package io.millrace.connectors.dynamodb;

import io.millrace.connectors.sink.Outcome;
import io.millrace.connectors.sink.SinkException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Sends the writes of all shards: one of a row at a time, rows side by side, bounded in number and
 * in rate.
 *
 * <p>A write that is throttled, or that meets another writer at the same row, stays the first of
 * its row and is sent again a few times, later each time; then it and the later ones of its row are
 * given back. A failure that is not about the write is repeated once and then ends the delivery:
 * nothing more of it is sent, what is under way is waited for, and all of it comes again, which is
 * harmless. No delivery sees an outcome before everything of it has come to rest.
 *
 * <p>Thread-safe. Everything is decided under one lock; nothing is called with it held but the
 * executor and the scheduler.
 */
final class Dispatcher {

  /** Sends of one write, at most, while it is throttled. */
  static final int MOST_SENDS = 6;

  /** Sends of one write, at most, while there is no answer. */
  private static final int MOST_SENDS_WITHOUT_ANSWER = 2;

  private static final long FIRST_PAUSE_MILLIS = 50;
  private static final long LONGEST_PAUSE_MILLIS = 2_000;

  private static final int UNIT_BYTES = 1024;

  private final Writer writer;
  private final int maxConcurrency;
  private final Timing timing;
  private final Executor executor;

  private final Object lock = new Object();
  private final Lanes lanes = new Lanes();
  private final AdaptiveRate rate;
  private int underWay;
  private boolean waiting;

  /**
   * @param executor runs everything that sends and settles, so that no caller and no event loop
   *     does
   */
  Dispatcher(
      Writer writer, int maxConcurrency, double unitsPerSecond, Timing timing, Executor executor) {
    this.writer = writer;
    this.maxConcurrency = maxConcurrency;
    this.timing = timing;
    this.executor = executor;
    rate = new AdaptiveRate(unitsPerSecond, timing.clock().monotonicMillis());
  }

  /**
   * Sends what is not decided yet.
   *
   * @param known outcomes by index, null where there is a write
   * @param writes by index, null where there is an outcome
   */
  CompletionStage<List<Outcome>> deliver(List<Outcome> known, List<Write> writes) {
    Delivery delivery = new Delivery(known);
    if (delivery.isOver()) {
      delivery.complete();
      return delivery.future();
    }
    synchronized (lock) {
      for (int i = 0; i < writes.size(); i++) {
        if (writes.get(i) != null) {
          lanes.add(new Lanes.Entry(delivery, i, writes.get(i)));
        }
      }
    }
    try {
      executor.execute(this::send);
    } catch (RejectedExecutionException e) {
      throw new IllegalStateException("The DynamoDB sink is closed", e);
    }
    return delivery.future();
  }

  /** Write units a second that the table is asked for at most. */
  double unitsPerSecond() {
    synchronized (lock) {
      rate.waitMillis(timing.clock().monotonicMillis()); // it rises with time alone
      return rate.perSecond();
    }
  }

  private void send() {
    while (true) {
      List<Lanes.Entry> call;
      synchronized (lock) {
        if (underWay >= maxConcurrency || !lanes.isReady()) {
          return;
        }
        long now = timing.clock().monotonicMillis();
        long wait = rate.waitMillis(now);
        if (wait > 0) {
          if (!waiting) {
            waiting = true;
            timing.scheduler().schedule(this::waited, wait);
          }
          return;
        }
        call = lanes.take(writer.most(), writer.mostBytes());
        rate.take(call.stream().mapToLong(entry -> units(entry.write)).sum(), now);
        underWay++;
      }
      writer
          .write(call.stream().map(entry -> entry.write).toList())
          .whenComplete((verdicts, error) -> settle(call, verdicts, error));
    }
  }

  private void waited() {
    synchronized (lock) {
      waiting = false;
    }
    again();
  }

  private void settle(List<Lanes.Entry> call, List<Verdict> verdicts, Throwable error) {
    List<Delivery> over = new ArrayList<>();
    synchronized (lock) {
      underWay--;
      for (int i = 0; i < call.size(); i++) {
        Lanes.Entry entry = call.get(i);
        Verdict verdict =
            error == null
                ? verdicts.get(i)
                : new Verdict.Trouble(
                    SinkException.passing("A write failed unexpectedly: " + error, error));
        apply(entry, verdict);
        if (entry.delivery.isOver() && !over.contains(entry.delivery)) {
          over.add(entry.delivery);
        }
      }
    }
    over.forEach(Delivery::complete);
    again();
  }

  private void apply(Lanes.Entry entry, Verdict verdict) {
    if (entry.delivery.isTroubled()) {
      lanes.finish(entry);
      entry.delivery.dropped();
    } else if (verdict instanceof Verdict.Stored) {
      finish(entry, Outcome.delivered());
    } else if (verdict instanceof Verdict.Stale) {
      finish(entry, Outcome.duplicate());
    } else if (verdict instanceof Verdict.Unfit unfit) {
      finish(entry, Outcome.poison(unfit.why()));
    } else if (verdict instanceof Verdict.Throttled throttled) {
      rate.throttled(timing.clock().monotonicMillis());
      repeat(entry, "the table throttles", throttled.why());
    } else if (verdict instanceof Verdict.Busy busy) {
      repeat(entry, "another writer holds the row", busy.why());
    } else if (verdict instanceof Verdict.Trouble trouble) {
      entry.repeats++;
      if (!trouble.why().needsSomebody() && entry.repeats < MOST_SENDS_WITHOUT_ANSWER) {
        pause(entry);
      } else {
        lanes.finish(entry);
        entry.delivery.dropped();
        entry.delivery.troubled(trouble.why());
        int dropped = lanes.drop(entry.delivery);
        for (int i = 0; i < dropped; i++) {
          entry.delivery.dropped();
        }
      }
    }
  }

  private void finish(Lanes.Entry entry, Outcome outcome) {
    lanes.finish(entry);
    entry.delivery.settle(entry.index, outcome);
  }

  private void repeat(Lanes.Entry entry, String reason, Throwable why) {
    entry.repeats++;
    if (entry.repeats < MOST_SENDS) {
      pause(entry);
      return;
    }
    SinkException passing =
        SinkException.passing(
            "A row was sent "
                + entry.repeats
                + " times and is not stored: "
                + reason
                + " ("
                + why.getMessage()
                + "). It is repeated; if it stays, raise the table's capacity or look for a hot"
                + " key.",
            why);
    List<Lanes.Entry> later = lanes.giveUp(entry);
    entry.delivery.settle(entry.index, Outcome.retry(passing));
    for (Lanes.Entry other : later) {
      other.delivery.settle(
          other.index,
          Outcome.retry(
              SinkException.passing(
                  "An earlier record of the same row has to be stored first", passing)));
    }
  }

  private void pause(Lanes.Entry entry) {
    lanes.pause(entry);
    long full =
        Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << Math.min(10, entry.repeats - 1));
    long pause = full / 2 + timing.random().nextLong(full / 2 + 1);
    timing
        .scheduler()
        .schedule(
            () -> {
              synchronized (lock) {
                lanes.resume(entry);
              }
              again();
            },
            pause);
  }

  private void again() {
    try {
      executor.execute(this::send);
    } catch (RejectedExecutionException e) {
      // closed, which happens when nothing is under way any more: nobody waits
      return;
    }
  }

  private static long units(Write write) {
    long units = Math.max(1, (write.bytes() + UNIT_BYTES - 1) / UNIT_BYTES);
    // a transaction costs double, and the marker is a row too
    return write.operation() == Operation.INCREMENT ? 2 * (units + 1) : units;
  }
}
