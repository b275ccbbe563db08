package io.millrace.kcl.engine;

import io.millrace.lease.Lease;
import io.millrace.lease.LeaseScan;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Reads the whole table whenever the generation has changed or somebody wants it, and compares what
 * it says with what this worker holds. Lives on the loop.
 */
final class TableScans {

  private static final long INTERVAL_MILLIS = 1_000;

  /** Of the time, at most one part in so many is spent scanning, however slow the table is. */
  private static final long TIME_PARTS = 4;

  private static final long MAX_INTERVAL_MILLIS = 10_000;

  private final WorkerContext context;
  private final Consumers consumers;
  private final BooleanSupplier takingPart;
  private final Runnable afterScan;
  private final RowReports reports;
  private boolean scanning;
  private int failures;
  private long nextAtMillis;
  private long scannedGeneration = -1;

  /**
   * @param takingPart whether this worker takes part in the fleet
   * @param afterScan run when the book knows what a scan said
   */
  TableScans(
      WorkerContext context, Consumers consumers, BooleanSupplier takingPart, Runnable afterScan) {
    this.context = context;
    this.consumers = consumers;
    this.takingPart = takingPart;
    this.afterScan = afterScan;
    this.reports = new RowReports(context.ports().events(), context.settings().names().table());
  }

  /** When the next scan may begin that is needed already; monotonic, or never. */
  long nextAtMillis() {
    if (scanning || !takingPart.getAsBoolean()) {
      return Long.MAX_VALUE;
    }
    return isNeeded() ? nextAtMillis : Math.max(nextAtMillis, lookAtMillis());
  }

  /** When the rows of owners that are no sessions of ours are to be looked at again. */
  private long lookAtMillis() {
    return context.book().foreign().nextLookAtMillis();
  }

  private boolean isNeeded() {
    return takingPart.getAsBoolean()
        && (context.agenda().isScanWanted()
            || context.membership().generation() > scannedGeneration);
  }

  void scanIfNeeded(long now) {
    if (now < nextAtMillis()) {
      return;
    }
    scanning = true;
    context.agenda().scanBegins();
    nextAtMillis = now + INTERVAL_MILLIS;
    long generation = context.membership().generation();
    context
        .loop()
        .whenDone(
            context.ports().store().scan(),
            (scan, error) -> {
              scanning = false;
              if (error != null) {
                context.agenda().wantScan();
                failures++;
                nextAtMillis =
                    context.now() + Backoff.STORE.millis(failures, context.ports().random());
                context.storeTrouble("scan", error);
                return;
              }
              failures = 0;
              nextAtMillis =
                  Math.max(
                      nextAtMillis,
                      context.now()
                          + Math.min(
                              MAX_INTERVAL_MILLIS, (context.now() - now) * (TIME_PARTS - 1)));
              scannedGeneration = Math.max(scannedGeneration, generation);
              scanned(scan, now);
            });
  }

  /**
   * This worker has raised the generation, by one. If nobody else has announced anything since the
   * last scan, there is nothing to scan for: what we changed we know.
   */
  void raisedByUs(long before) {
    if (scannedGeneration == before && !scanning) {
      scannedGeneration = before + 1;
    }
  }

  /** What a scan said that began at {@code startedAt}; also one made for another purpose. */
  void scanned(LeaseScan whole, long startedAt) {
    LeaseScan scan = whole.ofOneStream();
    context.book().scanned(scan, startedAt, context.now());
    reports.report(scan, context.book().foreign());
    for (ShardConsumer consumer : consumers.all()) {
      compareWithRow(consumer, startedAt);
    }
    context.membership().wantAllPages();
    context.agenda().wantPlan();
    afterScan.run();
  }

  private void compareWithRow(ShardConsumer consumer, long scanStartedAt) {
    if (consumer.isLost() || consumer.heldSinceMillis() >= scanStartedAt) {
      return;
    }
    Optional<Lease> row = context.book().row(consumer.shard());
    if (row.isEmpty()) {
      consumer.lose("its row is gone from the table");
    } else if (!consumer.isGivenAwayBy(row.get())
        && (row.get().counter() != consumer.held().token()
            || !row.get().isOwnedBy(consumer.held().owner()))) {
      consumer.lose("the row says owner " + row.get().owner() + ", token " + row.get().counter());
    }
  }
}
