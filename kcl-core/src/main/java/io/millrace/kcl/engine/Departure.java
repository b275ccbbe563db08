package io.millrace.kcl.engine;

import io.millrace.lease.SessionId;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * A worker on its way out: leases are handed over, the table is read once more for what arrived
 * meanwhile, and then the session's entry is removed. Lives on the loop.
 */
final class Departure {

  /** Left to everything that must still be written after the last processor was abandoned. */
  static final long LAST_WRITES_MILLIS = 5_000;

  private final WorkerContext context;
  private final Consumers consumers;
  private final Claims claims;
  private final BooleanSupplier over;
  private final Consumer<Boolean> stopped;
  private boolean lastScanDone;
  private boolean leavingTable;
  private boolean cleanly = true;

  /**
   * @param over whether the worker has stopped, for whatever reason
   * @param stopped told when nothing is left to do: with true if every processor finished in time
   *     and every lease was given away
   */
  Departure(
      WorkerContext context,
      Consumers consumers,
      Claims claims,
      BooleanSupplier over,
      Consumer<Boolean> stopped) {
    this.context = context;
    this.consumers = consumers;
    this.claims = claims;
    this.over = over;
    this.stopped = stopped;
  }

  /**
   * @param takesPart whether the worker takes part in the fleet, so that it may be handed leases
   */
  void begin(boolean takesPart) {
    context.membership().leave();
    context.agenda().oweBump();
    context.agenda().wantPlan();
    lastScanDone = !takesPart;
    context.loop().after(context.settings().processing().drainMillis(), this::abandonAll);
  }

  /** Nobody is asked any more, and nothing that arrives is waited for. */
  void hurry() {
    for (ShardConsumer consumer : consumers.all()) {
      consumer.stopNow();
    }
    lastScanDone = true;
  }

  void scanned() {
    lastScanDone = true;
  }

  private void abandonAll() {
    if (over.getAsBoolean()) {
      return;
    }
    for (ShardConsumer consumer : consumers.all()) {
      cleanly = false;
      boolean overdue = consumer.isInUserCode();
      consumer.drain(Optional.empty());
      if (overdue) {
        consumer.abandon();
      }
    }
    context.loop().after(LAST_WRITES_MILLIS, () -> stopped.accept(false));
  }

  /** Leaves the table if everything is handed over, and nothing was handed to us meanwhile. */
  void leaveIfEmpty() {
    if (!consumers.isEmpty() || claims.isUnderWay() || leavingTable) {
      return;
    }
    Optional<SessionId> me = context.membership().me();
    if (me.isEmpty()) {
      stopped.accept(cleanly);
      return;
    }
    if (!lastScanDone || claims.isWaiting()) {
      context.agenda().wantScan();
      return;
    }
    if (!context.book().adoptable(me.get(), consumers.keys()).isEmpty()) {
      // by the timer, and only while not fenced
      context.agenda().wantPlanAt(context.now());
      return;
    }
    leavingTable = true;
    context.membership().depart();
    leaveTable(me.get(), 1);
  }

  private void leaveTable(SessionId me, int attempt) {
    context
        .loop()
        .whenDone(
            context.ports().store().leave(me),
            (page, error) -> {
              if (over.getAsBoolean()) {
                return;
              }
              if (error != null) {
                context.storeTrouble("leave", error);
                context.afterPause(attempt, () -> leaveTable(me, attempt + 1));
                return;
              }
              lastBump(1);
            });
  }

  /** Without it, nobody might look at the last leases that were handed over. */
  private void lastBump(int attempt) {
    context
        .loop()
        .whenDone(
            context.ports().store().bump(),
            (bumped, error) -> {
              if (error == null || over.getAsBoolean()) {
                stopped.accept(cleanly);
              } else {
                context.storeTrouble("bump", error);
                context.afterPause(attempt, () -> lastBump(attempt + 1));
              }
            });
  }
}
