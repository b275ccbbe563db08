package io.millrace.kcl.aws;

import io.millrace.kcl.exec.DaemonThreads;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.endpoints.AccountIdEndpointMode;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.client.builder.SdkAsyncClientBuilder;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.core.client.config.SdkAdvancedAsyncClientOption;
import software.amazon.awssdk.core.client.config.SdkAdvancedClientOption;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.SdkEventLoopGroup;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.api.RetryStrategy;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/*
 * The SDK's defaults suit a service that calls another one now and then. A worker with a thousand
 * shards is something else:
 *
 * - The default of 50 concurrent requests would make shards wait for each other.
 * - The default retries hide throttling from the worker's own budgets and stretch a call over
 *   unknown time. Reads are not retried here at all: the worker does it, with backoff and meters.
 *   Writes to the lease table are, once: every one of them is safe to repeat.
 * - The SDK completes futures on a pool of its own with as many as 50 threads. The worker's
 *   continuations only post to its loop, so they run on the event loop's thread instead.
 * - Each client makes five timer threads; here they share one.
 * - Credentials are resolved on the calling thread, here the loop, which must not wait for STS.
 *
 * Heartbeats have connections and an event loop of their own: whatever fills or blocks the others
 * (a thousand reads, a slow name server, which the SDK asks on the event loop), a beat goes out. A
 * beat that got no answer within the interval is given up, and the next takes a new connection.
 */

/**
 * The clients of a worker. Those that were handed in are used as they are and never closed; the
 * others are made with settings that fit, and closed by {@link #close}. Three to six threads in
 * all.
 */
public final class AwsClients implements AutoCloseable {

  /** As many requests as a worker with a thousand shards may have under way. */
  private static final int KINESIS_CONCURRENCY = 1_024;

  private static final int DYNAMODB_CONCURRENCY = 256;
  private static final int HEARTBEAT_CONCURRENCY = 8;
  private static final int MAX_PENDING_ACQUIRES = 10_000;

  /** A read is 10 MB at most. */
  private static final Duration KINESIS_TIMEOUT = Duration.ofSeconds(30);

