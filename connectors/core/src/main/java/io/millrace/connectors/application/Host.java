package io.millrace.connectors.application;

import io.micrometer.core.instrument.MeterRegistry;
import java.net.URI;
import java.util.Map;
import java.util.Objects;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;

/**
 * What a program brings along to run a config file.
 *
 * @param credentials for everything; not closed
 * @param endpoints by service ({@code kinesis}, {@code dynamodb}, {@code s3}, {@code sqs}) where
 *     neither the file nor AWS says it
 * @param registry where the meters go
 * @param takeover as of {@link io.millrace.kcl.Worker.Builder#takeover}
 */
public record Host(
    AwsCredentialsProvider credentials,
    Map<String, URI> endpoints,
    MeterRegistry registry,
    boolean takeover) {

  /** Without takeover. */
  public Host(
      AwsCredentialsProvider credentials, Map<String, URI> endpoints, MeterRegistry registry) {
    this(credentials, endpoints, registry, false);
  }

  public Host {
    Objects.requireNonNull(credentials, "credentials");
    endpoints = Map.copyOf(endpoints);
    Objects.requireNonNull(registry, "registry");
  }
}
