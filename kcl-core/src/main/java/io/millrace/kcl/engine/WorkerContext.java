package io.millrace.kcl.engine;

import io.millrace.lease.LeaseStoreException;
import io.millrace.lease.SessionPage;
import java.util.function.Consumer;

/**
 * What the parts of one worker share. Lives on the loop.
 *
 * @param fatal told why the worker cannot go on
 */
record WorkerContext(
    EngineSettings settings,
    EnginePorts ports,
    EventLoop loop,
    Membership membership,
    LeaseBook book,
    Agenda agenda,
    Consumer<Throwable> fatal) {

  /** Monotonic time. */
  long now() {
    return ports.clock().monotonicMillis();
  }

  /** Whether leases must not be acted upon at this moment. */
  boolean isFencedNow() {
    return membership.isFenced(now(), ports.clock().wallMillis());
  }

  /** A page, as shown by a call that began at {@code startedAt}. */
  void pageRead(SessionPage page, long startedAt) {
    membership.pageRead(page, startedAt, now());
    agenda.pageRead();
  }

  void storeTrouble(String operation, Throwable error) {
    ports.events().storeTrouble(operation, error);
    if (error instanceof LeaseStoreException known
        && known.kind() == LeaseStoreException.Kind.TABLE_MISSING) {
      fatal.accept(error);
    }
  }

  /** Runs {@code event} after a pause that grows with every failed attempt at the store. */
  void afterPause(int attempt, Runnable event) {
    loop.after(Backoff.STORE.millis(attempt, ports.random()), event);
  }

  IllegalStateException applicationGone() {
    return new IllegalStateException(
        "The session rows of table "
            + settings.names().table()
            + " were removed while this worker was running: the application is gone, or was handed "
            + "back to another library");
  }
}
