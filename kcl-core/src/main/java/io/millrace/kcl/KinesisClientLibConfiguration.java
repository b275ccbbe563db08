package io.millrace.kcl;

import io.millrace.kcl.time.RandomSource;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.time.Instant;
import java.util.Collections;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;

/**
 * Which stream a worker reads, as which application, and how.
 *
 * <pre>{@code
 * KinesisClientLibConfiguration configuration =
 *     new KinesisClientLibConfiguration("referrer-counter", "clicks")
 *         .withInitialPositionInStream(InitialPositionInStream.TRIM_HORIZON)
 *         .withRegionName("eu-west-1");
 * }</pre>
 *
 * <p>Every setter changes this object, returns it, and refuses a bad value at once with an {@link
 * IllegalArgumentException} that names setter, value and what is allowed. When a worker is made
 * from it the configuration is sealed: setters then throw {@link IllegalStateException}. Not safe
 * for use by several threads before that, safe afterwards.
 *
 * <p>Times are in milliseconds because the names, known from the Kinesis Client Library, say so.
 */
public final class KinesisClientLibConfiguration {

  private static final Pattern TABLE_NAME = Pattern.compile("[a-zA-Z0-9_.-]{3,255}");
  private static final Pattern STREAM_NAME = Pattern.compile("[a-zA-Z0-9_.-]{1,128}");
  private static final Pattern REGION_NAME = Pattern.compile("[a-z0-9]+(-[a-z0-9]+)+");
  private static final Pattern STREAM_ARN =
      Pattern.compile(
          "arn:(aws[a-z0-9-]*):kinesis:([a-z0-9-]+):(\\d{12}):stream/([a-zA-Z0-9_.-]{1,128})");
  private static final long MEBIBYTE = 1024 * 1024;

  private final String applicationName;
  private final String streamName;
  private final String streamArn;
  private final String arnRegion;
  private final String workerId;
  private final AwsCredentialsProvider credentialsProvider;

  private InitialPositionInStream initialPosition = InitialPositionInStream.LATEST;
  private Instant initialTimestamp;
  private long failoverTimeMillis = 6_000;
  private long heartbeatIntervalMillis = 1_000;
  private long idleTimeBetweenReadsInMillis = 1_000;
  private long shardSyncIntervalMillis = 60_000;
  private long parentShardPollIntervalMillis = 1_000;
  private long taskBackoffTimeMillis = 500;
  private long maxTaskBackoffTimeMillis = 30_000;
  private long shutdownGraceMillis = 30_000;
  private int maxRecords = 10_000;
  private long prefetchByteBudget = 64 * MEBIBYTE;
  private int maxLeasesForWorker = Integer.MAX_VALUE;
  private int weight = 100;
  private FailurePolicy failurePolicy = FailurePolicy.retryForever();
  private CheckpointPolicy checkpointPolicy = CheckpointPolicy.byHand();
  private long stallThresholdMillis = 30_000;
  private long foreignOwnerWatchMillis = 60_000;
  private BalanceBy balanceBy = BalanceBy.LEASES;
  private boolean callProcessRecordsEvenForEmptyRecordList;
  private boolean registerShutdownHook;
  private URI kinesisEndpoint;
  private URI dynamoDBEndpoint;
  private String regionName;
  private String tableName;
  private TableCreation tableCreation = TableCreation.CREATE;
  private BillingMode billingMode = BillingMode.PAY_PER_REQUEST;
  private long initialLeaseTableReadCapacity = 10;
  private long initialLeaseTableWriteCapacity = 10;
  private Map<String, String> tableTags = Map.of();
  private boolean pointInTimeRecovery;
  private boolean deletionProtection;
  private boolean sealed;

  /**
   * With the SDK's default credentials and a worker id made of the host's name and a random number.
   *
   * @param applicationName names the fleet, and the lease table unless {@link #withTableName} says
   *     otherwise: 3 to 255 characters of {@code a-z A-Z 0-9 _ . -}, the rule of DynamoDB for
   *     tables
   * @param streamName the stream's name, or its ARN; the ARN's region is used unless one is set
   */
  public KinesisClientLibConfiguration(String applicationName, String streamName) {
    this(applicationName, streamName, DefaultCredentialsProvider.create(), newWorkerId());
  }

