package io.millrace.connectors.application;

import io.millrace.connectors.config.PipelineConfig;
import io.millrace.connectors.config.Stage;
import io.millrace.kcl.health.ShardHealth;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/**
 * All applications that a config file describes, side by side in one process: nearly always one.
 *
 * <pre>{@code
 * try (StagedApplication application = StagedApplication.open(config, host)) {
 *   application.run();
 * }
 * }</pre>
 */
public final class StagedApplication implements AutoCloseable {

  /**
   * One of them.
   *
   * @param name as the file's sink calls it; empty if it is the only one
   * @param application open
   */
  public record Part(String name, ConnectorApplication application) {
    public Part {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(application, "application");
    }
  }

  private final List<Part> parts;

  private StagedApplication(List<Part> parts) {
    this.parts = List.copyOf(parts);
  }

  /**
   * Opens sinks and dead letters. Nothing is read before it is run.
   *
   * @throws io.millrace.connectors.config.ConfigException if values do not go together
   */
  public static StagedApplication open(PipelineConfig config, Host host) {
    List<Part> parts = new ArrayList<>();
    boolean complete = false;
    try {
      for (Stage stage : config.stages()) {
        parts.add(new Part(stage.name(), ConnectorApplication.open(stage.config(), host)));
      }
      complete = true;
      return new StagedApplication(parts);
    } finally {
      if (!complete) {
        parts.forEach(part -> part.application().close());
      }
    }
  }

  /** In the order in which records go through them. */
  public List<Part> parts() {
    return parts;
  }

  /**
   * Runs all of them until they are told to stop. If one cannot go on, the others are stopped too,
   * gracefully.
   *
   * @throws RuntimeException of the first that could not go on
   */
  public void run() {
    List<CompletableFuture<Void>> running = new ArrayList<>();
    for (Part part : parts.subList(1, parts.size())) {
      CompletableFuture<Void> ended = new CompletableFuture<>();
      running.add(ended);
      new Thread(() -> run(part, ended), "millrace-stage-" + (running.size() + 1)).start();
    }
    CompletableFuture<Void> first = new CompletableFuture<>();
    running.add(0, first);
    run(parts.get(0), first);
    try {
      CompletableFuture.allOf(running.toArray(new CompletableFuture<?>[0])).join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  private void run(Part part, CompletableFuture<Void> ended) {
    try {
      part.application().worker().run();
      ended.complete(null);
    } catch (RuntimeException | Error e) {
      parts.stream()
          .filter(other -> other != part)
          .forEach(other -> other.application().worker().startGracefulShutdown());
      ended.completeExceptionally(e);
    }
  }

  /**
   * Stores what is buffered, and gives the shards away. Waits until that is done.
   *
   * @return whether everything was stored in time
   */
  public boolean stopGracefully() throws InterruptedException, ExecutionException {
    List<Future<Boolean>> stopping =
        parts.stream().map(part -> part.application().worker().startGracefulShutdown()).toList();
    boolean clean = true;
    for (Future<Boolean> one : stopping) {
      clean &= one.get();
    }
    return clean;
  }

  /** Stops at once. */
  public void shutdown() {
    parts.forEach(part -> part.application().worker().shutdown());
  }

  /** Of all shards of all of them. */
  public CompletionStage<List<ShardHealth>> shardHealth() {
    CompletionStage<List<ShardHealth>> all = CompletableFuture.completedFuture(List.of());
    for (Part part : parts) {
      all =
          all.thenCombine(
              part.application().worker().shardHealth(),
              (one, other) -> {
                List<ShardHealth> both = new ArrayList<>(one);
                both.addAll(other);
                return both;
              });
    }
    return all;
  }

  /** Bytes in the buffers of all shards, now. */
  public long bufferedBytes() {
    return parts.stream().mapToLong(part -> part.application().bufferedBytes()).sum();
  }

  /** Closes what was opened; all have ended. */
  @Override
  public void close() {
    parts.forEach(part -> part.application().close());
  }
}
