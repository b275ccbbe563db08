package io.millrace.connectors.dynamodb;

import io.millrace.kcl.exec.DaemonThreads;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.awscore.endpoints.AccountIdEndpointMode;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.client.config.SdkAdvancedAsyncClientOption;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.SdkEventLoopGroup;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClientBuilder;

/**
 * The SDK's client with bounds of its own: as many connections as requests, a timeout for each, and
 * no retries, because the {@link Dispatcher} repeats and has to see throttling at once.
 */
final class Client implements AutoCloseable {

  private static final int EVENT_LOOPS = 2;
  private static final long QUIET_MILLIS = 500;
  private static final long CLOSE_MILLIS = 3_000;
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);

  /** Beside the writes: looking at the table. */
  private static final int SPARE_CONNECTIONS = 2;

  /** Where a client goes, and as whom. */
  record Target(String region, AwsCredentialsProvider credentials, URI endpoint) {}

  private final DynamoDbAsyncClient client;
  private final SdkEventLoopGroup eventLoops;

  private Client(DynamoDbAsyncClient client, SdkEventLoopGroup eventLoops) {
    this.client = client;
    this.eventLoops = eventLoops;
  }

  /**
   * @param executor completes requests, so that no event loop runs what follows them
   */
  static Client open(
      Target target, int maxConcurrency, Duration timeout, ExecutorService executor) {
    SdkEventLoopGroup eventLoops =
        SdkEventLoopGroup.builder()
            .numberOfThreads(EVENT_LOOPS)
            .threadFactory(DaemonThreads.numbered("connector-dynamodb-io"))
            .build();
    DynamoDbAsyncClientBuilder builder =
        DynamoDbAsyncClient.builder()
            .region(Region.of(target.region()))
            .credentialsProvider(target.credentials())
            .accountIdEndpointMode(AccountIdEndpointMode.DISABLED)
            .httpClientBuilder(
                NettyNioAsyncHttpClient.builder()
                    .eventLoopGroup(eventLoops)
                    .maxConcurrency(maxConcurrency + SPARE_CONNECTIONS)
                    .maxPendingConnectionAcquires(maxConcurrency + SPARE_CONNECTIONS)
                    .connectionTimeout(CONNECT_TIMEOUT)
                    .readTimeout(timeout)
                    .writeTimeout(timeout)
                    .tcpKeepAlive(true))
            .overrideConfiguration(
                override ->
                    override
                        .retryStrategy(AwsRetryStrategy.doNotRetry())
                        .apiCallAttemptTimeout(timeout)
                        .apiCallTimeout(timeout.plusSeconds(1)))
            .asyncConfiguration(
                async ->
                    async.advancedOption(
                        SdkAdvancedAsyncClientOption.FUTURE_COMPLETION_EXECUTOR, executor));
    if (target.endpoint() != null) {
      builder.endpointOverride(target.endpoint());
    }
    return new Client(builder.build(), eventLoops);
  }

  DynamoDbAsyncClient sdk() {
    return client;
  }

  @Override
  public void close() {
    client.close();
    eventLoops
        .eventLoopGroup()
        .shutdownGracefully(QUIET_MILLIS, CLOSE_MILLIS, TimeUnit.MILLISECONDS);
  }
}
