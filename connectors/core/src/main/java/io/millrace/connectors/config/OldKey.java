package io.millrace.connectors.config;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A name of the old connector library's property files, and what it is here.
 *
 * @param key its name, what is allowed, its default there
 * @param target the path of the key that it becomes; empty if it means nothing any more
 * @param destination the {@code connectorDestination} that it belongs to; empty for every one
 * @param translation makes the target's text of an allowed value
 */
record OldKey<T>(Key<T> key, String target, String destination, Function<T, String> translation) {

  /** The old library's default, as the target's text; empty if there was none. */
  Optional<String> defaultText() {
    return key.defaultValue().map(translation);
  }

  /**
   * The target's text.
   *
   * @throws IllegalArgumentException if the value is not allowed
   */
  String translate(String value) {
    return translation.apply(key.read(value));
  }

  boolean isMeaningless() {
    return target.isEmpty();
  }

  private static OldKey<String> text(String name, String target) {
    return new OldKey<>(Key.text(name), target, "", String::trim);
  }

  private static OldKey<Long> number(String name, String target, long least, long most) {
    return new OldKey<>(Key.number(name, least, most), target, "", String::valueOf);
  }

  private static OldKey<Long> millis(String name, String target, long least, long most) {
    Key<Long> key =
        Key.parsed(
            name,
            "a whole number of milliseconds from " + least + " to " + most,
            value -> Key.number(name, least, most).read(value));
    return new OldKey<>(key, target, "", value -> value + " ms");
  }

  private static OldKey<Boolean> flag(String name, String target) {
    return new OldKey<>(Key.flag(name), target, "", String::valueOf);
  }

  private static OldKey<String> endpoint(String name, String target) {
    return new OldKey<>(
        Key.text(name),
        target,
        "",
        value -> value.contains("://") ? value.trim() : "https://" + value.trim());
  }

  /** Anything goes, since nobody reads it. */
  private static OldKey<String> gone(String name) {
    return new OldKey<>(Key.parsed(name, "anything", Function.identity()), "", "", value -> value);
  }

  private OldKey<T> withDefault(T value) {
    return new OldKey<>(key.withDefault(value), target, destination, translation);
  }

  private OldKey<T> secret() {
    return new OldKey<>(key.secret(), target, destination, translation);
  }

  private OldKey<T> of(String connectorDestination) {
    return new OldKey<>(key, target, connectorDestination, translation);
  }

