package io.millrace.it.backend;

import static io.millrace.it.backend.SdkCloud.done;

import io.millrace.kcl.InitialPositionInStream;
import io.millrace.kcl.KinesisClientLibConfiguration;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Shard;

/** A backend, and what tests do with it. What they make is removed with it. */
final class TestBed implements AutoCloseable {

  private final Kind kind;
  private final Backend backend;
  private final SdkCloud cloud;
  private final Resources resources;
  private final AtomicInteger records = new AtomicInteger();

  TestBed(Kind kind, Backend backend, String prefix) {
    this.kind = kind;
    this.backend = backend;
    this.cloud = new SdkCloud(backend.services());
    this.resources = new Resources(cloud, prefix);
  }

  Kind kind() {
    return kind;
  }

  Backend backend() {
    return backend;
  }

  Services services() {
    return backend.services();
  }

  SdkCloud cloud() {
    return cloud;
  }

  Resources resources() {
    return resources;
  }

  KinesisClientLibConfiguration configuration(String application, String stream, String worker) {
    return configuration(services(), application, stream, worker);
  }

  /** Also for the workers that run in JVMs of their own. */
  static KinesisClientLibConfiguration configuration(
      Services services, String application, String stream, String worker) {
    KinesisClientLibConfiguration configuration =
        new KinesisClientLibConfiguration(application, stream, services.credentials(), worker)
            .withRegionName(services.region())
            .withInitialPositionInStream(InitialPositionInStream.TRIM_HORIZON);
    services
        .endpoint("kinesis")
        .ifPresent(uri -> configuration.withKinesisEndpoint(uri.toString()));
    services
        .endpoint("dynamodb")
        .ifPresent(uri -> configuration.withDynamoDBEndpoint(uri.toString()));
    return configuration;
  }

  /** Writes records with new texts over the whole hash range; returns the texts. */
  List<String> put(String stream, int count) {
    return put(stream, count, text -> text);
  }

  /** As {@link #put(String, int)}, with data made of each text. */
  List<String> put(String stream, int count, UnaryOperator<String> data) {
    List<String> texts =
        IntStream.range(0, count).mapToObj(i -> "record-" + records.incrementAndGet()).toList();
    putAll(
        stream,
        texts.stream()
            .map(
                text ->
                    PutRecordsRequestEntry.builder()
                        .partitionKey(text)
                        .data(SdkBytes.fromUtf8String(data.apply(text)))
                        .build())
            .toList());
    return texts;
  }

  /** Puts all of them, in requests of 500 at most; those that are refused again and again. */
  void putAll(String stream, List<PutRecordsRequestEntry> entries) {
    List<PutRecordsRequestEntry> left = new ArrayList<>(entries);
    for (int attempt = 0; !left.isEmpty(); attempt++) {
      if (attempt == 50) {
        throw new IllegalStateException(left.size() + " records were refused 50 times");
      }
      if (attempt > 0) {
        // a shard that is being split, or a limit of AWS
        backend.letTimePass(Duration.ofMillis(200));
      }
      List<PutRecordsRequestEntry> refused = new ArrayList<>();
      for (int from = 0; from < left.size(); from += 500) {
        List<PutRecordsRequestEntry> some = left.subList(from, Math.min(left.size(), from + 500));
        PutRecordsResponse answer =
            done(cloud.kinesis.putRecords(r -> r.streamName(stream).records(some)));
        for (int i = 0; i < some.size(); i++) {
          if (answer.records().get(i).errorCode() != null) {
            refused.add(some.get(i));
          }
        }
      }
      left = refused;
    }
  }

  /** Whatever the server still knows. */
  List<Shard> shards(String stream) {
    return done(cloud.kinesis.listShards(r -> r.streamName(stream))).shards();
  }

  List<Shard> openShards(String stream) {
    return shards(stream).stream()
        .filter(shard -> shard.sequenceNumberRange().endingSequenceNumber() == null)
        .toList();
  }

  /** In the middle; returns when the children can be written to. */
  void split(String stream, Shard shard) {
    BigInteger start = new BigInteger(shard.hashKeyRange().startingHashKey());
    BigInteger end = new BigInteger(shard.hashKeyRange().endingHashKey());
    done(
        cloud.kinesis.splitShard(
            r ->
                r.streamName(stream)
                    .shardToSplit(shard.shardId())
                    .newStartingHashKey(start.add(end).shiftRight(1).toString())));
    cloud.awaitActive(stream);
  }

  /** The children of a shard; returns when theirs can be written to. */
  void mergeChildrenOf(String stream, Shard parent) {
    List<Shard> children =
        shards(stream).stream().filter(s -> parent.shardId().equals(s.parentShardId())).toList();
    done(
        cloud.kinesis.mergeShards(
            r ->
                r.streamName(stream)
                    .shardToMerge(children.get(0).shardId())
                    .adjacentShardToMerge(children.get(1).shardId())));
    cloud.awaitActive(stream);
  }

  /** Removes what was made, ends what was started, whatever of it fails. */
  @Override
  public void close() {
    try (Backend ending = backend;
        SdkCloud closing = cloud) {
      resources.removeAll();
    }
  }
}