  /**
   * @param applicationName names the fleet, and the lease table unless {@link #withTableName} says
   *     otherwise: 3 to 255 characters of {@code a-z A-Z 0-9 _ . -}, the rule of DynamoDB for
   *     tables
   * @param streamName the stream's name, or its ARN; the ARN's region is used unless one is set
   * @param credentialsProvider for Kinesis and DynamoDB
   * @param workerId names this worker in logs and in the lease table; two workers with one id do no
   *     harm
   */
  public KinesisClientLibConfiguration(
      String applicationName,
      String streamName,
      AwsCredentialsProvider credentialsProvider,
      String workerId) {
    this.applicationName = checkTableName("applicationName", applicationName);
    if (streamName == null) {
      throw refused("streamName", null, "a stream's name or ARN");
    }
    if (streamName.startsWith("arn:")) {
      Matcher arn = STREAM_ARN.matcher(streamName);
      if (!arn.matches()) {
        throw refused(
            "streamName",
            streamName,
            "an ARN such as arn:aws:kinesis:eu-west-1:123456789012:stream/clicks");
      }
      this.streamArn = streamName;
      this.arnRegion = arn.group(2);
      this.streamName = arn.group(4);
    } else {
      if (!STREAM_NAME.matcher(streamName).matches()) {
        throw refused(
            "streamName",
            streamName,
            "1 to 128 characters of a-z A-Z 0-9 _ . -, or a stream's ARN");
      }
      this.streamArn = null;
      this.arnRegion = null;
      this.streamName = streamName;
    }
    this.credentialsProvider = Objects.requireNonNull(credentialsProvider, "credentialsProvider");
    if (workerId == null || workerId.isBlank()) {
      throw refused("workerId", workerId, "a name that is not blank");
    }
    this.workerId = workerId;
  }

  // ---- where to begin

  /**
   * Where an application that has no checkpoints yet begins. It is resolved once, at the first
   * start of the application; changing it later has no effect on an application that has started.
   *
   * <p>Default {@code LATEST}. {@code AT_TIMESTAMP} is set by {@link
   * #withTimestampAtInitialPositionInStream(Instant)}.
   */
  public KinesisClientLibConfiguration withInitialPositionInStream(
      InitialPositionInStream position) {
    change("withInitialPositionInStream");
    if (position == null) {
      throw refused("withInitialPositionInStream", null, "LATEST or TRIM_HORIZON");
    }
    if (position == InitialPositionInStream.AT_TIMESTAMP) {
      throw refused(
          "withInitialPositionInStream",
          position,
          "LATEST or TRIM_HORIZON; for a time call withTimestampAtInitialPositionInStream");
    }
    this.initialPosition = position;
    this.initialTimestamp = null;
    return this;
  }

  /**
   * Begins with the first record that arrived at or after a time, to the millisecond, when the
   * application starts for the first time.
   *
   * @param timestamp not before 1970; a time in the future begins with what arrives from then on
   */
  public KinesisClientLibConfiguration withTimestampAtInitialPositionInStream(Instant timestamp) {
    change("withTimestampAtInitialPositionInStream");
    if (timestamp == null || timestamp.isBefore(Instant.EPOCH)) {
      throw refused("withTimestampAtInitialPositionInStream", timestamp, "a time since 1970");
    }
    this.initialPosition = InitialPositionInStream.AT_TIMESTAMP;
    this.initialTimestamp = Instant.ofEpochMilli(timestamp.toEpochMilli());
    return this;
  }

  /** Like {@link #withTimestampAtInitialPositionInStream(Instant)}. */
  public KinesisClientLibConfiguration withTimestampAtInitialPositionInStream(Date timestamp) {
    return withTimestampAtInitialPositionInStream(
        timestamp == null ? null : Instant.ofEpochMilli(timestamp.getTime()));
  }

  // ---- the fleet

