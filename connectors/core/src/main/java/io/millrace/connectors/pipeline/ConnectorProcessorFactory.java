package io.millrace.connectors.pipeline;

import io.github.resilience4j.core.IntervalFunction;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.millrace.connectors.pipeline.PipelineSettings.BadRecords;
import io.millrace.connectors.pipeline.PipelineSettings.Limits;
import io.millrace.connectors.pipeline.PipelineSettings.Shared;
import io.millrace.connectors.pipeline.PipelineSettings.Tools;
import io.millrace.connectors.sink.Sink;
import io.millrace.kcl.IRecordProcessor;
import io.millrace.kcl.IRecordProcessorFactory;
import io.millrace.kcl.deadletter.DeadLetterDestination;
import io.millrace.kcl.exec.ProcessingExecutors;
import io.millrace.kcl.exec.TimerThread;
import io.millrace.kcl.time.Clock;
import io.millrace.kcl.time.RandomSource;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/**
 * Record processors that deliver a stream into a {@link Sink}.
 *
 * <pre>{@code
 * try (ConnectorProcessorFactory<Message> factory =
 *     ConnectorProcessorFactory.builder("clicks", sink, record -> List.of(Message.of(record)))
 *         .deadLetters(FileDeadLetters.builder(Path.of("dead-letters")).build())
 *         .build()) {
 *   new Worker(factory, configuration).run();
 * }
 * }</pre>
 *
 * <p>Records are transformed on the worker's processing threads, collected in a buffer for each
 * shard, and stored off them, one range after another for a shard. The checkpoint follows what is
 * stored: it passes a record when it is in the sink, was filtered out, or is stored as a dead
 * letter. The application writes none.
 *
 * <p>While the sink is out of reach nothing is given up: the shards wait, and the worker takes no
 * more from the stream than the buffers hold.
 *
 * <p>One factory serves all shards of a worker. Close it when the worker has ended; sink and dead
 * letters are closed by whoever made them.
 *
 * @param <U> what the sink stores
 */
public final class ConnectorProcessorFactory<U> implements IRecordProcessorFactory, AutoCloseable {

  private final PipelineSettings<U> settings;
  private final Supplier<ShardParts<U>> parts;
  private final boolean partsOfShards;
  private final Runnable close;

  private ConnectorProcessorFactory(
      PipelineSettings<U> settings,
      Supplier<ShardParts<U>> parts,
      boolean partsOfShards,
      Runnable close) {
    this.settings = settings;
    this.parts = parts;
    this.partsOfShards = partsOfShards;
    this.close = close;
  }

  /**
   * @param stream the stream's name, for names, meters and dead letters
   * @param sink not closed by the factory
   * @param transform what is made of a record
   */
  public static <U> Builder<U> builder(String stream, Sink<U> sink, RecordTransform<U> transform) {
    ShardParts<U> shared = new ShardParts<>(sink, transform, null);
    return new Builder<>(stream, sink.name(), () -> shared, false);
  }

  /**
   * For parts that no two shards may share.
   *
   * @param stream the stream's name, for names, meters and dead letters
   * @param sinkName the short name of every sink that is made
   * @param parts makes them for a shard; each sink is closed when its shard has ended or gone
   */
  public static <U> Builder<U> builder(
      String stream, String sinkName, Supplier<ShardParts<U>> parts) {
    return new Builder<>(stream, sinkName, parts, true);
  }

  @Override
  public IRecordProcessor createProcessor() {
    return new ConnectorProcessor<>(settings, parts.get(), partsOfShards);
  }

  @Override
  public boolean checkpointsItself() {
    return true;
  }

  /** Bytes in the buffers of all shards, now. */
  public long bufferedBytes() {
    return settings.shared().budget().usedBytes();
  }

  /** Ends the threads that it has made, and removes its gauges. */
  @Override
  public void close() {
    settings.shared().meters().close();
    close.run();
  }

