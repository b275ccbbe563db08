package io.millrace.connectors.config;

import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;

/**
 * Where a pipeline runs.
 *
 * @param region the region of the source; a sink's own key may name another
 * @param credentials for everything that is opened; closed by whoever made it
 * @param endpoints by service ({@code s3}, {@code dynamodb}, {@code sqs}, {@code kinesis}), where
 *     it is not the public one; a sink's own key comes first
 * @param workingDirectory what relative paths of the file are relative to
 * @param workerId names this process
 */
public record Surroundings(
    String region,
    AwsCredentialsProvider credentials,
    Map<String, URI> endpoints,
    Path workingDirectory,
    String workerId) {
  public Surroundings {
    Objects.requireNonNull(region, "region");
    Objects.requireNonNull(credentials, "credentials");
    endpoints = Map.copyOf(endpoints);
    Objects.requireNonNull(workingDirectory, "workingDirectory");
    Objects.requireNonNull(workerId, "workerId");
  }

  public Optional<URI> endpoint(String service) {
    return Optional.ofNullable(endpoints.get(service));
  }
}