  /**
   * How long a worker may be silent before the others take its leases, in milliseconds: a crash is
   * noticed after this long. Every session carries its own value, so a rolling deployment may
   * change it.
   *
   * <p>Default 6,000: with one beat a second, five may fail in a row. Allowed: three heartbeat
   * intervals to 600,000.
   */
  public KinesisClientLibConfiguration withFailoverTimeMillis(long failoverTimeMillis) {
    change("withFailoverTimeMillis");
    this.failoverTimeMillis =
        checkRange(
            "withFailoverTimeMillis",
            failoverTimeMillis,
            3 * heartbeatIntervalMillis,
            600_000,
            "at least three times withHeartbeatIntervalMillis, which is set first if both change to lower values");
    return this;
  }

  /**
   * How often a worker says that it lives, in milliseconds; each time costs one write unit a
   * worker, whatever number of leases it holds.
   *
   * <p>Default 1,000. Allowed: 100 to a third of the failover time.
   */
  public KinesisClientLibConfiguration withHeartbeatIntervalMillis(long heartbeatIntervalMillis) {
    change("withHeartbeatIntervalMillis");
    this.heartbeatIntervalMillis =
        checkRange(
            "withHeartbeatIntervalMillis",
            heartbeatIntervalMillis,
            100,
            failoverTimeMillis / 3,
            "at most a third of withFailoverTimeMillis, which is set first if both change to higher values");
    return this;
  }

  /**
   * The most leases that this worker holds. If the workers together may hold fewer than there are
   * shards, some shards are not processed.
   *
   * <p>Default: no limit ({@code Integer.MAX_VALUE}). Allowed: 1 and above.
   */
  public KinesisClientLibConfiguration withMaxLeasesForWorker(int maxLeasesForWorker) {
    change("withMaxLeasesForWorker");
    this.maxLeasesForWorker =
        (int)
            checkRange(
                "withMaxLeasesForWorker", maxLeasesForWorker, 1, Integer.MAX_VALUE, "leases");
    return this;
  }

  /**
   * This worker's share relative to the other workers': one of weight 200 gets twice as many leases
   * as one of weight 100, and with {@link #withBalanceBy} twice the load.
   *
   * <p>Default 100. Allowed: 1 to 10,000.
   */
  public KinesisClientLibConfiguration withWeight(int weight) {
    change("withWeight");
    this.weight = (int) checkRange("withWeight", weight, 1, 10_000, "");
    return this;
  }

  /**
   * What this worker evens out between itself and the others, each by its weight. With {@link
   * BalanceBy#RECORDS} or {@link BalanceBy#BYTES} it measures what it delivers of each shard, over
   * the last minutes, says the sum with its heartbeats, and, where it carries much more than
   * another worker does, hands that one a lease that fits. The number of leases then stays within
   * its square root of an even share: with 9 leases each, from 6 to 12.
   *
   * <p>Moves are few: the gap must be more than 30 % of the mean (and 10 records or 10 KiB a
   * second), both workers unchanged for 30 s, and the lease held for a minute. One shard that is
   * busier than everything else together cannot be evened out; it needs to be split.
   *
   * <p>Workers that say different things here may run together: those that count the same even out
   * among themselves, the others take their share by number.
   *
   * <p>Default {@link BalanceBy#LEASES}.
   */
  public KinesisClientLibConfiguration withBalanceBy(BalanceBy balanceBy) {
    change("withBalanceBy");
    if (balanceBy == null) {
      throw refused("withBalanceBy", null, "LEASES, RECORDS or BYTES");
    }
    this.balanceBy = balanceBy;
    return this;
  }

  /**
   * How often one worker of the fleet compares leases with shards and mends what it finds, in
   * milliseconds. Not how long a child shard waits: its lease is made when its parent ends.
   *
   * <p>Default 60,000. Allowed: 1,000 to 3,600,000.
   */
  public KinesisClientLibConfiguration withShardSyncIntervalMillis(long shardSyncIntervalMillis) {
    change("withShardSyncIntervalMillis");
    this.shardSyncIntervalMillis =
        checkRange("withShardSyncIntervalMillis", shardSyncIntervalMillis, 1_000, 3_600_000, "");
    return this;
  }

