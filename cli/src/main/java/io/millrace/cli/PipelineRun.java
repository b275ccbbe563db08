package io.millrace.cli;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.connectors.application.Host;
import io.millrace.connectors.application.StagedApplication;
import io.millrace.connectors.config.PipelineConfig;
import io.millrace.kcl.health.ShardHealth;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A pipeline that runs on a thread of its own, and what its meters say. */
final class PipelineRun implements AutoCloseable {

  private static final long HEALTH_SECONDS = 5;

  private final MeterRegistry registry;
  private final StagedApplication application;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();

  private PipelineRun(MeterRegistry registry, StagedApplication application) {
    this.registry = registry;
    this.application = application;
  }

  /** Begins. */
  static PipelineRun start(PipelineConfig config, Host host) {
    PipelineRun run =
        new PipelineRun(
            host.registry(), ConfigFiles.refusing(() -> StagedApplication.open(config, host)));
    new Thread(run::work, "millrace-run").start();
    return run;
  }

  static MeterRegistry newRegistry() {
    return new SimpleMeterRegistry();
  }

  private void work() {
    try {
      application.run();
      ended.complete(null);
    } catch (RuntimeException | Error e) {
      ended.completeExceptionally(e);
    }
  }

  boolean hasEnded() {
    return ended.isDone();
  }

  /** Waits until it has ended, which somebody has asked for or a failure has brought. */
  void await() throws InterruptedException {
    try {
      ended.get();
    } catch (ExecutionException e) {
      throw new UserError("The pipeline cannot go on: " + e.getCause().getMessage(), e.getCause());
    }
  }

  /** The same for the first of several stages; the others go on with what it has left them. */
  boolean stopFirstStage() throws InterruptedException {
    try {
      return application.parts().get(0).application().worker().startGracefulShutdown().get();
    } catch (ExecutionException e) {
      return false; // what it is, await says
    }
  }

  /** Stores what is buffered and gives the shards away; whether that was done in time. */
  boolean stop() throws InterruptedException {
    boolean clean;
    try {
      clean = application.stopGracefully();
    } catch (ExecutionException e) {
      clean = false; // what it is, await says
    }
    await();
    return clean;
  }

  /** Records of the source that were taken in, each counted once. */
  long taken() {
    return taken(0);
  }

  /** The same for one of several stages, from 0. */
  long taken(int stage) {
    return count("records.in", stage);
  }

  long filtered() {
    return count("records.filtered", 0);
  }

  long stored() {
    return count("items.emitted", 0);
  }

  long duplicates() {
    return count("items.duplicate", 0);
  }

  /** In all stages. */
  long dead() {
    long dead = 0;
    for (int stage = 0; stage < application.parts().size(); stage++) {
      dead += count("records.dead", stage);
    }
    return dead;
  }

  private long count(String name, int stage) {
    return registry
        .find("millrace.connector." + name)
        .tag("stream", application.parts().get(stage).application().streamName())
        .counters()
        .stream()
        .mapToLong(counter -> (long) counter.count())
        .sum();
  }

  /** What the stages behind the first one have done; empty if there is none. */
  private String furtherStages() {
    StringBuilder status = new StringBuilder();
    for (int stage = 1; stage < application.parts().size(); stage++) {
      status.append(
          String.format(
              Locale.ROOT,
              "  | %s: read %,d  stored %,d",
              application.parts().get(stage).name(),
              count("records.in", stage),
              count("items.emitted", stage)));
    }
    return status.toString();
  }

  /** What its shards say that make no progress. */
  List<String> standstills() throws InterruptedException {
    try {
      return application
          .shardHealth()
          .toCompletableFuture()
          .get(HEALTH_SECONDS, TimeUnit.SECONDS)
          .stream()
          .filter(health -> health.state().isStandstill())
          .map(PipelineRun::describe)
          .toList();
    } catch (ExecutionException | TimeoutException e) {
      return List.of("the worker does not answer");
    }
  }

  private static String describe(ShardHealth health) {
    return health.shardId() + ": " + health.explanation();
  }

  /** On one line. */
  String status(long elapsedMillis) {
    long seconds = elapsedMillis / 1_000;
    return String.format(
            Locale.ROOT,
            "%d:%02d  read %,d  filtered %,d  buffered %,d KiB  stored %,d%s  dead %,d",
            seconds / 60,
            seconds % 60,
            taken(),
            filtered(),
            application.bufferedBytes() >> 10,
            stored(),
            duplicates() == 0 ? "" : String.format(Locale.ROOT, " (%,d were there)", duplicates()),
            dead())
        + furtherStages();
  }

  @Override
  public void close() {
    application.shutdown();
    application.close();
  }
}
