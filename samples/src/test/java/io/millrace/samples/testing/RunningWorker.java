package io.millrace.samples.testing;

import io.millrace.kcl.Worker;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A worker on a thread of its own, stopped gracefully at the end of a test. */
record RunningWorker(Worker worker, CompletableFuture<Void> ended) implements AutoCloseable {

  static RunningWorker start(Worker worker) {
    CompletableFuture<Void> ended = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                worker.run();
                ended.complete(null);
              } catch (RuntimeException | Error e) {
                ended.completeExceptionally(e);
              }
            },
            "worker-under-test");
    thread.start();
    return new RunningWorker(worker, ended);
  }

  /** Fails if the worker could not run, with the reason. */
  @Override
  public void close() {
    worker.requestShutdown();
    ended.orTimeout(1, TimeUnit.MINUTES).join();
  }
}