  /**
   * How often a shard that waits for its parents reads their leases again, in milliseconds. A
   * parent that ends in this or another worker is usually noticed sooner.
   *
   * <p>Default 1,000. Allowed: 100 to 600,000.
   */
  public KinesisClientLibConfiguration withParentShardPollIntervalMillis(
      long parentShardPollIntervalMillis) {
    change("withParentShardPollIntervalMillis");
    this.parentShardPollIntervalMillis =
        checkRange(
            "withParentShardPollIntervalMillis", parentShardPollIntervalMillis, 100, 600_000, "");
    return this;
  }

  // ---- reading and processing

  /**
   * The most records of one read, and so of one batch.
   *
   * <p>Default 10,000. Allowed: 1 to 10,000, the limit of Kinesis.
   */
  public KinesisClientLibConfiguration withMaxRecords(int maxRecords) {
    change("withMaxRecords");
    this.maxRecords =
        (int) checkRange("withMaxRecords", maxRecords, 1, 10_000, "records, the limit of Kinesis");
    return this;
  }

  /**
   * The slowest polling: the pause between two reads of a shard that has been empty for 10 seconds,
   * in milliseconds. A shard with records is read sooner, and at once while it is behind, within
   * the limits of Kinesis (5 reads a second for each shard).
   *
   * <p>Default 1,000. Allowed: 1 to 240,000 (an iterator of Kinesis lives 5 minutes).
   */
  public KinesisClientLibConfiguration withIdleTimeBetweenReadsInMillis(
      long idleTimeBetweenReadsInMillis) {
    change("withIdleTimeBetweenReadsInMillis");
    this.idleTimeBetweenReadsInMillis =
        checkRange(
            "withIdleTimeBetweenReadsInMillis", idleTimeBetweenReadsInMillis, 1, 240_000, "");
    return this;
  }

  /**
   * Whether {@code processRecords} is called with an empty list when a read gave nothing, for
   * example to write out by time.
   *
   * <p>Default false.
   */
  public KinesisClientLibConfiguration withCallProcessRecordsEvenForEmptyRecordList(
      boolean callProcessRecordsEvenForEmptyRecordList) {
    change("withCallProcessRecordsEvenForEmptyRecordList");
    this.callProcessRecordsEvenForEmptyRecordList = callProcessRecordsEvenForEmptyRecordList;
    return this;
  }

  /**
   * How many bytes of records this worker holds at most, read and not yet processed, over all its
   * shards together. Reading ahead of processors takes up to half of it; the other half is for
   * shards of which nothing is held, so that processors that block do not keep others from reading.
   *
   * <p>Default 67,108,864 (64 MiB). Allowed: 1,048,576 (1 MiB) and above.
   */
  public KinesisClientLibConfiguration withPrefetchByteBudget(long bytes) {
    change("withPrefetchByteBudget");
    this.prefetchByteBudget =
        checkRange("withPrefetchByteBudget", bytes, MEBIBYTE, Long.MAX_VALUE, "bytes");
    return this;
  }

  /**
   * The pause before a batch whose processing threw is delivered again, in milliseconds; it doubles
   * with every failure in a row, up to {@link #withMaxTaskBackoffTimeMillis}.
   *
   * <p>Default 500. Allowed: 1 to the maximum backoff.
   */
  public KinesisClientLibConfiguration withTaskBackoffTimeMillis(long taskBackoffTimeMillis) {
    change("withTaskBackoffTimeMillis");
    this.taskBackoffTimeMillis =
        checkRange(
            "withTaskBackoffTimeMillis",
            taskBackoffTimeMillis,
            1,
            maxTaskBackoffTimeMillis,
            "at most withMaxTaskBackoffTimeMillis, which is set first if both change to higher values");
    return this;
  }

  /**
   * The longest pause between two deliveries of a batch whose processing keeps throwing, in
   * milliseconds.
   *
   * <p>Default 30,000. Allowed: the first backoff to 3,600,000.
   */
  public KinesisClientLibConfiguration withMaxTaskBackoffTimeMillis(long maxTaskBackoffTimeMillis) {
    change("withMaxTaskBackoffTimeMillis");
    this.maxTaskBackoffTimeMillis =
        checkRange(
            "withMaxTaskBackoffTimeMillis",
            maxTaskBackoffTimeMillis,
            taskBackoffTimeMillis,
            3_600_000,
            "at least withTaskBackoffTimeMillis, which is set first if both change to lower values");
    return this;
  }