  /**
   * See {@link ConnectorProcessorFactory#builder}.
   *
   * @param <U> what the sink stores
   */
  public static final class Builder<U> {
    private final String stream;
    private final String sinkName;
    private final Supplier<ShardParts<U>> parts;
    private final boolean partsOfShards;
    private ToLongFunction<? super U> weigher = value -> 0;
    private int bufferItems = 1_000;
    private long bufferBytes = 1 << 20;
    private Duration bufferAge = Duration.ofMinutes(1);
    private Duration idleCheckpointInterval = Duration.ofSeconds(10);
    private long maxBufferedBytes = 64L << 20;
    private int maxConcurrentEmissions = 16;
    private int maxAttempts = Integer.MAX_VALUE;
    private long maxAgeMillis = Long.MAX_VALUE;
    private Duration firstBackoff = Duration.ofMillis(200);
    private Duration longestBackoff = Duration.ofSeconds(30);
    private Duration drainTime = Duration.ofSeconds(10);
    private DeadLetterDestination deadLetters;
    private boolean skipBadRecords;
    private MeterRegistry registry = new CompositeMeterRegistry();

    private Builder(
        String stream, String sinkName, Supplier<ShardParts<U>> parts, boolean partsOfShards) {
      this.stream = Objects.requireNonNull(stream, "stream");
      this.sinkName = Objects.requireNonNull(sinkName, "sinkName");
      this.parts = Objects.requireNonNull(parts, "parts");
      this.partsOfShards = partsOfShards;
    }

    /**
     * Bytes that a value takes up in memory besides its record's payload; none by default, which is
     * right where values are views of the payload.
     */
    public Builder<U> weigher(ToLongFunction<? super U> weigher) {
      this.weigher = Objects.requireNonNull(weigher, "weigher");
      return this;
    }

    /** A shard's buffer is stored at so many items; 1,000 by default, 1 to 20,000. */
    public Builder<U> bufferItems(int items) {
      this.bufferItems = (int) checked("bufferItems", items, 1, ShardBuffer.MAX_RECORDS);
      return this;
    }

    /** A shard's buffer is stored at so many bytes; 1 MiB by default, 1 to 5 GiB. */
    public Builder<U> bufferBytes(long bytes) {
      this.bufferBytes = checked("bufferBytes", bytes, 1, 5L << 30);
      return this;
    }

    /**
     * A shard's buffer is stored so long after its first record was taken in; one minute by
     * default, at least one millisecond; null for never.
     */
    public Builder<U> bufferAge(Duration age) {
      if (age != null) {
        checked("bufferAge in milliseconds", age.toMillis(), 1, Long.MAX_VALUE);
      }
      this.bufferAge = age;
      return this;
    }

    /**
     * How long after records were passed over, because all of them were filtered out, the
     * checkpoint follows them; 10 seconds by default, up to one hour.
     */
    public Builder<U> idleCheckpointInterval(Duration interval) {
      checked("idleCheckpointInterval in milliseconds", interval.toMillis(), 0, 3_600_000);
      this.idleCheckpointInterval = interval;
      return this;
    }

    /**
     * What the buffers of all shards may take up together, what is being stored included; 64 MiB by
     * default, at least 64 KiB. It comes on top of the worker's prefetch budget. When it is reached
     * everything is stored early, and shards wait. A single larger record is taken alone.
     */
    public Builder<U> maxBufferedBytes(long bytes) {
      this.maxBufferedBytes = checked("maxBufferedBytes", bytes, 64 << 10, Long.MAX_VALUE);
      return this;
    }

    /** How many shards store something at a time; 16 by default, 1 to 1,000. */
    public Builder<U> maxConcurrentEmissions(int emissions) {
      this.maxConcurrentEmissions = (int) checked("maxConcurrentEmissions", emissions, 1, 1_000);
      return this;
    }

    /**
     * After so many attempts a record that the sink asks to try again becomes a dead letter; for
     * ever by default. Attempts while the sink as a whole is in trouble do not count.
     */
    public Builder<U> maxAttempts(int attempts) {
      this.maxAttempts = (int) checked("maxAttempts", attempts, 1, Integer.MAX_VALUE);
      return this;
    }

