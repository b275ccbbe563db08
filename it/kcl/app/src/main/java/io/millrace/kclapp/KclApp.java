package io.millrace.kclapp;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.common.KinesisClientUtil;
import software.amazon.kinesis.common.StreamConfig;
import software.amazon.kinesis.common.StreamIdentifier;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.leases.LeaseManagementConfig;
import software.amazon.kinesis.metrics.NullMetricsFactory;
import software.amazon.kinesis.processor.FormerStreamsLeasesDeletionStrategy;
import software.amazon.kinesis.processor.MultiStreamTracker;
import software.amazon.kinesis.processor.ShardRecordProcessorFactory;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

/**
 * A worker of the Kinesis Client Library, version 2 or 3: the program is the same. It writes down
 * what it is given, see {@link Ledger}. A line on standard input stops it as the library does it
 * gracefully; the end of standard input ends it at once.
 *
 * <p>Arguments are {@code name=value}: application, stream, worker, kinesis, dynamodb, ledger, and
 * those that have defaults: {@code position} ({@code TRIM_HORIZON}, {@code LATEST} or milliseconds
 * since 1970), {@code multi} (one more stream: then it reads both as one application), and those of
 * {@link Processor}.
 */
public final class KclApp {

  private static final long FAILOVER_MILLIS = 2_000;

  private KclApp() {}

  public static void main(String[] args) throws Exception {
    Map<String, String> told = arguments(args);
    StaticCredentialsProvider credentials =
        StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test"));
    KinesisAsyncClient kinesis =
        KinesisClientUtil.createKinesisAsyncClient(
            KinesisAsyncClient.builder()
                .endpointOverride(URI.create(told.get("kinesis")))
                .credentialsProvider(credentials)
                .region(Region.US_EAST_1));
    DynamoDbAsyncClient dynamoDb =
        DynamoDbAsyncClient.builder()
            .endpointOverride(URI.create(told.get("dynamodb")))
            .credentialsProvider(credentials)
            .region(Region.US_EAST_1)
            .build();
    CloudWatchAsyncClient cloudWatch =
        CloudWatchAsyncClient.builder()
            .endpointOverride(URI.create("http://127.0.0.1:1")) // never asked
            .credentialsProvider(credentials)
            .region(Region.US_EAST_1)
            .build();
    Ledger ledger = new Ledger(Path.of(told.get("ledger")), told.get("worker"));
    ShardRecordProcessorFactory factory =
        new ShardRecordProcessorFactory() {
          @Override
          public Processor shardRecordProcessor() {
            return new Processor(ledger, told);
          }

          @Override
          public Processor shardRecordProcessor(StreamIdentifier stream) {
            return shardRecordProcessor();
          }
        };
    ConfigsBuilder configs =
        told.containsKey("multi")
            ? new ConfigsBuilder(
                new Streams(List.of(told.get("stream"), told.get("multi"))),
                told.get("application"),
                kinesis,
                dynamoDb,
                cloudWatch,
                told.get("worker"),
                factory)
            : new ConfigsBuilder(
                told.get("stream"),
                told.get("application"),
                kinesis,
                dynamoDb,
                cloudWatch,
                told.get("worker"),
                factory);
    InitialPositionInStreamExtended position = position(told.get("position"));
    LeaseManagementConfig leases =
        configs
            .leaseManagementConfig()
            .failoverTimeMillis(FAILOVER_MILLIS)
            .shardSyncIntervalMillis(1_000)
            .initialPositionInStream(position);
    quickInVersion3(leases);
    var retrieval = configs.retrievalConfig();
    if (told.containsKey("multi")) {
      retrieval.retrievalSpecificConfig(new PollingConfig(kinesis));
    } else {
      retrieval.initialPositionInStreamExtended(position);
      retrieval.retrievalSpecificConfig(
          new PollingConfig(told.get("stream"), kinesis).idleTimeBetweenReadsInMillis(250));
    }
    Scheduler scheduler =
        new Scheduler(
            configs.checkpointConfig(),
            configs
                .coordinatorConfig()
                .parentShardPollIntervalMillis(500)
                .shardConsumerDispatchPollIntervalMillis(100),
            leases,
            configs.lifecycleConfig(),
            configs.metricsConfig().metricsFactory(new NullMetricsFactory()),
            configs.processorConfig(),
            retrieval);
    Thread thread = new Thread(scheduler, "scheduler");
    thread.start();
    int read = System.in.read();
    if (read >= 0) {
      ledger.write("stopping");
      scheduler.startGracefulShutdown().get(60, TimeUnit.SECONDS);
      thread.join();
      ledger.write("stopped");
    }
    Runtime.getRuntime().halt(read >= 0 ? 0 : 3);
  }

  /** What makes version 3 wait for a minute by default; version 2 has none of it. */
  private static void quickInVersion3(LeaseManagementConfig leases) throws IOException {
    setIfThere(leases, "dynamoDbLockBasedLeaderLeaseDurationInMillis", 3_000L);
    setIfThere(leases, "dynamoDbLockBasedLeaderHeartbeatPeriodInMillis", 1_000L);
    Object assignment = getIfThere(leases, "workerUtilizationAwareAssignmentConfig");
    if (assignment != null) {
      setIfThere(assignment, "inMemoryWorkerMetricsCaptureFrequencyMillis", 200L);
      setIfThere(assignment, "workerMetricsReporterFreqInMillis", 500L);
    }
  }

  private static void setIfThere(Object on, String name, long value) throws IOException {
    try {
      on.getClass().getMethod(name, long.class).invoke(on, value);
    } catch (NoSuchMethodException e) {
      // version 2
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IOException(name, e);
    }
  }

  private static Object getIfThere(Object on, String name) throws IOException {
    try {
      return on.getClass().getMethod(name).invoke(on);
    } catch (NoSuchMethodException e) {
      return null;
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IOException(name, e);
    }
  }

  private static InitialPositionInStreamExtended position(String told) {
    if (told == null) {
      return InitialPositionInStreamExtended.newInitialPosition(
          InitialPositionInStream.TRIM_HORIZON);
    }
    return Character.isDigit(told.charAt(0))
        ? InitialPositionInStreamExtended.newInitialPositionAtTimestamp(
            new Date(Long.parseLong(told)))
        : InitialPositionInStreamExtended.newInitialPosition(
            InitialPositionInStream.valueOf(told));
  }

  private static Map<String, String> arguments(String[] args) {
    Map<String, String> told = new TreeMap<>();
    Arrays.stream(args)
        .map(arg -> arg.split("=", 2))
        .forEach(pair -> told.put(pair[0], pair[1]));
    return told;
  }

  /** Several streams in one application. */
  private static final class Streams implements MultiStreamTracker {
    private final List<String> names;

    Streams(List<String> names) {
      this.names = names;
    }

    @Override
    public List<StreamConfig> streamConfigList() {
      return names.stream()
          .map(name -> StreamIdentifier.multiStreamInstance("000000000000:" + name + ":1"))
          .map(id -> new StreamConfig(id, position(null)))
          .toList();
    }

    @Override
    public FormerStreamsLeasesDeletionStrategy formerStreamsLeasesDeletionStrategy() {
      return new FormerStreamsLeasesDeletionStrategy.AutoDetectionAndDeferredDeletionStrategy() {
        @Override
        public Duration waitPeriodToDeleteFormerStreams() {
          return Duration.ofHours(1);
        }
      };
    }
  }
}
