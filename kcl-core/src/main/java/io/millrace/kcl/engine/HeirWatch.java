package io.millrace.kcl.engine;

import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Watches the rows of leases that were announced to this worker closely, so that it takes over soon
 * after they are handed to it. Lives on the loop.
 */
final class HeirWatch {

  /** How long an heir watches an announced lease. */
  private static final long WATCH_MILLIS = 20_000;

  private static final long INTERVAL_MILLIS = 100;

  /** So many rows are watched at that interval; beyond, each less often. */
  private static final int WATCHED_CLOSELY = 32;

  private final WorkerContext context;
  private final SortedMap<LeaseKey, Long> until = new TreeMap<>();

  HeirWatch(WorkerContext context) {
    this.context = context;
  }

  /** Begins to watch what the book knows to be announced to this worker. */
  void watchAnnounced() {
    if (context.membership().me().isEmpty()) {
      return;
    }
    long now = context.now();
    for (Lease lease : context.book().announcedTo(context.membership().me().get())) {
      if (until.putIfAbsent(lease.key(), now + WATCH_MILLIS) == null) {
        watch(lease.key());
      }
    }
  }

  private void watch(LeaseKey key) {
    context
        .loop()
        .whenDone(
            context.ports().store().readLease(key),
            (row, error) -> {
              if (error == null) {
                row.ifPresentOrElse(
                    lease -> context.book().seen(lease, context.now()),
                    () -> context.book().gone(key));
              }
              boolean stillComing = error != null || row.filter(this::isComing).isPresent();
              if (stillComing && context.now() < until.getOrDefault(key, 0L)) {
                long interval =
                    INTERVAL_MILLIS
                        * Math.max(1, (until.size() + WATCHED_CLOSELY - 1) / WATCHED_CLOSELY);
                context.loop().after(interval, () -> watch(key));
              } else {
                until.remove(key);
              }
            });
  }

  private boolean isComing(Lease lease) {
    return context
        .membership()
        .me()
        .filter(me -> me.equals(lease.heir()) && !lease.isOwnedBy(me))
        .isPresent();
  }

  /** The lease has arrived. */
  void forget(LeaseKey key) {
    until.remove(key);
  }

  /** The session is over. */
  void clear() {
    until.clear();
  }
}
