package io.millrace.it.backend;

import static io.millrace.it.backend.SdkCloud.done;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ConsumerStatus;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.KinesisException;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardFilterType;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** Looks, for each difference, whether a backend has it. */
final class Probes {

  /** The SDK reads it when a client is made. */
  private static final String CBOR = "aws.cborEnabled";

  private static final Instant YEARS_AGO = Instant.parse("2020-01-01T00:00:00Z");
  private static final int MEGABYTE = 1_000_000;

  /** Of the numbers that streams of today give. */
  private static final int SEQUENCE_NUMBER_DIGITS = 56;

  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private final TestBed bed;

  Probes(TestBed bed) {
    this.bed = bed;
  }

  boolean isThere(Difference difference) throws Exception {
    return switch (difference) {
      case CLOSED_SHARDS_GO_ON -> endOfSplitShard().isEmpty();
      case NO_CHILD_SHARDS ->
          endOfSplitShard().map(end -> end.childShards().isEmpty()).orElse(true);
      case LIST_SHARDS_IGNORES_FILTERS -> listsClosedShardsAsOpen();
      case TRIM_HORIZON_LISTS_CHILDREN ->
          listed(splitStream(), ShardFilterType.AT_TRIM_HORIZON).size() > 1;
      case NO_ENDING_NUMBERS -> !endsWithASequenceNumber();
      case BAD_ITERATOR_IS_ITS_FAULT -> blamesItselfForABadIterator();
      case NUMBERS_OF_OTHER_SHARDS -> takesTheNumberOfAnotherShard();
      case NO_WRITE_LIMIT -> takesThreeMegabytesAtOnce();
      case NO_CBOR -> !understandsCbor();
      case NO_HTTP2 -> !speaksHttp2();
      case NO_FAN_OUT -> !subscribes();
    };
  }

  private String splitStream() {
    String stream = bed.resources().stream(1);
    bed.split(stream, bed.shards(stream).get(0));
    return stream;
  }

  /** The last page of the parent, if it has one. */
  private Optional<GetRecordsResponse> endOfSplitShard() {
    String stream = splitStream();
    String parent = bed.shards(stream).get(0).shardId();
    String iterator =
        done(bed.cloud()
                .kinesis
                .getShardIterator(
                    r ->
                        r.streamName(stream)
                            .shardId(parent)
                            .shardIteratorType(ShardIteratorType.TRIM_HORIZON)))
            .shardIterator();
    for (int page = 0; page < 10; page++) {
      String from = iterator;
      GetRecordsResponse answer =
          done(bed.cloud().kinesis.getRecords(r -> r.shardIterator(from).limit(10)));
      if (answer.nextShardIterator() == null) {
        return Optional.of(answer);
      }
      iterator = answer.nextShardIterator();
    }
    return Optional.empty();
  }

  private boolean listsClosedShardsAsOpen() {
    return listed(splitStream(), ShardFilterType.AT_LATEST).size() == 3;
  }

  private List<Shard> listed(String stream, ShardFilterType filter) {
    return done(bed.cloud()
            .kinesis
            .listShards(r -> r.streamName(stream).shardFilter(f -> f.type(filter))))
        .shards();
  }

  private boolean endsWithASequenceNumber() {
    String end = bed.shards(splitStream()).get(0).sequenceNumberRange().endingSequenceNumber();
    return end != null && end.length() >= SEQUENCE_NUMBER_DIGITS;
  }

  private boolean blamesItselfForABadIterator() {
    try {
      done(bed.cloud().kinesis.getRecords(r -> r.shardIterator("AAAAAAAAAAEnone")));
      return false;
    } catch (KinesisException e) {
      return e.statusCode() >= 500;
    }
  }

  private boolean takesTheNumberOfAnotherShard() {
    String stream = bed.resources().stream(2);
    List<Shard> shards = bed.shards(stream);
    String number =
        done(bed.cloud()
                .kinesis
                .putRecord(
                    r ->
                        r.streamName(stream)
                            .partitionKey("key")
                            .explicitHashKey(shards.get(0).hashKeyRange().startingHashKey())
                            .data(SdkBytes.fromUtf8String("text"))))
            .sequenceNumber();
    try {
      done(
          bed.cloud()
              .kinesis
              .getShardIterator(
                  r ->
                      r.streamName(stream)
                          .shardId(shards.get(1).shardId())
                          .shardIteratorType(ShardIteratorType.AFTER_SEQUENCE_NUMBER)
                          .startingSequenceNumber(number)));
      return true;
    } catch (InvalidArgumentException e) {
      return false;
    }
  }