    /**
     * A record that the sink asks to try again so long after the stream took it becomes a dead
     * letter; for ever by default. Well below the stream's retention.
     */
    public Builder<U> maxAge(Duration age) {
      this.maxAgeMillis = checked("maxAge in milliseconds", age.toMillis(), 1, Long.MAX_VALUE);
      return this;
    }

    /**
     * The pause before something that failed is tried again: doubled from the first to the longest,
     * with up to half added or taken off by chance; 200 ms to 30 s by default.
     */
    public Builder<U> backoff(Duration first, Duration longest) {
      checked("first backoff in milliseconds", first.toMillis(), 1, 3_600_000);
      checked("longest backoff in milliseconds", longest.toMillis(), first.toMillis(), 3_600_000);
      this.firstBackoff = first;
      this.longestBackoff = longest;
      return this;
    }

    /**
     * How long a shard that goes to another worker stores what it has taken in, at most; 10 seconds
     * by default, up to one hour. Below the worker's shutdown grace. What is not stored by then is
     * stored by the next owner.
     */
    public Builder<U> drainTime(Duration time) {
      checked("drainTime in milliseconds", time.toMillis(), 0, 3_600_000);
      this.drainTime = time;
      return this;
    }

    /**
     * Where records go that cannot be transformed or stored. Without it, the shard waits before
     * such a record.
     */
    public Builder<U> deadLetters(DeadLetterDestination destination) {
      this.deadLetters = Objects.requireNonNull(destination, "destination");
      return this;
    }

    /** Records that cannot be transformed or stored are logged, and lost. */
    public Builder<U> skipBadRecords() {
      this.skipBadRecords = true;
      return this;
    }

    /** Where the meters go; nowhere by default. */
    public Builder<U> meterRegistry(MeterRegistry registry) {
      this.registry = Objects.requireNonNull(registry, "registry");
      return this;
    }

    /**
     * @throws IllegalStateException if bad records are to be both kept and skipped
     */
    public ConnectorProcessorFactory<U> build() {
      if (deadLetters != null && skipBadRecords) {
        throw new IllegalStateException(
            "Bad records become dead letters, or are skipped: not both deadLetters and skipBadRecords");
      }
      TimerThread timer = new TimerThread("millrace-connector-timer");
      ExecutorService executor = ProcessingExecutors.create("millrace-connector");
      return build(
          new Tools(executor, timer, Clock.system(), RandomSource.system()),
          () -> {
            timer.close();
            executor.shutdown();
          });
    }

    ConnectorProcessorFactory<U> build(Tools tools, Runnable close) {
      BufferBudget budget = new BufferBudget(maxBufferedBytes);
      Limits limits =
          new Limits(
              new BufferLimits(
                  bufferItems,
                  bufferBytes,
                  bufferAge == null ? Long.MAX_VALUE : bufferAge.toMillis(),
                  idleCheckpointInterval.toMillis()),
              new RetryLimits(maxAttempts, maxAgeMillis),
              IntervalFunction.ofExponentialRandomBackoff(firstBackoff, 2, 0.5, longestBackoff),
              drainTime.toMillis());
      Shared shared =
          new Shared(
              budget,
              new SinkGate(sinkName, maxConcurrentEmissions, tools.clock()),
              new PipelineMeters(registry, stream, sinkName, budget, tools.clock()::wallMillis));
      return new ConnectorProcessorFactory<>(
          new PipelineSettings<>(
              stream, weigher, limits, new BadRecords(deadLetters, skipBadRecords), shared, tools),
          parts,
          partsOfShards,
          close);
    }

    private static long checked(String name, long value, long least, long most) {
      if (value < least || value > most) {
        throw new IllegalArgumentException(
            name + " must be between " + least + " and " + most + ": " + value);
      }
      return value;
    }
  }
}