  /**
   * How long a processor may take to finish its batch and answer {@link
   * IRecordProcessor#shutdownRequested}, in milliseconds, when its lease is handed over or the
   * worker stops. One that takes longer is abandoned: its lease is released, its checkpoints are
   * refused.
   *
   * <p>Default 30,000. Allowed: 0 to 86,400,000.
   */
  public KinesisClientLibConfiguration withShutdownGraceMillis(long shutdownGraceMillis) {
    change("withShutdownGraceMillis");
    this.shutdownGraceMillis =
        checkRange("withShutdownGraceMillis", shutdownGraceMillis, 0, 86_400_000, "");
    return this;
  }

  /**
   * Whether the worker stops gracefully when the JVM is told to end (SIGTERM, Ctrl-C), within the
   * shutdown grace.
   *
   * <p>Default false: the application decides.
   */
  public KinesisClientLibConfiguration withRegisterShutdownHook(boolean registerShutdownHook) {
    change("withRegisterShutdownHook");
    this.registerShutdownHook = registerShutdownHook;
    return this;
  }

  // ---- where things are

  /**
   * The region of stream and lease table.
   *
   * <p>Default: the region of the stream's ARN, else what the SDK finds (environment, profile,
   * instance metadata). It must not contradict the ARN.
   */
  public KinesisClientLibConfiguration withRegionName(String regionName) {
    change("withRegionName");
    if (regionName == null || !REGION_NAME.matcher(regionName).matches()) {
      throw refused("withRegionName", regionName, "a region's name such as eu-west-1");
    }
    if (arnRegion != null && !arnRegion.equals(regionName)) {
      throw refused("withRegionName", regionName, arnRegion + ", the region of " + streamArn);
    }
    this.regionName = regionName;
    return this;
  }

  /**
   * Another endpoint for Kinesis: a URL, or a host with or without a port, which means {@code
   * https}.
   *
   * <p>Default: the region's.
   */
  public KinesisClientLibConfiguration withKinesisEndpoint(String endpoint) {
    change("withKinesisEndpoint");
    this.kinesisEndpoint = checkEndpoint("withKinesisEndpoint", endpoint);
    return this;
  }

  /**
   * Another endpoint for DynamoDB: a URL, or a host with or without a port, which means {@code
   * https}.
   *
   * <p>Default: the region's.
   */
  public KinesisClientLibConfiguration withDynamoDBEndpoint(String endpoint) {
    change("withDynamoDBEndpoint");
    this.dynamoDBEndpoint = checkEndpoint("withDynamoDBEndpoint", endpoint);
    return this;
  }

  // ---- the lease table

  /**
   * The name of the lease table.
   *
   * <p>Default: the application's name. Allowed: 3 to 255 characters of {@code a-z A-Z 0-9 _ . -},
   * the rule of DynamoDB.
   */
  public KinesisClientLibConfiguration withTableName(String tableName) {
    change("withTableName");
    this.tableName = checkTableName("withTableName", tableName);
    return this;
  }

  /**
   * What happens at start when the lease table does not exist.
   *
   * <p>Default {@link TableCreation#CREATE}.
   */
  public KinesisClientLibConfiguration withTableCreation(TableCreation tableCreation) {
    change("withTableCreation");
    if (tableCreation == null) {
      throw refused("withTableCreation", null, "CREATE or NEVER");
    }
    this.tableCreation = tableCreation;
    return this;
  }

  /**
   * How a table that the worker creates is paid for.
   *
   * <p>Default {@link BillingMode#PAY_PER_REQUEST}.
   */
  public KinesisClientLibConfiguration withBillingMode(BillingMode billingMode) {
    change("withBillingMode");
    if (billingMode == null) {
      throw refused("withBillingMode", null, "PAY_PER_REQUEST or PROVISIONED");
    }
    this.billingMode = billingMode;
    return this;
  }