  private boolean takesThreeMegabytesAtOnce() {
    String stream = bed.resources().stream(1);
    PutRecordsRequestEntry entry =
        PutRecordsRequestEntry.builder()
            .partitionKey("key")
            .data(SdkBytes.fromByteArrayUnsafe(new byte[MEGABYTE]))
            .build();
    return done(bed.cloud()
                .kinesis
                .putRecords(r -> r.streamName(stream).records(Collections.nCopies(3, entry))))
            .failedRecordCount()
        == 0;
  }

  /** Whether a record comes back whole, with its time, if the SDK is let speak CBOR. */
  private boolean understandsCbor() {
    String stream = bed.resources().stream(1);
    String text = bed.put(stream, 1).get(0);
    String shard = bed.shards(stream).get(0).shardId();
    String before = System.getProperty(CBOR);
    System.setProperty(CBOR, "true");
    try (KinesisAsyncClient cbor = client(Protocol.HTTP1_1)) {
      String iterator =
          done(cbor.getShardIterator(
                  r ->
                      r.streamName(stream)
                          .shardId(shard)
                          .shardIteratorType(ShardIteratorType.TRIM_HORIZON)))
              .shardIterator();
      Record record = done(cbor.getRecords(r -> r.shardIterator(iterator))).records().get(0);
      return record.data().asUtf8String().equals(text)
          && record.approximateArrivalTimestamp().isAfter(YEARS_AGO);
    } catch (RuntimeException e) {
      return false;
    } finally {
      if (before == null) {
        System.clearProperty(CBOR);
      } else {
        System.setProperty(CBOR, before);
      }
    }
  }

  private boolean speaksHttp2() throws InterruptedException {
    try (KinesisAsyncClient http2 = client(Protocol.HTTP2)) {
      http2.listStreams().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      return true;
    } catch (ExecutionException | TimeoutException e) {
      return false;
    }
  }

  /** HTTP/2 on plain HTTP is with prior knowledge. */
  private KinesisAsyncClient client(Protocol protocol) {
    var builder =
        KinesisAsyncClient.builder()
            .region(Region.of(bed.services().region()))
            .credentialsProvider(bed.services().credentials())
            .overrideConfiguration(o -> o.apiCallTimeout(PATIENCE).apiCallAttemptTimeout(PATIENCE))
            .httpClientBuilder(NettyNioAsyncHttpClient.builder().protocol(protocol));
    bed.services().endpoint("kinesis").ifPresent(builder::endpointOverride);
    return builder.build();
  }

  /** Whether a record comes by itself. */
  private boolean subscribes() throws Exception {
    String stream = bed.resources().stream(1);
    bed.put(stream, 1);
    AtomicInteger records = new AtomicInteger();
    try (KinesisAsyncClient http2 = client(Protocol.HTTP2)) {
      String streamArn =
          done(bed.cloud().kinesis.describeStreamSummary(r -> r.streamName(stream)))
              .streamDescriptionSummary()
              .streamARN();
      String consumer =
          done(bed.cloud()
                  .kinesis
                  .registerStreamConsumer(r -> r.streamARN(streamArn).consumerName("probe")))
              .consumer()
              .consumerARN();
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  done(bed.cloud().kinesis.describeStreamConsumer(r -> r.consumerARN(consumer)))
                          .consumerDescription()
                          .consumerStatus()
                      == ConsumerStatus.ACTIVE);
      CompletableFuture<Void> got = new CompletableFuture<>();
      CompletableFuture<Void> ended =
          http2.subscribeToShard(
              r ->
                  r.consumerARN(consumer)
                      .shardId(bed.shards(stream).get(0).shardId())
                      .startingPosition(p -> p.type(ShardIteratorType.TRIM_HORIZON)),
              SubscribeToShardResponseHandler.builder()
                  .onError(got::completeExceptionally)
                  .subscriber(
                      event -> {
                        if (event instanceof SubscribeToShardEvent page
                            && records.addAndGet(page.records().size()) > 0) {
                          got.complete(null);
                        }
                      })
                  .build());
      got.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      ended.cancel(true);
      return true;
    } catch (ExecutionException | TimeoutException | RuntimeException e) {
      return false;
    }
  }
}
