package io.millrace.kcl.engine;

import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseStore.OwnerResult;
import io.millrace.lease.SessionId;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * The claims of free leases that this worker has decided on: so many at a time, each one repeated,
 * the same one, until its outcome is known. Lives on the loop.
 */
final class Claims {

  private static final int MAX_UNDER_WAY = 64;

  private final WorkerContext context;
  private final Consumers consumers;
  private final Supplier<OptionalLong> startAtMillis;
  private final SortedSet<LeaseKey> wanted = new TreeSet<>();
  private final Deque<Lease> queue = new ArrayDeque<>();
  private int underWay;

  /**
   * @param startAtMillis what {@code LATEST} and {@code AT_TIMESTAMP} mean in this application
   */
  Claims(WorkerContext context, Consumers consumers, Supplier<OptionalLong> startAtMillis) {
    this.context = context;
    this.consumers = consumers;
    this.startAtMillis = startAtMillis;
  }

  void add(Lease seen) {
    wanted.add(seen.key());
    queue.add(seen);
  }

  /** Whether a claim of this lease is waiting or under way. */
  boolean isClaiming(LeaseKey key) {
    return wanted.contains(key);
  }

  boolean isUnderWay() {
    return underWay > 0;
  }

  boolean isWaiting() {
    return !queue.isEmpty();
  }

  /** The session is over; whatever was claimed for it is free. */
  void clear() {
    queue.clear();
    wanted.clear();
    underWay = 0;
  }

  void startNext() {
    while (underWay < MAX_UNDER_WAY && !queue.isEmpty()) {
      underWay++;
      claim(queue.remove(), context.membership().me().orElseThrow(), 1);
    }
  }

  private void claim(Lease seen, SessionId me, int attempt) {
    context
        .loop()
        .whenDone(
            context.ports().store().claim(seen, me, startAtMillis.get()),
            (result, error) -> {
              if (!context.membership().isMe(me)) {
                return; // the session is over; whatever was claimed for it is free
              }
              if (error == null) {
                answered(seen, me, result);
              } else {
                failed(seen, me, attempt, error);
              }
            });
  }

  private void answered(Lease seen, SessionId me, OwnerResult result) {
    ended(seen.key());
    if (result instanceof OwnerResult.Done won) {
      context.book().seen(won.lease(), context.now());
      context.agenda().oweBump();
      consumers.hold(won.lease(), me, "claimed");
    } else if (result instanceof OwnerResult.Lost lost) {
      lost.current()
          .ifPresentOrElse(
              row -> context.book().seen(row, context.now()),
              () -> context.book().gone(seen.key()));
    }
  }

  private void failed(Lease seen, SessionId me, int attempt, Throwable error) {
    context.storeTrouble("claim", error);
    if (EventLoop.isFinal(error)) {
      context.book().gone(seen.key()); // a scan will say what is wrong with the row
      context.agenda().wantScan();
      ended(seen.key());
      return;
    }
    context.afterPause(
        attempt,
        () -> {
          if (context.membership().isMe(me)) {
            claim(seen, me, attempt + 1);
          }
        });
  }

  private void ended(LeaseKey key) {
    wanted.remove(key);
    underWay--;
    context.agenda().wantPlan();
    startNext();
  }
}
