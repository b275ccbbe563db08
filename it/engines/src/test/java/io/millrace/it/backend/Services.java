package io.millrace.it.backend;

import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;

/**
 * Where the services of a backend are. Without endpoints it is AWS itself.
 *
 * @param endpoints by service: kinesis, dynamodb, s3; all of them or none
 * @param region the region's name
 */
record Services(Map<String, URI> endpoints, String region) {

  private static final List<String> NAMES = List.of("kinesis", "dynamodb", "s3");

  Services {
    endpoints = Map.copyOf(endpoints);
    if (!endpoints.isEmpty() && !endpoints.keySet().containsAll(NAMES)) {
      throw new IllegalArgumentException(
          "endpoints are needed for all of " + NAMES + " or for none, not for " + endpoints);
    }
  }

  /** All services at one endpoint. */
  static Services at(URI endpoint) {
    return at(endpoint, endpoint, endpoint);
  }

  static Services at(URI kinesis, URI dynamoDb, URI s3) {
    return new Services(Map.of("kinesis", kinesis, "dynamodb", dynamoDb, "s3", s3), "us-east-1");
  }

  Optional<URI> endpoint(String service) {
    return Optional.ofNullable(endpoints.get(service));
  }

  /** Any will do for a local server; AWS gets what the SDK finds. */
  AwsCredentialsProvider credentials() {
    return endpoints.isEmpty()
        ? DefaultCredentialsProvider.builder().build()
        : StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test"));
  }

  /** For a process of its own; {@link #of} reads it. */
  String text() {
    StringBuilder text = new StringBuilder(region);
    for (String name : NAMES) {
      endpoint(name).ifPresent(uri -> text.append(' ').append(name).append('=').append(uri));
    }
    return text.toString();
  }

  static Services of(String text) {
    String[] parts = text.split(" ");
    Map<String, URI> endpoints = new HashMap<>();
    for (int i = 1; i < parts.length; i++) {
      String[] pair = parts[i].split("=", 2);
      endpoints.put(pair[0], URI.create(pair[1]));
    }
    return new Services(endpoints, parts[0]);
  }
}
