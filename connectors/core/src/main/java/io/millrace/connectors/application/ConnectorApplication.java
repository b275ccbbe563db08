package io.millrace.connectors.application;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.core.instrument.logging.LoggingMeterRegistry;
import io.micrometer.core.instrument.logging.LoggingRegistryConfig;
import io.millrace.connectors.config.Finding;
import io.millrace.connectors.config.PipelineConfig;
import io.millrace.connectors.config.PipelineKeys.Buffer;
import io.millrace.connectors.config.PipelineKeys.Checkpointing;
import io.millrace.connectors.config.PipelineKeys.Metrics;
import io.millrace.connectors.config.PipelineKeys.Retry;
import io.millrace.connectors.config.Stage;
import io.millrace.connectors.config.Surroundings;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.pipeline.ConnectorProcessorFactory;
import io.millrace.connectors.sink.Sink;
import io.millrace.kcl.KinesisClientLibConfiguration;
import io.millrace.kcl.Worker;
import io.millrace.kcl.deadletter.DeadLetterDestination;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A config file at work: the sink, the dead letters, the steps and the worker that it describes.
 *
 * <p>A file that describes several is for {@link StagedApplication}.
 *
 * <pre>{@code
 * PipelineConfig config =
 *     PipelineConfig.read(Path.of("clicks.yaml"), Modules.installed(), System::getenv);
 * try (ConnectorApplication application = ConnectorApplication.open(config, host)) {
 *   application.worker().run();
 * }
 * }</pre>
 */
