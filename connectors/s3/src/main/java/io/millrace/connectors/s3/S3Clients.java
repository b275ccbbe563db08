package io.millrace.connectors.s3;

import java.net.URI;
import java.time.Duration;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.client.config.SdkAdvancedAsyncClientOption;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;

/** Clients with settings that fit: large bodies, a bounded number of calls, no silent minutes. */
final class S3Clients {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration SILENCE_TIMEOUT = Duration.ofSeconds(30);
  private static final int ATTEMPTS = 3;
  private static final int PENDING_ACQUIRES = 10_000;

  private S3Clients() {}

  /**
   * @param endpoint null for the public one
   * @param concurrency calls at a time
   * @param attemptTimeout of one request with its body; a call makes three at most
   */
  static S3AsyncClient open(
      String region,
      URI endpoint,
      AwsCredentialsProvider credentials,
      int concurrency,
      Duration attemptTimeout) {
    return S3AsyncClient.builder()
        .region(Region.of(region))
        .endpointOverride(endpoint)
        // other servers than Amazon's know buckets by path only
        .forcePathStyle(endpoint != null)
        .credentialsProvider(credentials)
        .httpClientBuilder(
            NettyNioAsyncHttpClient.builder()
                .maxConcurrency(concurrency)
                .maxPendingConnectionAcquires(PENDING_ACQUIRES)
                .connectionTimeout(CONNECT_TIMEOUT)
                .connectionAcquisitionTimeout(attemptTimeout)
                .readTimeout(SILENCE_TIMEOUT)
                .writeTimeout(SILENCE_TIMEOUT)
                .tcpKeepAlive(true))
        .overrideConfiguration(
            o ->
                o.retryStrategy(
                        AwsRetryStrategy.standardRetryStrategy().toBuilder()
                            .maxAttempts(ATTEMPTS)
                            .build())
                    .apiCallAttemptTimeout(attemptTimeout)
                    .apiCallTimeout(attemptTimeout.multipliedBy(ATTEMPTS).plusSeconds(10)))
        // continuations that do more than a few instructions go to the sink's own threads
        .asyncConfiguration(
            a ->
                a.advancedOption(
                    SdkAdvancedAsyncClientOption.FUTURE_COMPLETION_EXECUTOR, Runnable::run))
        .build();
  }
}
