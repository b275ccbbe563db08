package io.millrace.it;

import io.millrace.kcl.Worker;
import java.util.concurrent.CompletableFuture;

/** A worker on a thread of its own. */
public final class RunningWorker {
  public final Worker worker;
  public final CompletableFuture<Void> ended = new CompletableFuture<>();

  public RunningWorker(Worker worker) {
    this.worker = worker;
    Thread thread =
        new Thread(
            () -> {
              try {
                worker.run();
                ended.complete(null);
              } catch (RuntimeException e) {
                ended.completeExceptionally(e);
              }
            },
            "worker-under-test");
    thread.setDaemon(true);
    thread.start();
  }

  /** Gracefully; waits for its end. */
  public void stop() throws Exception {
    worker.startGracefulShutdown().get();
    ended.get();
  }
}