  /**
   * The read capacity units of a table that the worker creates; used with {@link
   * BillingMode#PROVISIONED} only.
   *
   * <p>Default 10. Allowed: 1 to 1,000,000.
   */
  public KinesisClientLibConfiguration withInitialLeaseTableReadCapacity(long units) {
    change("withInitialLeaseTableReadCapacity");
    this.initialLeaseTableReadCapacity =
        checkRange("withInitialLeaseTableReadCapacity", units, 1, 1_000_000, "capacity units");
    return this;
  }

  /**
   * The write capacity units of a table that the worker creates; used with {@link
   * BillingMode#PROVISIONED} only.
   *
   * <p>Default 10. Allowed: 1 to 1,000,000.
   */
  public KinesisClientLibConfiguration withInitialLeaseTableWriteCapacity(long units) {
    change("withInitialLeaseTableWriteCapacity");
    this.initialLeaseTableWriteCapacity =
        checkRange("withInitialLeaseTableWriteCapacity", units, 1, 1_000_000, "capacity units");
    return this;
  }

  /**
   * Tags of a table that the worker creates; needs the permission {@code dynamodb:TagResource}.
   *
   * <p>Default: none. Allowed: up to 50, keys of 1 to 128 characters that do not begin with {@code
   * aws:}, values of up to 256.
   */
  public KinesisClientLibConfiguration withTableTags(Map<String, String> tableTags) {
    change("withTableTags");
    if (tableTags == null || tableTags.size() > 50) {
      throw refused("withTableTags", tableTags, "a map of at most 50 tags");
    }
    tableTags.forEach(
        (key, value) -> {
          if (key == null || key.isEmpty() || key.length() > 128 || key.startsWith("aws:")) {
            throw refused(
                "withTableTags", key, "keys of 1 to 128 characters that do not begin with aws:");
          }
          if (value == null || value.length() > 256) {
            throw refused("withTableTags", key + "=" + value, "values of at most 256 characters");
          }
        });
    this.tableTags = Collections.unmodifiableMap(new LinkedHashMap<>(tableTags));
    return this;
  }

  /**
   * Whether a table that the worker creates gets point-in-time recovery; needs the permission
   * {@code dynamodb:UpdateContinuousBackups}. Restoring a lease table rewinds its fencing tokens:
   * stop the fleet first.
   *
   * <p>Default false.
   */
  public KinesisClientLibConfiguration withPointInTimeRecovery(boolean pointInTimeRecovery) {
    change("withPointInTimeRecovery");
    this.pointInTimeRecovery = pointInTimeRecovery;
    return this;
  }

  /**
   * Whether a table that the worker creates is protected from deletion.
   *
   * <p>Default false.
   */
  public KinesisClientLibConfiguration withDeletionProtection(boolean deletionProtection) {
    change("withDeletionProtection");
    this.deletionProtection = deletionProtection;
    return this;
  }

  /**
   * What becomes of records whose processing throws; {@link FailurePolicy#retryForever} by default.
   *
   * @param policy not null
   */
  public KinesisClientLibConfiguration withFailurePolicy(FailurePolicy policy) {
    change("withFailurePolicy");
    this.failurePolicy = Objects.requireNonNull(policy, "policy");
    return this;
  }

  /**
   * Who checkpoints, and when; {@link CheckpointPolicy#byHand} by default.
   *
   * @param policy not null
   */
  public KinesisClientLibConfiguration withCheckpointPolicy(CheckpointPolicy policy) {
    change("withCheckpointPolicy");
    this.checkpointPolicy = Objects.requireNonNull(policy, "policy");
    return this;
  }

  /**
   * A shard that makes no progress for so long is reported, with the reason: in the log, in the
   * meter {@code millrace.shards.stalled} and to {@link WorkerListener#shardStalled}. A call of the
   * record processor that runs for so long counts as stuck.
   *
   * @param millis 1,000 to 86,400,000; 30,000 by default, five times the default failover time
   */
  public KinesisClientLibConfiguration withStallThresholdMillis(long millis) {
    change("withStallThresholdMillis");
    this.stallThresholdMillis =
        checkRange("withStallThresholdMillis", millis, 1_000, 86_400_000, "");
    return this;
  }

