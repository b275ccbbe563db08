package io.millrace.connectors.application;

import io.millrace.connectors.config.PipelineConfig;
import io.millrace.connectors.config.PipelineKeys.Buffer;
import io.millrace.connectors.config.PipelineKeys.Source;
import io.millrace.connectors.config.StartAt;
import io.millrace.connectors.config.Surroundings;
import io.millrace.connectors.config.Values;
import io.millrace.kcl.InitialPositionInStream;
import io.millrace.kcl.KinesisClientLibConfiguration;
import io.millrace.kcl.TableCreation;
import io.millrace.kcl.aws.FoundRegion;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.regions.Region;

/** What a file and its host together say about where a pipeline runs, and how its worker does. */
final class Setting {

  private final Values source;
  private final Host host;
  private final Surroundings surroundings;
  private final KinesisClientLibConfiguration worker;

  Setting(PipelineConfig config, Host host) {
    this.source = config.source();
    this.host = host;
    Map<String, URI> endpoints = new HashMap<>(host.endpoints());
    source.find(Source.KINESIS_ENDPOINT).ifPresent(uri -> endpoints.put("kinesis", uri));
    source.find(Source.DYNAMODB_ENDPOINT).ifPresent(uri -> endpoints.put("dynamodb", uri));
    String region = region(!endpoints.isEmpty());
    this.worker = worker(region, endpoints);
    this.surroundings =
        new Surroundings(
            region,
            host.credentials(),
            endpoints,
            config.directory(),
            worker.getWorkerIdentifier());
  }

  Surroundings surroundings() {
    return surroundings;
  }

  KinesisClientLibConfiguration worker() {
    return worker;
  }

  /** Two thirds of the grace: the rest is for the last checkpoint and for giving the lease away. */
  static Duration drainTime(PipelineConfig config) {
    return config.source().get(Source.SHUTDOWN_GRACE).multipliedBy(2).dividedBy(3);
  }

  /** What all shards may buffer, never less than one may. */
  static long workerBytes(PipelineConfig config) {
    return config.buffer().get(Buffer.WORKER_BYTES);
  }

  private String region(boolean elsewhere) {
    Optional<String> said = source.find(Source.REGION);
    if (said.isPresent()) {
      return said.get();
    }
    String stream = source.get(Source.STREAM);
    if (stream.startsWith("arn:")) {
      return stream.split(":")[3];
    }
    return FoundRegion.find(elsewhere)
        .map(Region::id)
        .orElseThrow(
            () ->
                source.refuse(
                    Source.REGION,
                    "is missing, and neither the environment variable AWS_REGION nor the profile"
                        + " says one; allowed: a region's name such as eu-west-1"));
  }

  private KinesisClientLibConfiguration worker(String region, Map<String, URI> endpoints) {
    String application = source.get(Source.APPLICATION);
    String stream = source.get(Source.STREAM);
    KinesisClientLibConfiguration worker =
        source
            .find(Source.WORKER_ID)
            .map(
                id ->
                    new KinesisClientLibConfiguration(application, stream, host.credentials(), id))
            .orElseGet(
                () ->
                    new KinesisClientLibConfiguration(
                        application,
                        stream,
                        host.credentials(),
                        new KinesisClientLibConfiguration(application, stream)
                            .getWorkerIdentifier()));
    worker
        .withRegionName(region)
        .withMaxRecords(source.get(Source.MAX_RECORDS).intValue())
        .withIdleTimeBetweenReadsInMillis(source.get(Source.IDLE_TIME).toMillis())
        .withPrefetchByteBudget(source.get(Source.PREFETCH))
        .withShardSyncIntervalMillis(source.get(Source.SHARD_SYNC_INTERVAL).toMillis())
        .withParentShardPollIntervalMillis(source.get(Source.PARENT_SHARD_POLL_INTERVAL).toMillis())
        .withShutdownGraceMillis(source.get(Source.SHUTDOWN_GRACE).toMillis())
        .withStallThresholdMillis(source.get(Source.STALL_THRESHOLD).toMillis())
        .withForeignOwnerWatchMillis(source.get(Source.FOREIGN_OWNER_WATCH).toMillis())
        .withWeight(source.get(Source.WEIGHT).intValue())
        .withBalanceBy(source.get(Source.BALANCE_BY))
        .withTableCreation(
            source.get(Source.CREATE_LEASE_TABLE) ? TableCreation.CREATE : TableCreation.NEVER);
    times(worker);
    source.find(Source.MAX_LEASES).ifPresent(n -> worker.withMaxLeasesForWorker(n.intValue()));
    source.find(Source.LEASE_TABLE).ifPresent(worker::withTableName);
    Optional.ofNullable(endpoints.get("kinesis"))
        .ifPresent(uri -> worker.withKinesisEndpoint(uri.toString()));
    Optional.ofNullable(endpoints.get("dynamodb"))
        .ifPresent(uri -> worker.withDynamoDBEndpoint(uri.toString()));
    StartAt startAt = source.get(Source.START_AT);
    if (startAt instanceof StartAt.Time at) {
      worker.withTimestampAtInitialPositionInStream(at.time());
    } else {
      worker.withInitialPositionInStream(
          startAt instanceof StartAt.Latest
              ? InitialPositionInStream.LATEST
              : InitialPositionInStream.TRIM_HORIZON);
    }
    return worker;
  }

  /** In the order in which each step is allowed. */
  private void times(KinesisClientLibConfiguration worker) {
    long failover = source.get(Source.FAILOVER_TIME).toMillis();
    long heartbeat = source.get(Source.HEARTBEAT_INTERVAL).toMillis();
    if (heartbeat <= worker.getHeartbeatIntervalMillis()) {
      worker.withHeartbeatIntervalMillis(heartbeat).withFailoverTimeMillis(failover);
    } else {
      worker.withFailoverTimeMillis(failover).withHeartbeatIntervalMillis(heartbeat);
    }
  }
}
