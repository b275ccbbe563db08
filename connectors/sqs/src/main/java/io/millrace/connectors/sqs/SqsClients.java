package io.millrace.connectors.sqs;

import java.net.URI;
import java.time.Duration;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;
import software.amazon.awssdk.services.sqs.SqsAsyncClientBuilder;

/** Clients that wait for nobody for long. */
final class SqsClients {
  private static final int CONCURRENCY = 16;
  private static final int ATTEMPTS = 3;
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
  // a poll waits for 20 seconds at most
  private static final Duration ATTEMPT_TIMEOUT = Duration.ofSeconds(30);

  private SqsClients() {}

  /**
   * @param region null for what the SDK finds
   * @param endpoint null for the region's own
   */
  static SqsAsyncClient open(String region, URI endpoint, AwsCredentialsProvider credentials) {
    SqsAsyncClientBuilder builder =
        SqsAsyncClient.builder()
            .endpointOverride(endpoint)
            .credentialsProvider(credentials)
            .httpClientBuilder(
                NettyNioAsyncHttpClient.builder()
                    .maxConcurrency(CONCURRENCY)
                    .connectionTimeout(CONNECT_TIMEOUT)
                    .readTimeout(ATTEMPT_TIMEOUT))
            .overrideConfiguration(
                o ->
                    o.retryStrategy(
                            AwsRetryStrategy.standardRetryStrategy().toBuilder()
                                .maxAttempts(ATTEMPTS)
                                .build())
                        .apiCallAttemptTimeout(ATTEMPT_TIMEOUT)
                        .apiCallTimeout(ATTEMPT_TIMEOUT.multipliedBy(2)));
    if (region != null) {
      builder.region(Region.of(region));
    }
    return builder.build();
  }
}
