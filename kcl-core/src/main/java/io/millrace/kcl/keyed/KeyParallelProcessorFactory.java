package io.millrace.kcl.keyed;

import io.millrace.kcl.IRecordProcessor;
import io.millrace.kcl.IRecordProcessorFactory;
import io.millrace.kcl.Record;
import io.millrace.kcl.deadletter.DeadLetterDestination;
import io.millrace.kcl.exec.ProcessingExecutors;
import io.millrace.kcl.exec.TimerThread;
import io.millrace.kcl.keyed.KeyParallelSettings.DeadLetters;
import io.millrace.kcl.keyed.KeyParallelSettings.Limits;
import io.millrace.kcl.keyed.KeyParallelSettings.Tools;
import io.millrace.kcl.time.Clock;
import io.millrace.kcl.time.RandomSource;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.function.Function;

/**
 * Record processors that process the keys of a shard in parallel, and the records of one key in
 * order.
 *
 * <pre>{@code
 * try (KeyParallelProcessorFactory factory =
 *     KeyParallelProcessorFactory.builder(Indexer::new).maxConcurrency(32).build()) {
 *   new Worker(factory, configuration).run();
 * }
 * }</pre>
 *
 * <p>The checkpoint is the low-water mark: the last record that is done with every record before
 * it. It is written by this class, about once a second; the application writes none. What lies
 * behind it comes again after a crash, at most {@link Builder#maxInFlight} records of a shard, done
 * or not.
 *
 * <p>A slow key, or one whose record is tried again, holds up its own records only, until so many
 * records have been taken in behind it; then the shard waits, and takes no more from the stream.
 *
 * <p>When a lease is handed over, a shard ends or the worker stops, records that were taken in are
 * still processed, for {@link Builder#drainTime}; then the mark is checkpointed. When a lease is
 * lost nothing more is begun and nothing checkpointed.
 *
 * <p>One factory serves all shards of a worker, and shares its threads among them. Close it when
 * the worker has ended.
 */
public final class KeyParallelProcessorFactory implements IRecordProcessorFactory, AutoCloseable {

  private final IKeyedRecordProcessorFactory processors;
  private final KeyParallelSettings settings;
  private final Runnable close;

  KeyParallelProcessorFactory(
      IKeyedRecordProcessorFactory processors, KeyParallelSettings settings, Runnable close) {
    this.processors = processors;
    this.settings = settings;
    this.close = close;
  }

  /**
   * @param processors makes a processor for each shard
   */
  public static Builder builder(IKeyedRecordProcessorFactory processors) {
    return new Builder(processors);
  }

  @Override
  public IRecordProcessor createProcessor() {
    IKeyedRecordProcessor processor = processors.createProcessor();
    if (processor == null) {
      throw new IllegalStateException(
          "createProcessor() of "
              + processors.getClass().getName()
              + " returned null; it must return a new processor at every call");
    }
    return new KeyParallelProcessor(settings, processor);
  }

  @Override
  public boolean checkpointsItself() {
    return true;
  }

  /** Ends the threads that it has made itself. Call it when the worker has ended. */
  @Override
  public void close() {
    close.run();
  }

  /** See {@link KeyParallelProcessorFactory#builder}. */
  public static final class Builder {
    private final IKeyedRecordProcessorFactory processors;
    private int maxConcurrency = 64;
    private int maxInFlight = 1_000;
    private long maxInFlightBytes = 8 << 20;
    private Duration checkpointInterval = Duration.ofSeconds(1);
    private Duration drainTime = Duration.ofSeconds(10);
    private Function<? super Record, ?> key = Record::getPartitionKey;
    private RecordFailureHandler onFailure = RecordFailureHandler.retryForEver();
    private DeadLetters deadLetters = new DeadLetters(null, null);
    private Executor executor;

    private Builder(IKeyedRecordProcessorFactory processors) {
      this.processors = Objects.requireNonNull(processors, "processors");
    }