public final class ConnectorApplication implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(ConnectorApplication.class);
  private static final Logger METERS = LoggerFactory.getLogger("io.millrace.metrics");

  private final Deque<AutoCloseable> opened;
  private final ConnectorProcessorFactory<Message> factory;
  private final Worker worker;
  private final String stream;

  private ConnectorApplication(
      Deque<AutoCloseable> opened,
      ConnectorProcessorFactory<Message> factory,
      Worker worker,
      String stream) {
    this.opened = opened;
    this.factory = factory;
    this.worker = worker;
    this.stream = stream;
  }

  /**
   * Opens the sink and the dead letters. Nothing is read before the worker runs.
   *
   * @throws io.millrace.connectors.config.ConfigException if values do not go together
   */
  public static ConnectorApplication open(PipelineConfig config, Host host) {
    Deque<AutoCloseable> opened = new ArrayDeque<>();
    boolean complete = false;
    try {
      ConnectorApplication application = open(config, host, opened);
      complete = true;
      return application;
    } finally {
      if (!complete) {
        closeAll(opened);
      }
    }
  }

  private static ConnectorApplication open(
      PipelineConfig config, Host host, Deque<AutoCloseable> opened) {
    List<Stage> stages = config.stages();
    if (stages.size() > 1) {
      throw new IllegalArgumentException(
          config.file()
              + " describes "
              + stages.size()
              + " applications: "
              + String.join(", ", stages.stream().map(Stage::name).toList())
              + "; open it with StagedApplication");
    }
    if (stages.get(0).config() != config) {
      return open(stages.get(0).config(), host, opened);
    }
    Setting setting = new Setting(config, host);
    String stream = setting.worker().getStreamName();
    StepChain steps = StepChain.of(config, stream);
    MeterRegistry registry = registry(config, host, opened);
    Sink<Message> sink =
        config.sink().provider().open(config.sink().values(), setting.surroundings());
    opened.push(sink);
    ConnectorProcessorFactory.Builder<Message> builder =
        ConnectorProcessorFactory.builder(stream, sink, steps)
            .weigher(Message::weight)
            .bufferItems(config.buffer().get(Buffer.RECORDS).intValue())
            .bufferBytes(config.buffer().get(Buffer.BYTES))
            .bufferAge(config.buffer().get(Buffer.AGE))
            .maxBufferedBytes(Setting.workerBytes(config))
            .maxConcurrentEmissions(config.buffer().get(Buffer.CONCURRENT_STORES).intValue())
            .idleCheckpointInterval(config.checkpoint().get(Checkpointing.INTERVAL))
            .drainTime(Setting.drainTime(config))
            .meterRegistry(registry);
    Duration backoff = config.retry().get(Retry.BACKOFF);
    Duration longest = config.retry().get(Retry.MAX_BACKOFF);
    builder.backoff(backoff, longest.compareTo(backoff) < 0 ? backoff : longest);
    config.retry().find(Retry.ATTEMPTS).ifPresent(n -> builder.maxAttempts(n.intValue()));
    config.retry().find(Retry.AGE).ifPresent(builder::maxAge);
    config
        .deadLetter()
        .ifPresent(
            chosen -> {
              DeadLetterDestination letters =
                  chosen.provider().open(chosen.values(), setting.surroundings());
              if (letters instanceof AutoCloseable closeable) {
                opened.push(closeable);
              }
              builder.deadLetters(letters);
            });
    ConnectorProcessorFactory<Message> factory = builder.build();
    opened.push(factory);
    Worker worker =
        Worker.builder()
            .recordProcessorFactory(factory)
            .config(setting.worker())
            .meterRegistry(registry)
            .takeover(host.takeover())
            .build();
    return new ConnectorApplication(opened, factory, worker, stream);
  }

  private static MeterRegistry registry(
      PipelineConfig config, Host host, Deque<AutoCloseable> opened) {
    return config
        .metrics()
        .find(Metrics.LOG)
        .<MeterRegistry>map(
            step -> {
              LoggingMeterRegistry logging =
                  LoggingMeterRegistry.builder(
                          new LoggingRegistryConfig() {
                            @Override
                            public String get(String key) {
                              return null;
                            }

                            @Override
                            public Duration step() {
                              return step;
                            }
                          })
                      .loggingSink(METERS::info)
                      .build();
              opened.push(logging::close);
              return new CompositeMeterRegistry(Clock.SYSTEM, List.of(host.registry(), logging));
            })
        .orElse(host.registry());
  }

  /** Runs the pipeline once, until it is told to stop. */
  public Worker worker() {
    return worker;
  }

  /** The name of the stream that it reads, as its meters have it. */
  public String streamName() {
    return stream;
  }

  /** Bytes in the buffers of all shards, now. */
  public long bufferedBytes() {
    return factory.bufferedBytes();
  }

  /** Closes what was opened; the worker has ended. */
  @Override
  public void close() {
    closeAll(opened);
  }

  /** The last first. */
  private static void closeAll(Deque<AutoCloseable> opened) {
    while (!opened.isEmpty()) {
      AutoCloseable next = opened.pop();
      try {
        next.close();
      } catch (Exception e) {
        log.warn("Could not close {}", next, e);
      }
    }
  }

  /**
   * Looks whether the pipeline could run: the stream, the lease table, the sink, the dead letters.
   * Changes nothing.
   *
   * @return what was found, in that order
   * @throws io.millrace.connectors.config.ConfigException if values do not go together
   */
  public static List<Finding> check(PipelineConfig config, Host host) {
    List<Finding> findings = new ArrayList<>();
    for (Stage stage : config.stages()) {
      findings.addAll(Checks.run(stage, new Setting(stage.config(), host)));
    }
    return findings;
  }

  /**
   * Where the pipeline runs, for those who open the sink's or the dead letters' destination
   * themselves.
   */
  public static Surroundings surroundings(PipelineConfig config, Host host) {
    return new Setting(config, host).surroundings();
  }

  /**
   * What the pipeline's worker is configured with, for those who look after its table.
   *
   * @throws io.millrace.connectors.config.ConfigException if values do not go together
   */
  public static KinesisClientLibConfiguration workerConfiguration(
      PipelineConfig config, Host host) {
    return new Setting(config, host).worker();
  }

  /** What the pipeline will do, in sentences for somebody who has to run it. */
  public static List<String> explain(PipelineConfig config) {
    List<String> sentences = new ArrayList<>();
    for (Stage stage : config.stages()) {
      if (!stage.name().isEmpty()) {
        sentences.add("--- " + stage.name());
      }
      sentences.addAll(Explanation.of(stage.config()));
    }
    return sentences;
  }
}
