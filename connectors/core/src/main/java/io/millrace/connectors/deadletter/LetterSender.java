package io.millrace.connectors.deadletter;

import io.millrace.kcl.deadletter.DeadLetter;
import io.millrace.kcl.deadletter.DeadLetterException;
import io.millrace.kcl.exec.DaemonThreads;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

// Nothing waits for a batch to fill: what came while all calls were under way goes with the next
// one. So a single letter is stored at once, and a flood of them in full batches. One thread
// makes letters into bytes and starts calls; answers only wake it up.
/**
 * Sends dead letters to a service in batches, a bounded number of them at a time. For destinations;
 * any thread may call it.
 *
 * @param <E> a letter as the service takes it
 */
public final class LetterSender<E> implements AutoCloseable {

  /** More letters than this are not kept waiting. */
  public static final int MAX_WAITING = 10_000;

  private static final int CLOSE_SECONDS = 30;

  /** The service. Every method is called on the sender's own thread. */
  public interface Service<E> {
    /**
     * Completes when letters can be encoded and sent; called before each batch. Fails if they
     * cannot at present.
     */
    CompletionStage<Void> ready();

    /**
     * @throws DeadLetterException if the service can never take it
     */
    E encode(DeadLetter letter);

    /** What it counts as. */
    long bytes(E encoded);

    /**
     * @return one answer for each, in order: empty if it is stored, else why not, with what to do;
     *     failed if that is the same for all
     */
    CompletionStage<List<Optional<String>>> send(List<E> batch);

    /** Why a call failed, and what to do. */
    String explain(Throwable failure);
  }

  /**
   * What a service takes.
   *
   * @param letters in a batch
   * @param bytes in a batch
   * @param calls at a time
   */
  public record Limits(int letters, long bytes, int calls) {}

  private record Waiting(DeadLetter letter, CompletableFuture<Void> stored) {}

  private record Encoded<E>(Waiting waiting, E value) {}

  private final String place;
  private final Service<E> service;
  private final Limits limits;
  private final ThreadPoolExecutor executor;

  private final Object lock = new Object();
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private int calls;
  private boolean closed;

  /** A letter that was encoded but did not fit into the last batch; on the own thread only. */
  private Encoded<E> next;

  /**
   * @param place what messages call it: {@code "queue letters"}
   */
  public LetterSender(String place, String threadName, Service<E> service, Limits limits) {
    this.place = Objects.requireNonNull(place, "place");
    this.service = Objects.requireNonNull(service, "service");
    this.limits = Objects.requireNonNull(limits, "limits");
    // its tasks: one for each letter that waits at most, and two for each call
    this.executor = DaemonThreads.pool(threadName, 1, Integer.MAX_VALUE);
  }

  /**
   * Stores a letter.
   *
   * @return fails with a {@link DeadLetterException}
   */
  public CompletionStage<Void> store(DeadLetter letter) {
    Waiting one = new Waiting(letter, new CompletableFuture<>());
    synchronized (lock) {
      if (closed) {
        return refused(letter, "this destination is closed");
      }
      if (waiting.size() >= MAX_WAITING) {
        return refused(letter, MAX_WAITING + " letters wait already; try again later");
      }
      waiting.add(one);
      if (calls < limits.calls()) {
        calls++;
        executor.execute(this::begin);
      }
    }
    return one.stored;
  }

  private CompletionStage<Void> refused(DeadLetter letter, String why) {
    return CompletableFuture.failedFuture(
        failure(letter, why, new RejectedExecutionException(why)));
  }

  private DeadLetterException failure(DeadLetter letter, String why, Throwable cause) {
    return new DeadLetterException(
        "Could not store " + letter + " in " + place + ": " + why, cause);
  }

  /** Takes one of the calls; whoever took it gives it back, or goes on with what waits. */
  private void begin() {
    CompletionStage<Void> ready;
    try {
      ready = service.ready();
    } catch (RuntimeException e) {
      ready = CompletableFuture.failedFuture(e);
    }
    ready.whenComplete(
        (done, failure) ->
            executor.execute(
                () -> {
                  if (failure == null) {
                    send();
                  } else {
                    // those that come later try anew
                    failAll(service.explain(cause(failure)), cause(failure));
                    goOn();
                  }
                }));
  }

  private void send() {
    List<Encoded<E>> batch = nextBatch();
    if (batch.isEmpty()) {
      goOn();
      return;
    }
    CompletionStage<List<Optional<String>>> answer;
    try {
      answer = service.send(batch.stream().map(Encoded::value).toList());
    } catch (RuntimeException e) {
      answer = CompletableFuture.failedFuture(e);
    }
    answer.whenComplete(
        (answers, failure) ->
            executor.execute(
                () -> {
                  complete(batch, answers, failure);
                  goOn();
                }));
  }

  private void goOn() {
    synchronized (lock) {
      if (waiting.isEmpty() && next == null) {
        calls--;
        lock.notifyAll();
        return;
      }
    }
    begin();
  }

  private List<Encoded<E>> nextBatch() {
    List<Encoded<E>> batch = new ArrayList<>();
    long bytes = 0;
    while (batch.size() < limits.letters()) {
      Encoded<E> one = next != null ? next : encodeNext();
      next = null;
      if (one == null) {
        break;
      }
      long size = service.bytes(one.value);
      if (!batch.isEmpty() && bytes + size > limits.bytes()) {
        next = one;
        break;
      }
      batch.add(one);
      bytes += size;
    }
    return batch;
  }

  /** Null if none waits; those that cannot be encoded fail. */
  private Encoded<E> encodeNext() {
    while (true) {
      Waiting one;
      synchronized (lock) {
        one = waiting.poll();
      }
      if (one == null) {
        return null;
      }
      try {
        return new Encoded<>(one, service.encode(one.letter));
      } catch (RuntimeException e) {
        one.stored.completeExceptionally(
            e instanceof DeadLetterException
                ? e
                : failure(one.letter, "it cannot be written (" + e + ")", e));
      }
    }
  }

  private void complete(List<Encoded<E>> batch, List<Optional<String>> answers, Throwable failure) {
    Throwable cause = failure == null ? null : cause(failure);
    String forAll = cause == null ? null : service.explain(cause);
    for (int i = 0; i < batch.size(); i++) {
      Waiting one = batch.get(i).waiting;
      String why;
      if (forAll != null) {
        why = forAll;
      } else {
        why = i < answers.size() ? answers.get(i).orElse(null) : "the answer does not name it";
      }
      if (why == null) {
        one.stored.complete(null);
      } else {
        one.stored.completeExceptionally(failure(one.letter, why, cause));
      }
    }
  }

  private void failAll(String why, Throwable cause) {
    List<Waiting> all = new ArrayList<>();
    synchronized (lock) {
      all.addAll(waiting);
      waiting.clear();
    }
    if (next != null) {
      all.add(next.waiting);
      next = null;
    }
    all.forEach(one -> one.stored.completeExceptionally(failure(one.letter, why, cause)));
  }

  /** What happened below the futures. */
  public static Throwable cause(Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  /**
   * Sends what waits, for half a minute at most; the stages of what is left then fail. Letters that
   * come later are refused.
   */
  @Override
  public void close() {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS);
    boolean interrupted = false;
    synchronized (lock) {
      closed = true;
      try {
        for (long left = CLOSE_SECONDS * 1_000L; calls > 0 && left > 0; ) {
          lock.wait(left);
          left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        }
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    String why = "the destination was closed before it was sent";
    executor.execute(() -> failAll(why, new RejectedExecutionException(why)));
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