  /**
   * How long the leases that workers of another library own (the Kinesis Client Library, on a table
   * of its own that this application takes over) must have stood still before those workers count
   * as dead. While one moves, a worker that is the first of its application on that table does not
   * start. At least twice the failover time of the other library; {@link Worker.Builder#takeover}
   * does not wait at all.
   *
   * @param millis 1,000 to 3,600,000; 60,000 by default
   */
  public KinesisClientLibConfiguration withForeignOwnerWatchMillis(long millis) {
    change("withForeignOwnerWatchMillis");
    this.foreignOwnerWatchMillis =
        checkRange("withForeignOwnerWatchMillis", millis, 1_000, 3_600_000, "");
    return this;
  }

  // ---- what is set

  /** Not null. */
  public String getApplicationName() {
    return applicationName;
  }

  /** The stream's name, also when an ARN was given; not null. */
  public String getStreamName() {
    return streamName;
  }

  /** The stream's ARN, if one was given. */
  public Optional<String> getStreamArn() {
    return Optional.ofNullable(streamArn);
  }

  /** Not null. */
  public String getWorkerIdentifier() {
    return workerId;
  }

  /** Not null. */
  public AwsCredentialsProvider getCredentialsProvider() {
    return credentialsProvider;
  }

  /** Not null. */
  public InitialPositionInStream getInitialPositionInStream() {
    return initialPosition;
  }

  /** Present with {@link InitialPositionInStream#AT_TIMESTAMP}, to the millisecond. */
  public Optional<Instant> getTimestampAtInitialPositionInStream() {
    return Optional.ofNullable(initialTimestamp);
  }

  /** The region that was set, else the ARN's; empty if the SDK is to find it. */
  public Optional<String> getRegionName() {
    return Optional.ofNullable(regionName != null ? regionName : arnRegion);
  }

  /** Empty for the region's own. */
  public Optional<URI> getKinesisEndpoint() {
    return Optional.ofNullable(kinesisEndpoint);
  }

  /** Empty for the region's own. */
  public Optional<URI> getDynamoDBEndpoint() {
    return Optional.ofNullable(dynamoDBEndpoint);
  }

  /** Not null. */
  public String getTableName() {
    return tableName != null ? tableName : applicationName;
  }

  /** In milliseconds; see {@link #withFailoverTimeMillis}. */
  public long getFailoverTimeMillis() {
    return failoverTimeMillis;
  }

  /** In milliseconds; see {@link #withForeignOwnerWatchMillis}. */
  public long getForeignOwnerWatchMillis() {
    return foreignOwnerWatchMillis;
  }

  /** In milliseconds; see {@link #withHeartbeatIntervalMillis}. */
  public long getHeartbeatIntervalMillis() {
    return heartbeatIntervalMillis;
  }

  /** In milliseconds; see {@link #withIdleTimeBetweenReadsInMillis}. */
  public long getIdleTimeBetweenReadsInMillis() {
    return idleTimeBetweenReadsInMillis;
  }

  /** In milliseconds; see {@link #withShardSyncIntervalMillis}. */
  public long getShardSyncIntervalMillis() {
    return shardSyncIntervalMillis;
  }

  /** In milliseconds; see {@link #withParentShardPollIntervalMillis}. */
  public long getParentShardPollIntervalMillis() {
    return parentShardPollIntervalMillis;
  }

  /** In milliseconds; see {@link #withTaskBackoffTimeMillis}. */
  public long getTaskBackoffTimeMillis() {
    return taskBackoffTimeMillis;
  }

  /** In milliseconds; see {@link #withMaxTaskBackoffTimeMillis}. */
  public long getMaxTaskBackoffTimeMillis() {
    return maxTaskBackoffTimeMillis;
  }

  /** In milliseconds; see {@link #withShutdownGraceMillis}. */
  public long getShutdownGraceMillis() {
    return shutdownGraceMillis;
  }

  /** Not null; see {@link #withFailurePolicy}. */
  public FailurePolicy getFailurePolicy() {
    return failurePolicy;
  }

  /** Not null; see {@link #withCheckpointPolicy}. */
  public CheckpointPolicy getCheckpointPolicy() {
    return checkpointPolicy;
  }