  private static final Duration DYNAMODB_ATTEMPT_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration DYNAMODB_TIMEOUT = Duration.ofSeconds(11);
  private static final Duration SILENCE_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);

  private static final Pattern AWS_HOST =
      Pattern.compile(".*\\.([a-z0-9]+(?:-[a-z0-9]+)+)\\.amazonaws\\.com(?:\\.cn)?");

  private final KinesisAsyncClient kinesis;
  private final DynamoDbAsyncClient dynamoDb;
  private final DynamoDbAsyncClient heartbeats;
  private final Runnable close;

  private AwsClients(Builder builder) {
    boolean makeKinesis = builder.kinesisClient == null;
    boolean makeDynamoDb = builder.dynamoDbClient == null;
    if (!makeKinesis && !makeDynamoDb) {
      kinesis = builder.kinesisClient;
      dynamoDb = builder.dynamoDbClient;
      heartbeats = dynamoDb;
      close = () -> {};
      return;
    }
    Objects.requireNonNull(builder.credentialsProvider, "credentialsProvider");
    Region region = builder.resolveRegion();
    Shared shared = new Shared(builder.threadNamePrefix, builder.credentialsProvider, region);
    kinesis = makeKinesis ? newKinesis(shared, builder) : builder.kinesisClient;
    dynamoDb =
        makeDynamoDb
            ? newDynamoDb(
                shared,
                builder,
                http(shared.eventLoops, DYNAMODB_CONCURRENCY),
                shared.override(
                    AwsRetryStrategy.standardRetryStrategy().toBuilder().maxAttempts(2).build(),
                    DYNAMODB_ATTEMPT_TIMEOUT,
                    DYNAMODB_TIMEOUT))
            : builder.dynamoDbClient;
    heartbeats =
        makeDynamoDb
            ? newDynamoDb(
                shared,
                builder,
                http(shared.heartbeatLoop(), HEARTBEAT_CONCURRENCY),
                shared.override(
                    AwsRetryStrategy.doNotRetry(),
                    builder.heartbeatTimeout,
                    builder.heartbeatTimeout))
            : dynamoDb;
    close =
        () -> {
          if (makeKinesis) {
            kinesis.close();
          }
          if (makeDynamoDb) {
            dynamoDb.close();
            heartbeats.close();
          }
          shared.close();
        };
  }

  public static Builder builder() {
    return new Builder();
  }

  /** For reading the stream. */
  public KinesisAsyncClient kinesis() {
    return kinesis;
  }

  /** For the lease table, all but heartbeats. */
  public DynamoDbAsyncClient dynamoDb() {
    return dynamoDb;
  }

  /**
   * For heartbeats only: own connections, one attempt, its timeout. The same as {@link #dynamoDb}
   * if that was handed in.
   */
  public DynamoDbAsyncClient heartbeats() {
    return heartbeats;
  }

  /** Closes the clients that were made here, and their threads. Does not wait for requests. */
  @Override
  public void close() {
    close.run();
  }

  private static KinesisAsyncClient newKinesis(Shared shared, Builder builder) {
    NettyNioAsyncHttpClient.Builder http = http(shared.eventLoops, KINESIS_CONCURRENCY);
    Protocol protocol = builder.kinesisProtocol();
    if (protocol != null) {
      http.protocol(protocol);
    }
    return shared
        .configure(
            KinesisAsyncClient.builder(),
            builder.kinesisEndpoint,
            shared.override(AwsRetryStrategy.doNotRetry(), KINESIS_TIMEOUT, KINESIS_TIMEOUT))
        .httpClientBuilder(http)
        .build();
  }

  private static DynamoDbAsyncClient newDynamoDb(
      Shared shared,
      Builder builder,
      NettyNioAsyncHttpClient.Builder http,
      ClientOverrideConfiguration override) {
    return shared
        .configure(DynamoDbAsyncClient.builder(), builder.dynamoDbEndpoint, override)
        // finding out the account would resolve credentials on the calling thread
        .accountIdEndpointMode(AccountIdEndpointMode.DISABLED)
        .httpClientBuilder(http)
        .build();
  }

  private static NettyNioAsyncHttpClient.Builder http(
      SdkEventLoopGroup eventLoops, int concurrency) {
    return NettyNioAsyncHttpClient.builder()
        .eventLoopGroup(eventLoops)
        .maxConcurrency(concurrency)
        .maxPendingConnectionAcquires(MAX_PENDING_ACQUIRES)
        .connectionTimeout(CONNECT_TIMEOUT)
        .readTimeout(SILENCE_TIMEOUT)
        .writeTimeout(SILENCE_TIMEOUT)
        .tcpKeepAlive(true);
  }

  /** What the clients of one worker have in common, and what is closed after them. */
  private static final class Shared {
    final String prefix;
    final Region region;
    final SdkEventLoopGroup eventLoops;
    final ScheduledThreadPoolExecutor timer;
    final ExecutorService credentialsThread;
    final AwsCredentialsProvider credentials;
    SdkEventLoopGroup heartbeatLoop;

    Shared(String prefix, AwsCredentialsProvider provider, Region region) {
      this.prefix = prefix;
      this.region = region;
      int cores = Runtime.getRuntime().availableProcessors();
      eventLoops = loop(prefix + "-io", Math.max(2, Math.min(4, cores)));
      timer = new ScheduledThreadPoolExecutor(1, DaemonThreads.named(prefix + "-sdk-timer"));
      timer.setRemoveOnCancelPolicy(true); // every request sets timeouts that it cancels
      // one entry a request at most: bounded by the clients
      credentialsThread = DaemonThreads.pool(prefix + "-credentials", 1, Integer.MAX_VALUE);
      credentials = new OffThreadCredentials(provider, credentialsThread);
    }

    SdkEventLoopGroup heartbeatLoop() {
      heartbeatLoop = loop(prefix + "-heartbeat-io", 1);
      return heartbeatLoop;
    }

    <B extends AwsClientBuilder<B, C> & SdkAsyncClientBuilder<B, C>, C> B configure(
        B client, URI endpoint, ClientOverrideConfiguration override) {
      client
          .region(region)
          .credentialsProvider(credentials)
          .overrideConfiguration(override)
          .asyncConfiguration(
              async ->
                  async.advancedOption(
                      SdkAdvancedAsyncClientOption.FUTURE_COMPLETION_EXECUTOR, Runnable::run));
      if (endpoint != null) {
        client.endpointOverride(endpoint);
      }
      return client;
    }

    ClientOverrideConfiguration override(
        RetryStrategy retries, Duration attemptTimeout, Duration timeout) {
      return ClientOverrideConfiguration.builder()
          .retryStrategy(retries)
          .apiCallAttemptTimeout(attemptTimeout)
          .apiCallTimeout(timeout)
          .scheduledExecutorService(timer)
          .putAdvancedOption(SdkAdvancedClientOption.USER_AGENT_SUFFIX, "millrace")
          .build();
    }

    void close() {
      timer.shutdownNow();
      credentialsThread.shutdownNow();
      end(eventLoops);
      if (heartbeatLoop != null) {
        end(heartbeatLoop);
      }
    }

    /** In a moment: closing a client leaves work on the loop, such as closing its connections. */
    private static void end(SdkEventLoopGroup loop) {
      loop.eventLoopGroup().shutdownGracefully(500, 3_000, TimeUnit.MILLISECONDS);
    }

    private static SdkEventLoopGroup loop(String name, int threads) {
      return SdkEventLoopGroup.builder()
          .numberOfThreads(threads)
          .threadFactory(DaemonThreads.numbered(name))
          .build();
    }
  }

  /** See {@link AwsClients#builder}. */
  public static final class Builder {
    private AwsCredentialsProvider credentialsProvider;
    private String regionName;
    private URI kinesisEndpoint;
    private URI dynamoDbEndpoint;
    private Duration heartbeatTimeout = Duration.ofSeconds(1);
    private Protocol kinesisProtocol;
    private KinesisAsyncClient kinesisClient;
    private DynamoDbAsyncClient dynamoDbClient;
    private String threadNamePrefix = "millrace";

    private Builder() {}

    /** Required unless both clients are handed in; not closed. */
    public Builder credentialsProvider(AwsCredentialsProvider credentialsProvider) {
      this.credentialsProvider = credentialsProvider;
      return this;
    }

    /**
     * Null, the default: what the SDK finds; with an endpoint that is not AWS's own and nothing
     * found in environment and profile, {@code us-east-1}, which then only goes into signatures.
     */
    public Builder regionName(String regionName) {
      this.regionName = regionName;
      return this;
    }

    /** Null, the default, for the region's own. */
    public Builder kinesisEndpoint(URI kinesisEndpoint) {
      this.kinesisEndpoint = kinesisEndpoint;
      return this;
    }

    /** Null, the default, for the region's own. */
    public Builder dynamoDbEndpoint(URI dynamoDbEndpoint) {
      this.dynamoDbEndpoint = dynamoDbEndpoint;
      return this;
    }

    /** After how long a heartbeat is given up; at most the beat interval. Default 1 s. */
    public Builder heartbeatTimeout(Duration heartbeatTimeout) {
      if (heartbeatTimeout.isNegative() || heartbeatTimeout.isZero()) {
        throw new IllegalArgumentException(
            "heartbeatTimeout: " + heartbeatTimeout + " is not allowed; allowed: above 0");
      }
      this.heartbeatTimeout = heartbeatTimeout;
      return this;
    }

    /**
     * HTTP/1.1 or HTTP/2 for Kinesis. Null, the default: HTTP/1.1 on a plain {@code http://}
     * endpoint, since there the two cannot negotiate and not every local server knows HTTP/2; else
     * what the SDK prefers, which is HTTP/2.
     */
    public Builder kinesisProtocol(Protocol kinesisProtocol) {
      this.kinesisProtocol = kinesisProtocol;
      return this;
    }

    /** A client to use in place of one made here; not closed. */
    public Builder kinesisClient(KinesisAsyncClient kinesisClient) {
      this.kinesisClient = kinesisClient;
      return this;
    }

    /** A client to use in place of those made here, for heartbeats too; not closed. */
    public Builder dynamoDbClient(DynamoDbAsyncClient dynamoDbClient) {
      this.dynamoDbClient = dynamoDbClient;
      return this;
    }

    /** What the threads' names begin with. Default {@code millrace}. */
    public Builder threadNamePrefix(String threadNamePrefix) {
      this.threadNamePrefix = Objects.requireNonNull(threadNamePrefix);
      return this;
    }

    /**
     * @throws IllegalArgumentException if no region is known
     */
    public AwsClients build() {
      return new AwsClients(this);
    }

    Protocol kinesisProtocol() {
      if (kinesisProtocol != null) {
        return kinesisProtocol;
      }
      boolean plain = kinesisEndpoint != null && "http".equals(kinesisEndpoint.getScheme());
      return plain ? Protocol.HTTP1_1 : null;
    }

    Region resolveRegion() {
      if (regionName != null) {
        return Region.of(regionName);
      }
      boolean local = false;
      for (URI endpoint : new URI[] {kinesisEndpoint, dynamoDbEndpoint}) {
        if (endpoint != null) {
          Matcher host = AWS_HOST.matcher(String.valueOf(endpoint.getHost()));
          if (host.matches()) {
            return Region.of(host.group(1));
          }
          local = true;
        }
      }
      return FoundRegion.find(local)
          .orElseThrow(
              () ->
                  new IllegalArgumentException(
                      "No region: set one with withRegionName, in the stream's ARN, in the"
                          + " environment variable AWS_REGION, or in the profile"));
    }
  }
}
