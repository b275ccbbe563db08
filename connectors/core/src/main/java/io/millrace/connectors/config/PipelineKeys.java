package io.millrace.connectors.config;

import io.millrace.kcl.BalanceBy;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/** The keys of a config file that every pipeline has, whatever its sink. */
public final class PipelineKeys {

  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_.-]{3,255}");
  private static final Pattern STREAM =
      Pattern.compile(
          "[a-zA-Z0-9_.-]{1,128}"
              + "|arn:aws[a-z0-9-]*:kinesis:[a-z0-9-]+:\\d{12}:stream/[a-zA-Z0-9_.-]{1,128}");
  private static final Pattern REGION = Pattern.compile("[a-z0-9]+(-[a-z0-9]+)+");
  private static final String TABLE_NAME =
      "3 to 255 characters of a-z A-Z 0-9 _ . - (it names a DynamoDB table)";

  private PipelineKeys() {}

  private static Key<String> matching(String name, Pattern pattern, String allowed) {
    return Key.parsed(
        name,
        allowed,
        value -> {
          if (!pattern.matcher(value.trim()).matches()) {
            throw new IllegalArgumentException("it is none");
          }
          return value.trim();
        });
  }

  private static Key<URI> endpoint(String name) {
    return Key.parsed(
        name,
        "a URL such as http://localhost:4567, or a host and optional port (then https)",
        PipelineKeys::uri);
  }

  private static URI uri(String value) {
    String text = value.trim();
    try {
      URI uri = new URI(text.contains("://") ? text : "https://" + text);
      boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      if (!http || uri.getHost() == null) {
        throw new IllegalArgumentException("it is none");
      }
      return uri;
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("it is none", e);
    }
  }

  /** Which stream is read, as which application. */
  public static final class Source {
    public static final Key<String> STREAM =
        matching(
                "stream",
                PipelineKeys.STREAM,
                "a stream's name of a-z A-Z 0-9 _ . -, or its ARN such as"
                    + " arn:aws:kinesis:eu-west-1:123456789012:stream/clicks")
            .required()
            .describedAs("The stream to read. An ARN also says the region.");
    public static final Key<String> APPLICATION =
        matching("application", NAME, TABLE_NAME)
            .required()
            .describedAs(
                "Names the fleet: all processes of one name share the shards, and go on where it"
                    + " stopped. Also the lease table's name.");
    public static final Key<String> REGION =
        matching("region", PipelineKeys.REGION, "a region's name such as eu-west-1")
            .describedAs("If not said: the ARN's, else what the AWS SDK finds.");
    public static final Key<StartAt> START_AT =
        Key.<StartAt>parsed(
                "startAt",
                "trim-horizon, latest, or a time such as 2026-11-01T00:00:00Z",
                StartAt::parse)
            .withDefault(new StartAt.TrimHorizon())
            .describedAs("Where an application begins that has no checkpoints yet.");
    public static final Key<String> WORKER_ID =
        Key.text("workerId")
            .describedAs(
                "Names this process in logs and in the lease table. If not said: the host's name"
                    + " and a random number.");
    public static final Key<String> LEASE_TABLE =
        matching("leaseTable", NAME, TABLE_NAME)
            .describedAs("The lease table, if it is not named after the application.");
    public static final Key<Boolean> CREATE_LEASE_TABLE =
        Key.flag("createLeaseTable")
            .withDefault(true)
            .describedAs("Whether a lease table that is missing is created.");
    public static final Key<URI> KINESIS_ENDPOINT =
        endpoint("kinesisEndpoint").describedAs("Kinesis, where it is not the region's.");
    public static final Key<URI> DYNAMODB_ENDPOINT =
        endpoint("dynamodbEndpoint")
            .describedAs(
                "DynamoDB, where it is not the region's: for the lease table, and for a sink or"
                    + " dead letters there that have no endpoint of their own.");
    public static final Key<Duration> FAILOVER_TIME =
        Key.duration("failoverTime", Duration.ofMillis(300), Duration.ofMinutes(10))
            .withDefault(Duration.ofSeconds(6))
            .describedAs("How long a process may be silent before others take its shards.");
    public static final Key<Duration> HEARTBEAT_INTERVAL =
        Key.duration("heartbeatInterval", Duration.ofMillis(100), Duration.ofSeconds(200))
            .withDefault(Duration.ofSeconds(1))
            .describedAs(
                "How often a process says that it lives; at most a third of failoverTime.");
    public static final Key<Long> MAX_LEASES =
        Key.number("maxLeases", 1, Integer.MAX_VALUE)
            .describedAs("The most shards that this process takes. If not said: no limit.");
    public static final Key<Long> WEIGHT =
        Key.number("weight", 1, 10_000)
            .withDefault(100L)
            .describedAs("This process's share of the shards relative to the others'.");
    public static final Key<BalanceBy> BALANCE_BY =
        Key.oneOf("balanceBy", BalanceBy.class)
            .withDefault(BalanceBy.LEASES)
            .describedAs("What is evened out between the processes.");
    public static final Key<Long> MAX_RECORDS =
        Key.number("maxRecords", 1, 10_000)
            .withDefault(10_000L)
            .describedAs("The most records of one read.");
    public static final Key<Duration> IDLE_TIME =
        Key.duration("idleTime", Duration.ofMillis(1), Duration.ofMinutes(4))
            .withDefault(Duration.ofSeconds(1))
            .describedAs(
                "The pause between reads of a shard that has been empty for a while; one with"
                    + " records is read sooner.");
    public static final Key<Long> PREFETCH =
        Key.bytes("prefetch", 1 << 20, 64L << 30)
            .withDefault(64L << 20)
            .describedAs(
                "How much this process holds that was read and not yet taken into buffers.");
    public static final Key<Duration> SHARD_SYNC_INTERVAL =
        Key.duration("shardSyncInterval", Duration.ofSeconds(1), Duration.ofHours(1))
            .withDefault(Duration.ofMinutes(1))
            .describedAs("How often leases are compared with shards.");
    public static final Key<Duration> PARENT_SHARD_POLL_INTERVAL =
        Key.duration("parentShardPollInterval", Duration.ofMillis(100), Duration.ofMinutes(10))
            .withDefault(Duration.ofSeconds(1))
            .describedAs("How often a shard looks whether those that it came from are finished.");
    public static final Key<Duration> SHUTDOWN_GRACE =
        Key.duration("shutdownGrace", Duration.ofSeconds(1), Duration.ofHours(1))
            .withDefault(Duration.ofSeconds(30))
            .describedAs(
                "How long a shard may take to leave this process; two thirds of it are for storing"
                    + " what is buffered, and what is not stored by then the next owner reads again.");
    public static final Key<Duration> STALL_THRESHOLD =
        Key.duration("stallThreshold", Duration.ofSeconds(1), Duration.ofDays(1))
            .withDefault(Duration.ofSeconds(30))
            .describedAs("A shard without progress for so long is reported, with the reason.");
    public static final Key<Duration> FOREIGN_OWNER_WATCH =
        Key.duration("foreignOwnerWatch", Duration.ofSeconds(1), Duration.ofHours(1))
            .withDefault(Duration.ofMinutes(1))
            .describedAs(
                "How long leases of another library's workers must have stood still before those"
                    + " workers count as dead; at least twice that library's failover time. run FILE"
                    + " --takeover does not wait.");

    public static final Section SECTION =
        new Section(
            "source",
            "Which stream is read, as which application.",
            List.of(
                STREAM,
                APPLICATION,
                REGION,
                START_AT,
                WORKER_ID,
                LEASE_TABLE,
                CREATE_LEASE_TABLE,
                KINESIS_ENDPOINT,
                DYNAMODB_ENDPOINT,
                FAILOVER_TIME,
                HEARTBEAT_INTERVAL,
                MAX_LEASES,
                WEIGHT,
                BALANCE_BY,
                MAX_RECORDS,
                IDLE_TIME,
                PREFETCH,
                SHARD_SYNC_INTERVAL,
                PARENT_SHARD_POLL_INTERVAL,
                SHUTDOWN_GRACE,
                STALL_THRESHOLD,
                FOREIGN_OWNER_WATCH));

    private Source() {}
  }

  /** When what was collected of a shard is stored. */
  public static final class Buffer {
    public static final Key<Long> RECORDS =
        Key.number("records", 1, 20_000)
            .withDefault(1_000L)
            .describedAs("Stored when so many messages of a shard are buffered.");
    public static final Key<Long> BYTES =
        Key.bytes("bytes", 1 << 10, 5L << 30)
            .withDefault(1L << 20)
            .describedAs("Stored when a shard's buffered messages have this size.");
    public static final Key<Duration> AGE =
        Key.duration("age", Duration.ofMillis(100), Duration.ofHours(12))
            .withDefault(Duration.ofMinutes(1))
            .describedAs(
                "Stored when the first of a shard's messages has been buffered for so long. Keep it"
                    + " far below the stream's retention: what is buffered is read again after a"
                    + " crash.");
    public static final Key<Long> WORKER_BYTES =
        Key.bytes("workerBytes", 64 << 10, 64L << 30)
            .withDefault(64L << 20)
            .describedAs(
                "The most that all shards of this process together have buffered, on top of"
                    + " source.prefetch; then everything is stored early, and shards wait.");
    public static final Key<Long> CONCURRENT_STORES =
        Key.number("concurrentStores", 1, 1_000)
            .withDefault(16L)
            .describedAs("How many shards store something at a time.");

    public static final Section SECTION =
        new Section(
            "buffer",
            "When what was collected of a shard is stored: at the first of these limits.",
            List.of(RECORDS, BYTES, AGE, WORKER_BYTES, CONCURRENT_STORES));

    private Buffer() {}
  }

  /** What happens when storing fails. */
  public static final class Retry {
    public static final Key<Long> ATTEMPTS =
        Key.number("attempts", 1, 1_000_000)
            .describedAs(
                "How often storing a record is tried before it becomes a dead letter; for ever if not"
                    + " said. While the sink as a whole is in trouble no attempt counts: the shards"
                    + " wait.");
    public static final Key<Duration> AGE =
        Key.duration("age", Duration.ofSeconds(1), Duration.ofDays(365))
            .describedAs(
                "A record that cannot be stored becomes a dead letter at this age, counted from"
                    + " its arrival in the stream, however few the attempts. If not said: never.");
    public static final Key<Duration> BACKOFF =
        Key.duration("backoff", Duration.ofMillis(1), Duration.ofHours(1))
            .withDefault(Duration.ofMillis(200))
            .describedAs("The pause before the second attempt; it doubles, and is jittered.");
    public static final Key<Duration> MAX_BACKOFF =
        Key.duration("maxBackoff", Duration.ofMillis(1), Duration.ofHours(1))
            .withDefault(Duration.ofSeconds(30))
            .describedAs("The longest pause.");

    public static final Section SECTION =
        new Section(
            "retry",
            "What happens when storing fails.",
            List.of(ATTEMPTS, AGE, BACKOFF, MAX_BACKOFF));

    private Retry() {}
  }

  /** How often a resume point is written where nothing is stored. */
  public static final class Checkpointing {
    public static final Key<Duration> INTERVAL =
        Key.duration("interval", Duration.ZERO, Duration.ofHours(1))
            .withDefault(Duration.ofSeconds(10))
            .describedAs(
                "How long after records were filtered out the checkpoint follows them. Whatever is"
                    + " stored moves it at once.");

    public static final Section SECTION =
        new Section("checkpoint", "When the resume point moves.", List.of(INTERVAL));

    private Checkpointing() {}
  }

  /** What is said about the pipeline while it runs. */
  public static final class Metrics {
    public static final Key<Duration> LOG =
        Key.duration("log", Duration.ofSeconds(1), Duration.ofDays(1))
            .describedAs(
                "All meters are logged this often, by the logger io.millrace.metrics. If not said:"
                    + " never.");

    public static final Section SECTION =
        new Section(
            "metrics",
            "What is said while the pipeline runs. Programs that run a file themselves hand in"
                + " their own Micrometer registry.",
            List.of(LOG));

    private Metrics() {}
  }

  /** What {@code millrace run --local} makes; nothing of it counts otherwise. */
  public static final class Local {
    public static final Key<Long> SHARDS =
        Key.number("shards", 1, 100)
            .withDefault(1L)
            .describedAs("How many shards the local stream has.");
    public static final Key<String> DATA =
        Key.text("data")
            .describedAs(
                "A text file that is put into the local stream, a line a record; a path relative"
                    + " to the config file.");

    public static final Section SECTION =
        new Section(
            "local",
            "What `millrace run FILE --local` makes on this machine; read for nothing else.",
            List.of(SHARDS, DATA));

    private Local() {}
  }

  /** The sections that have the same keys in every file, in the order of the reference. */
  public static List<Section> sections() {
    return List.of(
        Source.SECTION,
        Buffer.SECTION,
        Retry.SECTION,
        Checkpointing.SECTION,
        Metrics.SECTION,
        Local.SECTION);
  }
}