  /** In milliseconds; see {@link #withStallThresholdMillis}. */
  public long getStallThresholdMillis() {
    return stallThresholdMillis;
  }

  /** See {@link #withMaxRecords}. */
  public int getMaxRecords() {
    return maxRecords;
  }

  /** See {@link #withPrefetchByteBudget}. */
  public long getPrefetchByteBudget() {
    return prefetchByteBudget;
  }

  /** See {@link #withMaxLeasesForWorker}. */
  public int getMaxLeasesForWorker() {
    return maxLeasesForWorker;
  }

  /** See {@link #withWeight}. */
  public int getWeight() {
    return weight;
  }

  /** See {@link #withBalanceBy}. */
  public BalanceBy getBalanceBy() {
    return balanceBy;
  }

  /** See {@link #withCallProcessRecordsEvenForEmptyRecordList}. */
  public boolean shouldCallProcessRecordsEvenForEmptyRecordList() {
    return callProcessRecordsEvenForEmptyRecordList;
  }

  /** See {@link #withRegisterShutdownHook}. */
  public boolean isRegisterShutdownHook() {
    return registerShutdownHook;
  }

  /** See {@link #withTableCreation}. */
  public TableCreation getTableCreation() {
    return tableCreation;
  }

  /** See {@link #withBillingMode}. */
  public BillingMode getBillingMode() {
    return billingMode;
  }

  /** See {@link #withInitialLeaseTableReadCapacity}. */
  public long getInitialLeaseTableReadCapacity() {
    return initialLeaseTableReadCapacity;
  }

  /** See {@link #withInitialLeaseTableWriteCapacity}. */
  public long getInitialLeaseTableWriteCapacity() {
    return initialLeaseTableWriteCapacity;
  }

  /** See {@link #withTableTags}. */
  public Map<String, String> getTableTags() {
    return tableTags;
  }

  /** See {@link #withPointInTimeRecovery}. */
  public boolean isPointInTimeRecovery() {
    return pointInTimeRecovery;
  }

  /** See {@link #withDeletionProtection}. */
  public boolean isDeletionProtection() {
    return deletionProtection;
  }

  /** From now on setters throw; called when a worker is made. */
  KinesisClientLibConfiguration seal() {
    sealed = true;
    return this;
  }

  private void change(String setter) {
    if (sealed) {
      throw new IllegalStateException(
          setter
              + ": a Worker was made from this configuration, so it cannot be changed any more; "
              + "make a new configuration for the next Worker");
    }
  }

  private static long checkRange(String setter, long value, long min, long max, String hint) {
    if (value < min || value > max) {
      throw refused(
          setter,
          value,
          (max >= Integer.MAX_VALUE
                  ? String.format(Locale.ROOT, "%,d and above", min)
                  : String.format(Locale.ROOT, "%,d to %,d", min, max))
              + (hint.isEmpty() ? "" : " (" + hint + ")"));
    }
    return value;
  }

  private static String checkTableName(String setter, String name) {
    if (name == null || !TABLE_NAME.matcher(name).matches()) {
      throw refused(
          setter, name, "3 to 255 characters of a-z A-Z 0-9 _ . - (it names a DynamoDB table)");
    }
    return name;
  }

  private static URI checkEndpoint(String setter, String endpoint) {
    String allowed = "a URL such as http://localhost:4567, or a host and optional port";
    if (endpoint == null) {
      throw refused(setter, null, allowed);
    }
    try {
      URI uri = new URI(endpoint.contains("://") ? endpoint : "https://" + endpoint);
      boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      if (!http || uri.getHost() == null) {
        throw refused(setter, endpoint, allowed);
      }
      return uri;
    } catch (URISyntaxException e) {
      throw refused(setter, endpoint, allowed);
    }
  }

  private static IllegalArgumentException refused(String what, Object value, String allowed) {
    return new IllegalArgumentException(
        what
            + ": "
            + (value == null ? "null" : "'" + value + "'")
            + " is not allowed; allowed: "
            + allowed);
  }

  private static String newWorkerId() {
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      host = "unknown-host";
    }
    return host + "-" + String.format("%08x", (int) RandomSource.system().nextLong());
  }
}
