package io.millrace.kcl.engine;

import io.millrace.lease.Lease;
import io.millrace.lease.LeaseStore.OwnerResult;
import io.millrace.lease.LeaseStoreException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The writes of a lease's owner, one after another, each repeated until its outcome is definite. A
 * write without an answer may have taken effect; repeating exactly the same one finds out, and
 * nothing else may be written before that is known. Lives on the loop.
 */
final class OwnerWrites {

  /**
   * One write.
   *
   * @param name for messages
   * @param waitsWhileFenced whether it must not be sent by a worker that has fenced itself
   * @param call makes the request; the same one at each call, but computed when the write's turn
   *     has come
   */
  record Write(
      String name,
      boolean waitsWhileFenced,
      Supplier<CompletionStage<OwnerResult>> call,
      Consumer<Lease> done,
      Consumer<Optional<Lease>> lost) {}

  /** How often a fenced worker looks whether it may write again. */
  private static final long FENCED_POLL_MILLIS = 200;

  private final EnginePorts ports;
  private final EventLoop loop;
  private final BooleanSupplier fenced;
  private final Deque<Write> queue = new ArrayDeque<>();
  private boolean busy;
  private boolean closed;
  private int failures;
  private Consumer<LeaseStoreException> onFatal = e -> {};

  OwnerWrites(EnginePorts ports, EventLoop loop, BooleanSupplier fenced) {
    this.ports = ports;
    this.loop = loop;
    this.fenced = fenced;
  }

  /** Told of a failure that no repetition can mend. */
  void onFatal(Consumer<LeaseStoreException> handler) {
    onFatal = handler;
  }

  void add(Write write) {
    if (closed) {
      write.lost.accept(Optional.empty());
      return;
    }
    queue.add(write);
    next();
  }

  boolean isEmpty() {
    return queue.isEmpty();
  }

  /** The lease is gone: whatever is still to be written counts as lost. */
  void close() {
    closed = true;
    while (!queue.isEmpty()) {
      queue.remove().lost.accept(Optional.empty());
    }
  }

  private void next() {
    if (busy || closed || queue.isEmpty()) {
      return;
    }
    busy = true;
    Write write = queue.peek();
    if (write.waitsWhileFenced && fenced.getAsBoolean()) {
      again(FENCED_POLL_MILLIS);
      return;
    }
    loop.whenDone(write.call.get(), (result, error) -> answered(write, result, error));
  }

  private void answered(Write write, OwnerResult result, Throwable error) {
    if (closed) {
      return;
    }
    if (error != null) {
      failures++;
      ports.events().storeTrouble(write.name, error);
      LeaseStoreException.Kind kind =
          error instanceof LeaseStoreException known
              ? known.kind()
              : LeaseStoreException.Kind.NO_ANSWER;
      if (kind == LeaseStoreException.Kind.TABLE_MISSING) {
        onFatal.accept((LeaseStoreException) error);
      }
      Backoff backoff =
          kind == LeaseStoreException.Kind.NO_ANSWER ? Backoff.STORE : Backoff.STUBBORN;
      again(backoff.millis(failures, ports.random()));
      return;
    }
    failures = 0;
    busy = false;
    queue.remove();
    if (result instanceof OwnerResult.Done done) {
      write.done.accept(done.lease());
    } else if (result instanceof OwnerResult.Lost lost) {
      write.lost.accept(lost.current());
    }
    next();
  }

  private void again(long delayMillis) {
    loop.after(
        delayMillis,
        () -> {
          busy = false;
          next();
        });
  }
}
