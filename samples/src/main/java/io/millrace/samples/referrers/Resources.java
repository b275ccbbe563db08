package io.millrace.samples.referrers;

import io.millrace.kcl.aws.AwsClients;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;

/**
 * What the parts of the referrer counter share when each runs by itself, against AWS or an endpoint
 * that stands in for it. Every part takes these options:
 *
 * <pre>
 * [--stream NAME] [--application NAME] [--counts-table NAME]
 * [--region REGION] [--kinesis-endpoint URL] [--dynamodb-endpoint URL]
 * </pre>
 *
 * <p>Credentials are those that the AWS SDK finds by default.
 *
 * @param application also the name of the lease table
 * @param region null for the one that the AWS SDK finds by default
 * @param kinesis null for AWS
 * @param dynamoDb null for AWS
 */
record Resources(
    String stream,
    String application,
    String countsTable,
    String region,
    URI kinesis,
    URI dynamoDb) {

  static final List<String> OPTIONS =
      List.of(
          "stream",
          "application",
          "counts-table",
          "region",
          "kinesis-endpoint",
          "dynamodb-endpoint");

  /** Those of every part, and more. */
  static List<String> optionsAnd(String... more) {
    List<String> all = new ArrayList<>(OPTIONS);
    all.addAll(List.of(more));
    return all;
  }

  static Resources of(MainOptions options) {
    String application = options.text("application", "referrer-counter");
    return new Resources(
        options.text("stream", "visits"),
        application,
        options.text("counts-table", application + "-counts"),
        options.text("region", null),
        options.uri("kinesis-endpoint"),
        options.uri("dynamodb-endpoint"));
  }

  AwsClients clients(String threadNamePrefix) {
    return AwsClients.builder()
        .credentialsProvider(DefaultCredentialsProvider.builder().build())
        .regionName(region)
        .kinesisEndpoint(kinesis)
        .dynamoDbEndpoint(dynamoDb)
        .threadNamePrefix(threadNamePrefix)
        .build();
  }

  /** For people to read. */
  String where() {
    return kinesis == null
        ? "on AWS" + (region == null ? "" : ", " + region)
        : "at " + kinesis.getAuthority();
  }
}
