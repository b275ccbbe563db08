package io.millrace.kcl;

import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.kcl.aws.AwsClients;
import io.millrace.kcl.aws.KinesisStreamSource;
import io.millrace.kcl.engine.EngineEvents;
import io.millrace.kcl.engine.EnginePorts;
import io.millrace.kcl.engine.EngineSettings;
import io.millrace.kcl.engine.WorkerLoop;
import io.millrace.kcl.exec.ProcessingExecutors;
import io.millrace.kcl.health.ShardHealth;
import io.millrace.kcl.metrics.EventFanOut;
import io.millrace.kcl.metrics.LoggingEvents;
import io.millrace.kcl.metrics.MeterEvents;
import io.millrace.kcl.time.Clock;
import io.millrace.kcl.time.RandomSource;
import io.millrace.kcl.time.Scheduler;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseStoreException;
import io.millrace.lease.SessionLoad;
import io.millrace.lease.dynamodb.DynamoDbLeaseStore;
import io.millrace.lease.dynamodb.LeaseTable;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * Processes a stream's shards together with all other workers of the same application: takes its
 * share of the leases, makes a record processor for each of its shards, reads, delivers,
 * checkpoints, follows splits and merges, and hands everything over when it is told to stop.
 *
 * <pre>{@code
 * Worker worker = new Worker(() -> new MyRecordProcessor(),
 *     new KinesisClientLibConfiguration("my-application", "my-stream"));
 * worker.run();
 * }</pre>
 *
 * <p>A worker runs once. Its methods may be called from any thread. Besides the thread that calls
 * {@link #run} it uses one thread of its own, the few of the AWS clients that it makes, and those
 * of the processing executor, on which all user code runs.
 */
public final class Worker implements Runnable {

  private static final Logger log = LoggerFactory.getLogger(Worker.class);

  /** How long the last writes to the table may take when a worker stops. */
  private static final long LAST_WRITES_MILLIS = 10_000;

  private final KinesisClientLibConfiguration config;
  private final Executor givenExecutor;
  private final IRecordProcessorFactory factory;
  private final KinesisAsyncClient givenKinesis;
  private final DynamoDbAsyncClient givenDynamoDb;
  private final MeterRegistry registry;
  private final Clock clock;
  private final ListenerEvents listenerEvents;
  private final boolean takeover;
  private final AtomicBoolean started = new AtomicBoolean();
  private final CompletableFuture<Boolean> stopped = new CompletableFuture<>();

  /** Done once somebody wants the worker to stop; completed under the lock. */
  private final CompletableFuture<Void> stopAsked = new CompletableFuture<>();

  private final Object lock = new Object();

  // guarded by lock
  private WorkerLoop engine;

  /** A worker with everything else at its default. */
  public Worker(
      IRecordProcessorFactory recordProcessorFactory, KinesisClientLibConfiguration config) {
    this(builder().recordProcessorFactory(recordProcessorFactory).config(config));
  }

  private Worker(Builder builder) {
    factory = Objects.requireNonNull(builder.factory, "recordProcessorFactory is required");
    config = Objects.requireNonNull(builder.config, "config is required").seal();
    if (factory.checkpointsItself() && config.getCheckpointPolicy().rule().automatic()) {
      throw new IllegalArgumentException(
          "The processors of "
              + factory.getClass().getName()
              + " return before their records are done, and checkpoint by themselves: with "
              + "withCheckpointPolicy only CheckpointPolicy.byHand() is allowed, but it is \""
              + config.getCheckpointPolicy()
              + "\"");
    }
    givenExecutor = builder.processingExecutor;
    givenKinesis = builder.kinesisClient;
    givenDynamoDb = builder.dynamoDBClient;
    registry = builder.meterRegistry;
    clock = builder.clock;
    listenerEvents = new ListenerEvents(builder.listener);
    takeover = builder.takeover;
  }

  public static Builder builder() {
    return new Builder();
  }

  /**
   * Works until it is told to stop, or cannot go on. Blocks the calling thread. Interrupting that
   * thread is a {@link #startGracefulShutdown}; the interrupt is restored when this returns.
   *
   * @throws RuntimeException if the worker cannot go on: the stream does not exist or was deleted,
   *     the table belongs to another stream, a permission is missing, the lease table disappeared.
   *     The message says what to do
   * @throws IllegalStateException if it was run before
   */
  @Override
  public void run() {
    if (!started.compareAndSet(false, true)) {
      throw new IllegalStateException(
          "Worker " + config.getWorkerIdentifier() + " has been run before; make a new one");
    }
    Thread hook = config.isRegisterShutdownHook() ? registerShutdownHook() : null;
    try (Running running = new Running()) {
      running.work();
    } catch (RuntimeException | Error e) {
      stopped.completeExceptionally(e);
      throw e;
    } finally {
      stopped.complete(false);
      removeShutdownHook(hook);
    }
  }

  /**
   * Stops after handing every shard over: each processor finishes its batch, gets its {@code
   * shutdownRequested} call and may checkpoint, and then its lease goes to another worker without a
   * gap. A processor that does not return within {@link
   * KinesisClientLibConfiguration#withShutdownGraceMillis} is abandoned.
   *
   * @return true if every processor finished in time and every lease was given away; false if not,
   *     or if the worker was not running; exceptionally what {@link #run} threw. {@link
   *     #shutdownResults} has the details
   */
  public Future<Boolean> startGracefulShutdown() {
    listenerEvents.shuttingDown();
    synchronized (lock) {
      stopAsked.complete(null);
      if (!started.get()) {
        return CompletableFuture.completedFuture(false);
      }
      if (engine != null) {
        engine.leave();
      }
    }
    return stopped.copy();
  }

  /** As {@link #startGracefulShutdown}, for those who do not want to know how it went. */
  public void requestShutdown() {
    startGracefulShutdown();
  }

  /**
   * Stops soon: processors get no further records, are told that their lease is lost ({@link
   * ShutdownReason#ZOMBIE}) once their current call has returned, and the leases are released
   * without waiting for successors. Returns at once.
   */
  public void shutdown() {
    listenerEvents.shuttingDown();
    synchronized (lock) {
      stopAsked.complete(null);
      if (engine != null) {
        engine.stop();
      }
    }
  }

  /** How each shard ended during a shutdown, by shard id; empty as long as none was asked for. */
  public List<ShardShutdown> shutdownResults() {
    return listenerEvents.shutdowns();
  }

  /**
   * How every shard gets on that this worker holds: whether it makes progress and if not, why, and
   * since when. One worker of the fleet, the one that audits the table, also answers for the shards
   * that nobody holds.
   *
   * @return completed soon, by shard id; empty if the worker does not run
   */
  public CompletionStage<List<ShardHealth>> shardHealth() {
    WorkerLoop loop = running();
    return loop == null ? CompletableFuture.completedFuture(List.of()) : loop.health();
  }

  /**
   * Delivers nothing of a shard until {@link #resumeShard}: its lease is kept, a call under way
   * goes on. The pause ends when the shard moves to another worker.
   *
   * @param reason for the log and for {@link #shardHealth}
   * @return whether this worker holds the shard
   */
  public CompletionStage<Boolean> pauseShard(String shardId, String reason) {
    LeaseKey shard = new LeaseKey(shardId);
    Objects.requireNonNull(reason, "reason");
    WorkerLoop loop = running();
    return loop == null ? CompletableFuture.completedFuture(false) : loop.pause(shard, reason);
  }

  /**
   * Goes on with a shard after {@link #pauseShard}, after its processor has paused it, or after the
   * {@link FailurePolicy} has stopped it; then with the records that failed.
   *
   * @return whether this worker holds the shard
   */
  public CompletionStage<Boolean> resumeShard(String shardId) {
    LeaseKey shard = new LeaseKey(shardId);
    WorkerLoop loop = running();
    return loop == null ? CompletableFuture.completedFuture(false) : loop.resume(shard);
  }

  private WorkerLoop running() {
    synchronized (lock) {
      return stopped.isDone() ? null : engine;
    }
  }

  private Thread registerShutdownHook() {
    Thread hook =
        new Thread(
            () -> {
              try {
                startGracefulShutdown()
                    .get(
                        config.getShutdownGraceMillis() + LAST_WRITES_MILLIS,
                        TimeUnit.MILLISECONDS);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              } catch (ExecutionException | TimeoutException e) {
                log.warn(
                    "Worker {} did not stop cleanly: {}",
                    config.getWorkerIdentifier(),
                    e.toString());
              }
            },
            "millrace-" + config.getWorkerIdentifier() + "-shutdown-hook");
    Runtime.getRuntime().addShutdownHook(hook);
    return hook;
  }

  private static void removeShutdownHook(Thread hook) {
    if (hook != null) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        log.debug("The JVM is shutting down; its hook stays", e);
      }
    }
  }

  private EngineSettings settings() {
    EngineSettings.InitialPosition position =
        EngineSettings.InitialPosition.valueOf(config.getInitialPositionInStream().name());
    Long timestamp =
        config.getTimestampAtInitialPositionInStream().map(Instant::toEpochMilli).orElse(null);
    return new EngineSettings(
        new EngineSettings.Names(
            config.getWorkerIdentifier(),
            config.getApplicationName(),
            config.getStreamName(),
            config.getTableName()),
        new EngineSettings.Membership(
            config.getFailoverTimeMillis(),
            config.getHeartbeatIntervalMillis(),
            config.getWeight(),
            config.getMaxLeasesForWorker(),
            switch (config.getBalanceBy()) {
              case LEASES -> null;
              case RECORDS -> SessionLoad.Unit.RECORDS;
              case BYTES -> SessionLoad.Unit.BYTES;
            }),
        new EngineSettings.Start(
            position,
            timestamp,
            new EngineSettings.ForeignRule(config.getForeignOwnerWatchMillis(), takeover)),
        new EngineSettings.Reading(
            config.getMaxRecords(),
            config.getIdleTimeBetweenReadsInMillis(),
            config.getPrefetchByteBudget(),
            config.shouldCallProcessRecordsEvenForEmptyRecordList()),
        new EngineSettings.Processing(
            config.getTaskBackoffTimeMillis(),
            config.getMaxTaskBackoffTimeMillis(),
            config.getParentShardPollIntervalMillis(),
            config.getShutdownGraceMillis()),
        new EngineSettings.Policies(
            config.getFailurePolicy().rule(),
            config.getCheckpointPolicy().rule(),
            config.getStallThresholdMillis()),
        config.getShardSyncIntervalMillis());
  }

  private boolean isStopAsked() {
    synchronized (lock) {
      return stopAsked.isDone();
    }
  }

  private static boolean isWorthRepeating(Throwable error) {
    Throwable cause = error instanceof CompletionException ? error.getCause() : error;
    return cause instanceof LeaseStoreException store
        && store.kind() == LeaseStoreException.Kind.NO_ANSWER;
  }

  private static void await(CompletionStage<?> stage) {
    try {
      stage.toCompletableFuture().get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while the lease table was being opened", e);
    } catch (ExecutionException e) {
      throw unchecked(e.getCause());
    }
  }

  private static RuntimeException unchecked(Throwable cause) {
    if (cause instanceof Error error) {
      throw error;
    }
    return cause instanceof RuntimeException known ? known : new IllegalStateException(cause);
  }

  /** Everything that lives as long as {@link #run}: all of it is made here, and closed here. */
  private final class Running implements AutoCloseable {
    private final String threads = "millrace-" + config.getWorkerIdentifier();
    private final ScheduledThreadPoolExecutor loopThread;
    private final AwsClients clients;
    private final ExecutorService ownExecutor;
    private final MeterEvents meters;

    Running() {
      clients =
          AwsClients.builder()
              .credentialsProvider(config.getCredentialsProvider())
              .regionName(config.getRegionName().orElse(null))
              .kinesisEndpoint(config.getKinesisEndpoint().orElse(null))
              .dynamoDbEndpoint(config.getDynamoDBEndpoint().orElse(null))
              .heartbeatTimeout(Duration.ofMillis(config.getHeartbeatIntervalMillis()))
              .kinesisClient(givenKinesis)
              .dynamoDbClient(givenDynamoDb)
              .threadNamePrefix(threads)
              .build();
      loopThread = new ScheduledThreadPoolExecutor(1, task -> new Thread(task, threads + "-loop"));
      loopThread.setRemoveOnCancelPolicy(true);
      ownExecutor =
          givenExecutor == null ? ProcessingExecutors.create(threads + "-processor") : null;
      meters =
          registry == null
              ? null
              : new MeterEvents(registry, config.getApplicationName(), config.getStreamName());
    }

    void work() {
      log.info(
          "Worker {} of application {}: {} {}",
          config.getWorkerIdentifier(),
          config.getApplicationName(),
          config.getFailurePolicy(),
          config.getCheckpointPolicy());
      openTable();
      WorkerLoop loop = new WorkerLoop(settings(), ports());
      synchronized (lock) {
        if (stopAsked.isDone()) {
          return;
        }
        engine = loop;
        engine.start();
      }
      boolean interrupted = false;
      while (true) {
        try {
          stopped.complete(loop.done().toCompletableFuture().get());
          break;
        } catch (InterruptedException e) {
          interrupted = true;
          startGracefulShutdown();
        } catch (ExecutionException e) {
          throw unchecked(e.getCause());
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    private EnginePorts ports() {
      Executor executor = givenExecutor == null ? ownExecutor : givenExecutor;
      DynamoDbLeaseStore store =
          DynamoDbLeaseStore.builder(clients.dynamoDb(), config.getTableName())
              .beatClient(clients.heartbeats())
              .beatTimeout(Duration.ofMillis(config.getHeartbeatIntervalMillis()))
              .build();
      List<EngineEvents> listeners = new ArrayList<>();
      listeners.add(new LoggingEvents(config.getWorkerIdentifier(), clock));
      listeners.add(listenerEvents);
      if (meters != null) {
        listeners.add(meters);
      }
      return new EnginePorts(
          store,
          new KinesisStreamSource(
              clients.kinesis(), config.getStreamName(), config.getStreamArn(), clock),
          ProcessorAdapter.factory(
              factory,
              executor,
              clock,
              new DeadLetterOffice(
                  config.getStreamName(),
                  config.getFailurePolicy().deadLetters(),
                  clock,
                  executor)),
          clock,
          scheduler(),
          loopThread,
          RandomSource.system(),
          new EventFanOut(listeners));
    }

    private Scheduler scheduler() {
      return (task, delayMillis) -> {
        ScheduledFuture<?> future = loopThread.schedule(task, delayMillis, TimeUnit.MILLISECONDS);
        return () -> future.cancel(false);
      };
    }

    private void openTable() {
      LeaseTable.Builder builder =
          LeaseTable.builder(clients.dynamoDb(), config.getTableName())
              .create(config.getTableCreation() == TableCreation.CREATE)
              .tags(config.getTableTags())
              .delay(this::pause)
              .pointInTimeRecovery(config.isPointInTimeRecovery())
              .deletionProtection(config.isDeletionProtection());
      if (config.getBillingMode() == BillingMode.PROVISIONED) {
        builder.provisioned(
            config.getInitialLeaseTableReadCapacity(), config.getInitialLeaseTableWriteCapacity());
      }
      LeaseTable table = builder.build();
      Retry retry =
          Retry.of(
              "open lease table",
              RetryConfig.custom()
                  .maxAttempts(Integer.MAX_VALUE)
                  .intervalFunction(
                      IntervalFunction.ofExponentialRandomBackoff(200, 2, 0.5, 10_000))
                  .retryOnException(Worker::isWorthRepeating)
                  .build());
      retry
          .getEventPublisher()
          .onRetry(
              event ->
                  log.warn(
                      "Opening lease table {} again: {}",
                      config.getTableName(),
                      String.valueOf(event.getLastThrowable())));
      CompletionStage<?> opened =
          retry.executeCompletionStage(
              loopThread,
              () -> isStopAsked() ? CompletableFuture.completedFuture(null) : table.ensure());
      // DynamoDB may take minutes to answer; whoever wants the worker to stop does not wait for it
      await(CompletableFuture.anyOf(stopAsked, opened.toCompletableFuture()));
    }

    /** Never over once the worker is closed: nothing more is asked of the table then. */
    private CompletionStage<Void> pause(Duration pause) {
      CompletableFuture<Void> over = new CompletableFuture<>();
      loopThread.schedule(() -> over.complete(null), pause.toMillis(), TimeUnit.MILLISECONDS);
      return over;
    }

    @Override
    public void close() {
      synchronized (lock) {
        engine = null;
        stopAsked.complete(null);
      }
      loopThread.shutdownNow();
      if (ownExecutor != null) {
        // interrupts what was abandoned
        ownExecutor.shutdownNow();
      }
      clients.close();
      if (meters != null) {
        meters.close();
      }
    }
  }

  /** Collects what a {@link Worker} is made of. Not safe for use by several threads. */
  public static final class Builder {
    private IRecordProcessorFactory factory;
    private KinesisClientLibConfiguration config;
    private KinesisAsyncClient kinesisClient;
    private DynamoDbAsyncClient dynamoDBClient;
    private MeterRegistry meterRegistry;
    private Executor processingExecutor;
    private Clock clock = Clock.system();
    private WorkerListener listener = new WorkerListener() {};
    private boolean takeover;

    private Builder() {}

    /** Makes a record processor for each shard. Required. */
    public Builder recordProcessorFactory(IRecordProcessorFactory recordProcessorFactory) {
      this.factory = recordProcessorFactory;
      return this;
    }

    /** Required; sealed by {@link #build}. */
    public Builder config(KinesisClientLibConfiguration configuration) {
      this.config = configuration;
      return this;
    }

    /**
     * A client to read the stream with, in place of one made from the configuration; not closed. It
     * needs enough concurrency for one request per shard: the SDK's default of 50 is not.
     */
    public Builder kinesisClient(KinesisAsyncClient client) {
      this.kinesisClient = client;
      return this;
    }

    /**
     * A client for the lease table, in place of those made from the configuration; not closed.
     * Heartbeats go through it too, so nothing else should be able to exhaust its connections.
     */
    public Builder dynamoDBClient(DynamoDbAsyncClient client) {
      this.dynamoDBClient = client;
      return this;
    }

    /** Where meters are published; without it, nothing is. */
    public Builder meterRegistry(MeterRegistry registry) {
      this.meterRegistry = registry;
      return this;
    }

    /**
     * Runs all user code; not closed. It must be able to run one task per shard at a time, or a
     * blocked processor delays others. Default: virtual threads on Java 21 and newer, else a pool
     * that grows as needed.
     */
    public Builder processingExecutor(Executor executor) {
      this.processingExecutor = executor;
      return this;
    }

    /** Default: the machine's. */
    public Builder clock(Clock newClock) {
      this.clock = Objects.requireNonNull(newClock);
      return this;
    }

    /** Told of gaps and of leases that come and go. */
    public Builder listener(WorkerListener newListener) {
      this.listener = Objects.requireNonNull(newListener);
      return this;
    }

    /**
     * Whether workers of another library that own leases when this one first looks count as dead at
     * once. Without it they are watched for {@link
     * KinesisClientLibConfiguration#withForeignOwnerWatchMillis}, and a worker that is the first of
     * its application on their table does not start while one of their leases moves. With it, a
     * worker that is alive all the same loses its leases while it processes: what it has not
     * checkpointed is processed twice. Default: false.
     */
    public Builder takeover(boolean newTakeover) {
      this.takeover = newTakeover;
      return this;
    }

    /**
     * @throws NullPointerException if the factory or the configuration is missing
     */
    public Worker build() {
      return new Worker(this);
    }
  }
}
