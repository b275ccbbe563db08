package io.millrace.embedded;

import io.millrace.embedded.model.HashKeyRange;
import io.millrace.embedded.model.KinesisError;
import io.millrace.embedded.model.Shard;
import io.millrace.embedded.model.ShardFilter;
import io.millrace.embedded.model.Stream;
import io.millrace.embedded.model.Streams;
import io.millrace.embedded.operations.Operations;
import io.millrace.embedded.protocol.HttpServer;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * A Kinesis-compatible server in this JVM, for development and tests; production is Kinesis.
 *
 * <p>The AWS SDKs and the AWS CLI work against {@link #endpoint()} unchanged, with any region and
 * any credentials. It speaks HTTP/1.1 and HTTP/2 (prior knowledge), JSON and CBOR, on one port.
 *
 * <pre>{@code
 * try (EmbeddedKinesis kinesis = EmbeddedKinesis.start()) {
 *   kinesis.createStream("clicks", 4);
 *   URI endpoint = kinesis.endpoint(); // for KinesisClient.builder().endpointOverride(endpoint)
 *   kinesis.put("clicks", "user-1", "hello".getBytes(StandardCharsets.UTF_8));
 * }
 * }</pre>
 *
 * <p>Data lives in memory and goes away with {@link #close()}. What bounds it is retention: 24
 * hours unless {@link Builder#retention} or the stream says otherwise. A record takes its data and
 * key plus about 250 bytes; choose a short retention where a test writes for long. Expired records
 * are removed when their shard is next written or read.
 *
 * <p>The methods that work on streams act at once, without the time that {@link
 * Builder#transitionDelay} gives to requests over the wire, and throw {@link
 * IllegalArgumentException} with Kinesis' own words where a request would get an error. All methods
 * are safe for use by several threads, and only {@link #start()}, {@link Builder#start()} and
 * {@link #close()} wait for anything. The server's threads are daemons: they keep no JVM alive.
 */
public final class EmbeddedKinesis implements AutoCloseable {
  private static final String PROVISIONED = "PROVISIONED";

  private final Streams streams;
  private final Clock clock;
  private final HttpServer server;
  private final URI endpoint;

  private EmbeddedKinesis(Builder builder) {
    this.clock = builder.clock;
    this.streams =
        new Streams(
            new Stream.Limits(
                builder.retention.toMillis(),
                builder.transitionDelay.toMillis(),
                builder.shardLimit));
    this.server = HttpServer.start(builder.host, builder.port, new Operations(streams), clock);
    String host = builder.host.equals("0.0.0.0") ? "127.0.0.1" : builder.host;
    this.endpoint = URI.create("http://" + host + ":" + server.port());
  }

  /**
   * Starts a server on a free port of the loopback interface.
   *
   * @return the running server, never null
   * @throws IllegalStateException if no port can be opened
   */
  public static EmbeddedKinesis start() {
    return builder().start();
  }

  /**
   * Options for a server.
   *
   * @return a new builder, never null
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Where the server listens: the endpoint override of a client.
   *
   * @return a URI such as {@code http://127.0.0.1:4567}, never null
   */
  public URI endpoint() {
    return endpoint;
  }

  /**
   * Creates a stream, which is ACTIVE when this returns.
   *
   * @param name 1 to 128 letters, digits, dots, dashes and underscores
   * @param shards how many shards it starts with, at least 1
   * @throws IllegalArgumentException if the name or the number is refused or the stream exists
   */
  public void createStream(String name, int shards) {
    if (!name.matches("[a-zA-Z0-9_.-]{1,128}")) {
      throw new IllegalArgumentException("'" + name + "' cannot be the name of a stream");
    }
    if (shards < 1) {
      throw new IllegalArgumentException("shards must be at least 1, but is " + shards);
    }
    long now = clock.millis();
    told(
        () -> {
          streams.create(name, shards, PROVISIONED, now).finishChange(now);
          return null;
        });
  }

  /**
   * Deletes a stream with all its records.
   *
   * @throws IllegalArgumentException if there is no such stream
   */
  public void deleteStream(String name) {
    long now = clock.millis();
    told(
        () -> {
          Stream stream = streams.get(name, now);
          streams.delete(name, now);
          stream.finishChange(now);
          return null;
        });
  }

  /**
   * Puts a record.
   *
   * @param partitionKey 1 to 256 characters
   * @param data at most 1 MiB; copied
   * @return where it went, never null
   * @throws IllegalArgumentException if there is no such stream, or key or data have no such length
   */
  public PutResult put(String stream, String partitionKey, byte[] data) {
    if (partitionKey.isEmpty() || partitionKey.length() > 256) {
      throw new IllegalArgumentException(
          "a partition key has 1 to 256 characters, not " + partitionKey.length());
    }
    if (data.length > 1024 * 1024) {
      throw new IllegalArgumentException("a record has at most 1 MiB, not " + data.length);
    }
    long now = clock.millis();
    return told(
        () -> {
          Stream.Put put =
              streams
                  .get(stream, now)
                  .put(partitionKey, HashKeyRange.hashKey(partitionKey), data.clone(), now);
          return new PutResult(put.shardId(), put.sequenceNumber());
        });
  }

  /**
   * Splits a shard in the middle of its hash keys.
   *
   * @return the two children, never null
   * @throws IllegalArgumentException if there is no such open shard or its range is too narrow
   */
  public List<EmbeddedShard> split(String stream, String shardId) {
    long now = clock.millis();
    return told(
        () -> {
          Stream target = streams.get(stream, now);
          target.split(shardId, target.shard(shardId, now).range().middle(), now);
          target.finishChange(now);
          return childrenOf(target, shardId, now);
        });
  }

  /**
   * Merges two adjacent shards.
   *
   * @return their child, never null
   * @throws IllegalArgumentException if they are not two adjacent open shards
   */
  public EmbeddedShard merge(String stream, String shardId, String adjacentShardId) {
    long now = clock.millis();
    return told(
        () -> {
          Stream target = streams.get(stream, now);
          target.merge(shardId, adjacentShardId, now);
          target.finishChange(now);
          return childrenOf(target, shardId, now).get(0);
        });
  }

  /**
   * The shards that retention has not removed, closed ones too.
   *
   * @return by shard id; never null, immutable
   * @throws IllegalArgumentException if there is no such stream
   */
  public List<EmbeddedShard> listShards(String stream) {
    long now = clock.millis();
    return told(
        () ->
            streams.get(stream, now).shards(ShardFilter.ALL, now).stream()
                .map(EmbeddedKinesis::view)
                .toList());
  }

  /**
   * Removes records as if retention had passed them: all of a shard that come before a sequence
   * number. For tests of what a consumer does when retention overtakes it.
   *
   * @param beforeSequenceNumber a sequence number of that shard; its record stays
   * @throws IllegalArgumentException if there is no such shard or the number is of another one
   */
  public void trim(String stream, String shardId, String beforeSequenceNumber) {
    long now = clock.millis();
    told(
        () -> {
          streams.get(stream, now).trim(shardId, beforeSequenceNumber, now);
          return null;
        });
  }

  /** Closes the port and all connections; the data is gone. Calling it again does nothing. */
  @Override
  public void close() {
    server.close();
  }

  private static List<EmbeddedShard> childrenOf(Stream stream, String parentId, long now) {
    return stream.shards(ShardFilter.ALL, now).stream()
        .filter(shard -> parentId.equals(shard.parentId()))
        .map(EmbeddedKinesis::view)
        .toList();
  }

  private static EmbeddedShard view(Shard shard) {
    return new EmbeddedShard(
        shard.id(),
        shard.parentId(),
        shard.adjacentParentId(),
        shard.range().start(),
        shard.range().end(),
        shard.startingSequenceNumber(),
        shard.endingSequenceNumber());
  }

  private static <T> T told(Supplier<T> action) {
    try {
      return action.get();
    } catch (KinesisError e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  /** Options for a server. Not for use by several threads. */
  public static final class Builder {
    private String host = "127.0.0.1";
    private int port;
    private Clock clock = Clock.systemUTC();
    private Duration transitionDelay = Duration.ZERO;
    private Duration retention = Duration.ofHours(24);
    private int shardLimit = 10_000;

    private Builder() {}

    /**
     * The interface to listen on.
     *
     * @param host a name or an address; {@code 0.0.0.0} for all interfaces, which lets anybody on
     *     the network in. The default is 127.0.0.1
     * @return this builder
     */
    public Builder host(String host) {
      this.host = Objects.requireNonNull(host, "host");
      return this;
    }

    /**
     * The port to listen on.
     *
     * @param port 0, the default, for a free one
     * @return this builder
     * @throws IllegalArgumentException if it is not within 0 to 65535
     */
    public Builder port(int port) {
      if (port < 0 || port > 65_535) {
        throw new IllegalArgumentException("port must be between 0 and 65535, but is " + port);
      }
      this.port = port;
      return this;
    }

    /**
     * What the server takes for the time: arrival times, retention, expiry of iterators, the Date
     * header.
     *
     * @param clock the system's by default; {@link ManualClock} is one that tests can move
     * @return this builder
     */
    public Builder clock(Clock clock) {
      this.clock = Objects.requireNonNull(clock, "clock");
      return this;
    }

    /**
     * How long a stream stays CREATING, UPDATING or DELETING after a request over the wire, by the
     * server's clock.
     *
     * @param delay zero, the default, or more
     * @return this builder
     * @throws IllegalArgumentException if it is negative
     */
    public Builder transitionDelay(Duration delay) {
      if (delay.isNegative()) {
        throw new IllegalArgumentException("transitionDelay must not be negative, but is " + delay);
      }
      this.transitionDelay = delay;
      return this;
    }

    /**
     * How long new streams keep records. Kinesis allows 24 hours and more; here shorter is possible
     * too, and is shown to clients rounded up to whole hours.
     *
     * @param retention 24 hours by default; at most 365 days
     * @return this builder
     * @throws IllegalArgumentException if it is not positive or too long
     */
    public Builder retention(Duration retention) {
      Duration max = Duration.ofHours(Stream.MAX_RETENTION_HOURS);
      if (retention.isNegative() || retention.isZero() || retention.compareTo(max) > 0) {
        throw new IllegalArgumentException(
            "retention must be positive and at most 365 days, but is " + retention);
      }
      this.retention = retention;
      return this;
    }

    /**
     * How many open shards a stream may have; more is a LimitExceededException.
     *
     * @param shardLimit 10,000 by default; at least 1
     * @return this builder
     * @throws IllegalArgumentException if it is less than 1
     */
    public Builder shardLimit(int shardLimit) {
      if (shardLimit < 1) {
        throw new IllegalArgumentException("shardLimit must be at least 1, but is " + shardLimit);
      }
      this.shardLimit = shardLimit;
      return this;
    }

    /**
     * Starts the server; returns once the port is open.
     *
     * @return the running server, never null
     * @throws IllegalStateException if the port is taken or cannot be opened
     */
    public EmbeddedKinesis start() {
      return new EmbeddedKinesis(this);
    }
  }
}