  /** All of them, in the order of the reference; a name may be there for two destinations. */
  static List<OldKey<?>> all() {
    return List.of(
        text("appName", "source.application").withDefault("KinesisConnector"),
        text("regionName", "source.region").withDefault("us-east-1"),
        text("connectorDestination", "sink.type"),
        number("retryLimit", "retry.attempts", 1, 1_000_000).withDefault(3L),
        millis("backoffInterval", "retry.backoff", 1, 3_600_000).withDefault(10_000L),
        number("bufferRecordCountLimit", "buffer.records", 1, 20_000).withDefault(1_000L),
        number("bufferByteSizeLimit", "buffer.bytes", 1 << 10, 5L << 30).withDefault(1L << 20),
        millis("bufferMillisecondsLimit", "buffer.age", 100, 43_200_000).withDefault(3_600_000L),
        endpoint("kinesisEndpoint", "source.kinesisEndpoint"),
        text("kinesisInputStream", "source.stream"),
        number("kinesisInputStreamShardCount", "local.shards", 1, 100).withDefault(1L),
        text("inputStreamFile", "local.data"),
        text("workerID", "source.workerId"),
        millis("failoverTime", "source.failoverTime", 3_000, 600_000).withDefault(30_000L),
        number("maxRecords", "source.maxRecords", 1, 10_000).withDefault(10_000L),
        new OldKey<>(
                Key.<StartAt>parsed(
                    "initialPositionInStream", "TRIM_HORIZON or LATEST", OldKey::position),
                "source.startAt",
                "",
                String::valueOf)
            .withDefault(new StartAt.TrimHorizon()),
        millis("idleTimeBetweenReads", "source.idleTime", 1, 240_000).withDefault(1_000L),
        millis("parentShardPollInterval", "source.parentShardPollInterval", 100, 600_000),
        millis("shardSyncInterval", "source.shardSyncInterval", 1_000, 3_600_000),
        text("s3Bucket", "sink.bucket").of("s3"),
        endpoint("s3Endpoint", "sink.endpoint").of("s3"),
        gone("createS3Bucket").of("s3"),
        text("dynamoDBDataTableName", "sink.table").of("dynamodb"),
        endpoint("dynamoDBEndpoint", "sink.endpoint").of("dynamodb"),
        flag("createDynamoDBDataTable", "sink.createTable").of("dynamodb"),
        text("s3Bucket", "sink.bucket").of("redshift"),
        endpoint("s3Endpoint", "sink.s3Endpoint").of("redshift"),
        gone("redshiftEndpoint").of("redshift"),
        text("redshiftURL", "sink.url").of("redshift"),
        text("redshiftUsername", "sink.user").of("redshift"),
        text("redshiftPassword", "sink.password").of("redshift").secret(),
        text("redshiftDataTable", "sink.table").withDefault("users").of("redshift"),
        gone("redshiftFileTable").of("redshift"),
        gone("redshiftFileKeyColumn").of("redshift"),
        gone("redshiftDataDelimiter").of("redshift"),
        gone("redshiftCopyMandatory").of("redshift"),
        flag("createRedshiftDataTable", "sink.createTable").of("redshift"),
        text("kinesisOutputStream", "sink.announcements").of("redshift-manifest"),
        number("kinesisOutputStreamShardCount", "sink.announcementShards", 1, 100)
            .of("redshift-manifest"),
        flag("createKinesisOutputStream", "sink.createAnnouncements").of("redshift-manifest"),
        gone("createRedshiftCluster").of("redshift"),
        gone("redshiftClusterIdentifier").of("redshift"),
        gone("redshiftDatabaseName").of("redshift"),
        gone("redshiftClusterType").of("redshift"),
        gone("redshiftNumberOfNodes").of("redshift"),
        gone("elasticsearchEndpoint").of("elasticsearch"),
        gone("elasticsearchPort").of("elasticsearch"),
        gone("elasticsearchClusterName").of("elasticsearch"),
        gone("elasticsearchDefaultIndexName").of("elasticsearch"),
        gone("elasticsearchDefaultTypeName").of("elasticsearch"),
        gone("elasticsearchVersionNumber").of("elasticsearch"),
        gone("elasticsearchCloudFormationTemplateUrl").of("elasticsearch"),
        gone("elasticsearchCloudFormationStackName").of("elasticsearch"),
        gone("elasticsearchCloudFormationKeyPairName").of("elasticsearch"),
        gone("elasticsearchCloudFormationClusterInstanceType").of("elasticsearch"),
        gone("elasticsearchCloudFormationClusterSize").of("elasticsearch"),
        gone("elasticsearchCloudFormationSSHLocation").of("elasticsearch"),
        gone("createElasticsearchCluster").of("elasticsearch"),
        gone("clientTransportSniff").of("elasticsearch"),
        gone("clientTransportIgnoreClusterName").of("elasticsearch"),
        gone("clientTransportPingTimeout").of("elasticsearch"),
        gone("clientTransportNodesSamplerInterval").of("elasticsearch"),
        text("dynamoDBKey", "sink.partitionKey").of("dynamodb"),
        gone("readCapacityUnits"),
        gone("writeCapacityUnits"),
        gone("createKinesisInputStream"),
        gone("createStreamSource"),
        gone("cloudWatchNamespace"),
        gone("cloudWatchBufferTime"),
        gone("cloudWatchMaxQueueSize"),
        gone("batchRecordsInPutRequest"),
        gone("callProcessRecordsEvenForEmptyList"),
        gone("cleanupTerminatedShardsBeforeExpiry"));
  }

  private static StartAt position(String value) {
    return switch (value.trim()) {
      case "TRIM_HORIZON" -> new StartAt.TrimHorizon();
      case "LATEST" -> new StartAt.Latest();
      default -> throw new IllegalArgumentException("it is neither");
    };
  }
}