    /** How many records of a shard are processed at a time, at most; 64 by default, 1 to 10,000. */
    public Builder maxConcurrency(int maxConcurrency) {
      this.maxConcurrency = (int) checked("maxConcurrency", maxConcurrency, 1, 10_000);
      return this;
    }

    /**
     * How many records of a shard are taken in behind the low-water mark, at most; 1,000 by
     * default, 1 to 1,000,000. A crash repeats no more than these.
     */
    public Builder maxInFlight(int maxInFlight) {
      this.maxInFlight = (int) checked("maxInFlight", maxInFlight, 1, 1_000_000);
      return this;
    }

    /**
     * How many bytes of payload a shard has taken in and not finished, at most; 8 MiB by default.
     * This memory comes on top of the worker's prefetch budget. A single larger record is taken
     * alone.
     */
    public Builder maxInFlightBytes(long maxInFlightBytes) {
      this.maxInFlightBytes = checked("maxInFlightBytes", maxInFlightBytes, 1, Long.MAX_VALUE);
      return this;
    }

    /** The least time between two checkpoints of a shard; one second by default, up to one hour. */
    public Builder checkpointInterval(Duration checkpointInterval) {
      checked("checkpointInterval in milliseconds", checkpointInterval.toMillis(), 0, 3_600_000);
      this.checkpointInterval = checkpointInterval;
      return this;
    }

    /**
     * How long a shard that goes away works on what it has taken in, at most; 10 seconds by
     * default, up to one day. Records under way are always waited for. It should be below the
     * worker's shutdown grace: after that the worker abandons the processor.
     */
    public Builder drainTime(Duration drainTime) {
      checked("drainTime in milliseconds", drainTime.toMillis(), 0, 86_400_000);
      this.drainTime = drainTime;
      return this;
    }

    /**
     * What decides which records stay in order, by {@code equals}; the partition key by default.
     * May be called several times for a record; one that throws or returns null fails the whole
     * batch.
     */
    public Builder key(Function<? super Record, ?> key) {
      this.key = Objects.requireNonNull(key, "key");
      return this;
    }

    /** What is done when a record fails; {@link RecordFailureHandler#retryForEver} by default. */
    public Builder onFailure(RecordFailureHandler onFailure) {
      this.onFailure = Objects.requireNonNull(onFailure, "onFailure");
      return this;
    }

    /**
     * Where dead letters go.
     *
     * @param stream the stream's name, for the letters
     * @param destination not closed by this factory
     */
    public Builder deadLetters(String stream, DeadLetterDestination destination) {
      this.deadLetters =
          new DeadLetters(
              Objects.requireNonNull(stream, "stream"),
              Objects.requireNonNull(destination, "destination"));
      return this;
    }

    /**
     * Runs records; by default the factory makes virtual threads on Java 24 and newer, a growing
     * pool before.
     *
     * @param executor not closed by this factory; its tasks may block
     */
    public Builder executor(Executor executor) {
      this.executor = Objects.requireNonNull(executor, "executor");
      return this;
    }

    public KeyParallelProcessorFactory build() {
      TimerThread timer = new TimerThread("millrace-keyed-timer");
      ExecutorService own = executor == null ? ProcessingExecutors.create("millrace-keyed") : null;
      Tools tools =
          new Tools(
              executor == null ? own : executor, timer, Clock.system(), RandomSource.system());
      return build(
          tools,
          () -> {
            timer.close();
            if (own != null) {
              own.shutdown();
            }
          });
    }

    KeyParallelProcessorFactory build(Tools tools, Runnable close) {
      Limits limits =
          new Limits(
              maxConcurrency,
              maxInFlight,
              maxInFlightBytes,
              checkpointInterval.toMillis(),
              drainTime.toMillis());
      return new KeyParallelProcessorFactory(
          processors, new KeyParallelSettings(limits, key, onFailure, deadLetters, tools), close);
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
