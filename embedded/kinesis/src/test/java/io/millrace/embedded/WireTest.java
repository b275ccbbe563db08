package io.millrace.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.ExpiredNextTokenException;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.KinesisException;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.ListStreamsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardFilterType;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StreamDescriptionSummary;
import software.amazon.awssdk.services.kinesis.model.StreamMode;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;

/** Every operation through the clients of the AWS SDK, with their default settings and in JSON. */
@ParameterizedClass
@EnumSource(Clients.class)
class WireTest {
  private static final Instant START = Instant.parse("2026-03-01T12:00:00.250Z");
  private static final String FIRST = "shardId-000000000000";

  private static KinesisClient client;
  private static EmbeddedKinesis kinesis;
  private static final ManualClock clock = new ManualClock(START);

  @Parameter Clients clients;
  private String stream;
  private static int streams;

  @BeforeParameterizedClassInvocation
  static void start(Clients clients) {
    kinesis =
        EmbeddedKinesis.builder()
            .clock(clock)
            .transitionDelay(Duration.ofSeconds(5))
            .shardLimit(2_000)
            .start();
    client = clients.connect(kinesis.endpoint());
  }

  @AfterParameterizedClassInvocation
  static void stop() {
    client.close();
    kinesis.close();
  }

  @BeforeEach
  void create() {
    clock.set(START);
    stream = "stream-" + ++streams;
    kinesis.createStream(stream, 2);
  }

  @AfterEach
  void delete() {
    clock.set(START.plus(Duration.ofDays(3)));
    kinesis.listShards(stream);
    kinesis.deleteStream(stream);
  }

  // streams

  @Test
  void a_stream_is_creating_then_active_then_deleting_then_gone() {
    String name = stream + "-new";
    client.createStream(r -> r.streamName(name).shardCount(3));
    assertThat(status(name)).isEqualTo(StreamStatus.CREATING);
    assertThat(client.describeStream(r -> r.streamName(name)).streamDescription().shards())
        .isEmpty();

    clock.advance(Duration.ofSeconds(5));
    assertThat(status(name)).isEqualTo(StreamStatus.ACTIVE);

    client.deleteStream(r -> r.streamName(name));
    assertThat(status(name)).isEqualTo(StreamStatus.DELETING);

    clock.advance(Duration.ofSeconds(5));
    assertThatThrownBy(() -> status(name))
        .isInstanceOf(ResourceNotFoundException.class)
        .hasMessageContaining("Stream " + name + " under account 000000000000 not found.");
  }

  @Test
  void a_stream_created_again_counts_its_shards_anew_and_has_another_creation_time() {
    clock.advance(Duration.ofSeconds(7));
    kinesis.deleteStream(stream);
    kinesis.createStream(stream, 1);

    assertThat(summary().streamCreationTimestamp()).isEqualTo(START.plusSeconds(7));
    assertThat(shardIds()).containsExactly(FIRST);
  }

  @Test
  void describing_a_stream_shows_its_properties_and_pages_its_shards() {
    var whole = client.describeStream(r -> r.streamName(stream)).streamDescription();
    var first = client.describeStream(r -> r.streamName(stream).limit(1)).streamDescription();
    var rest =
        client
            .describeStream(r -> r.streamName(stream).exclusiveStartShardId(FIRST))
            .streamDescription();

    assertThat(whole.streamARN())
        .isEqualTo("arn:aws:kinesis:us-east-1:000000000000:stream/" + stream);
    assertThat(whole.retentionPeriodHours()).isEqualTo(24);
    assertThat(whole.streamCreationTimestamp()).isEqualTo(START);
    assertThat(whole.hasMoreShards()).isFalse();
    assertThat(whole.shards()).hasSize(2);
    assertThat(first.hasMoreShards()).isTrue();
    assertThat(first.shards()).extracting(Shard::shardId).containsExactly(FIRST);
    assertThat(rest.shards()).extracting(Shard::shardId).containsExactly("shardId-000000000001");
  }

  @Test
  void a_summary_counts_open_shards_and_the_stream_may_be_named_by_its_arn() {
    kinesis.split(stream, FIRST);
    StreamDescriptionSummary summary =
        client
            .describeStreamSummary(r -> r.streamARN(summary().streamARN()))
            .streamDescriptionSummary();

    assertThat(summary.openShardCount()).isEqualTo(3);
    assertThat(summary.streamName()).isEqualTo(stream);
    assertThat(summary.streamModeDetails().streamMode()).isEqualTo(StreamMode.PROVISIONED);
  }

  @Test
  void streams_are_listed_by_name_in_pages() {
    for (int i = 0; i < 5; i++) {
      kinesis.createStream("list-" + stream + "-" + i, 1);
    }
    List<String> names = new ArrayList<>();
    ListStreamsResponse page = client.listStreams(r -> r.limit(2));
    names.addAll(page.streamNames());
    while (page.hasMoreStreams()) {
      String token = page.nextToken();
      page = client.listStreams(r -> r.limit(2).nextToken(token));
      names.addAll(page.streamNames());
    }

    assertThat(names).isSorted().doesNotHaveDuplicates().contains(stream);
    assertThat(names.stream().filter(name -> name.startsWith("list-" + stream + "-"))).hasSize(5);
  }

  @Test
  void creating_a_stream_twice_or_with_too_many_shards_is_refused() {
    assertThatThrownBy(() -> client.createStream(r -> r.streamName(stream).shardCount(1)))
        .isInstanceOf(ResourceInUseException.class)
        .hasMessageContaining("already exists");
    assertThatThrownBy(() -> client.createStream(r -> r.streamName("big").shardCount(2_001)))
        .isInstanceOf(LimitExceededException.class);
  }

  @Test
  void retention_is_raised_and_lowered_within_its_bounds() {
    client.increaseStreamRetentionPeriod(r -> r.streamName(stream).retentionPeriodHours(48));
    assertThat(summary().retentionPeriodHours()).isEqualTo(48);
    client.decreaseStreamRetentionPeriod(r -> r.streamName(stream).retentionPeriodHours(24));
    assertThat(summary().retentionPeriodHours()).isEqualTo(24);

    assertThatThrownBy(
            () ->
                client.decreaseStreamRetentionPeriod(
                    r -> r.streamName(stream).retentionPeriodHours(23)))
        .isInstanceOf(InvalidArgumentException.class);
  }

  // records

  @Test
  void a_record_comes_back_as_it_was_put() {
    byte[] data = new byte[256];
    IntStream.range(0, 256).forEach(i -> data[i] = (byte) i);
    PutRecordResponse put =
        client.putRecord(
            r ->
                r.streamName(stream)
                    .partitionKey("ключ-🙂")
                    .explicitHashKey("0")
                    .data(SdkBytes.fromByteArray(data)));

    GetRecordsResponse read = read(FIRST);
    Record record = read.records().get(0);

    assertThat(put.shardId()).isEqualTo(FIRST);
    assertThat(record.sequenceNumber()).isEqualTo(put.sequenceNumber()).hasSize(56);
    assertThat(record.partitionKey()).isEqualTo("ключ-🙂");
    assertThat(record.data().asByteArray()).isEqualTo(data);
    assertThat(record.approximateArrivalTimestamp()).isEqualTo(START);
    assertThat(read.millisBehindLatest()).isZero();
    assertThat(read.nextShardIterator()).isNotNull();
    assertThat(read.hasChildShards()).isFalse();
  }

  @Test
  void a_batch_keeps_its_order_and_answers_entry_by_entry() {
    List<PutRecordsRequestEntry> entries =
        IntStream.range(0, 500).mapToObj(i -> entry("key-" + i, "value-" + i)).toList();
    PutRecordsResponse put = client.putRecords(r -> r.streamName(stream).records(entries));

    List<Record> all = new ArrayList<>(read(FIRST).records());
    all.addAll(read("shardId-000000000001").records());

    assertThat(put.failedRecordCount()).isZero();
    assertThat(put.records()).hasSize(500);
    assertThat(all).hasSize(500);
    Map<String, String> keys = new HashMap<>();
    all.forEach(record -> keys.put(record.sequenceNumber() + record.partitionKey(), ""));
    for (int i = 0; i < 500; i++) {
      assertThat(keys).containsKey(put.records().get(i).sequenceNumber() + "key-" + i);
    }
    assertThat(read(FIRST).records()).extracting(Record::sequenceNumber).isSorted();
  }

  @Test
  void a_batch_of_ten_mebibytes_passes_and_is_read_in_pages() {
    byte[] megabyte = new byte[1024 * 1024 - 100];
    List<PutRecordsRequestEntry> entries =
        IntStream.range(0, 10)
            .mapToObj(
                i ->
                    PutRecordsRequestEntry.builder()
                        .partitionKey("k")
                        .explicitHashKey("0")
                        .data(SdkBytes.fromByteArrayUnsafe(megabyte))
                        .build())
            .toList();
    client.putRecords(r -> r.streamName(stream).records(entries));
    put("k", "x".repeat(2_000), "0");

    GetRecordsResponse first = read(FIRST);
    GetRecordsResponse second = client.getRecords(r -> r.shardIterator(first.nextShardIterator()));

    assertThat(first.records().size()).isEqualTo(10);
    assertThat(first.millisBehindLatest()).isPositive();
    assertThat(first.records().size() + second.records().size()).isEqualTo(11);
    assertThat(second.millisBehindLatest()).isZero();
  }

  @Test
  void a_limit_bounds_a_page() {
    IntStream.range(0, 5).forEach(i -> put("k", "v" + i, "0"));
    String iterator = iterator(FIRST, ShardIteratorType.TRIM_HORIZON);

    GetRecordsResponse first = client.getRecords(r -> r.shardIterator(iterator).limit(2));
    GetRecordsResponse rest = client.getRecords(r -> r.shardIterator(first.nextShardIterator()));

    assertThat(texts(first)).containsExactly("v0", "v1");
    assertThat(texts(rest)).containsExactly("v2", "v3", "v4");
  }

  @Test
  void every_type_of_iterator_starts_where_it_says() {
    String first = put("k", "first", "0");
    clock.advance(Duration.ofSeconds(10));
    String latest = iterator(FIRST, ShardIteratorType.LATEST);
    put("k", "second", "0");
    clock.advance(Duration.ofSeconds(10));

    assertThat(texts(read(FIRST))).containsExactly("first", "second");
    assertThat(texts(client.getRecords(r -> r.shardIterator(latest)))).containsExactly("second");
    assertThat(texts(readFrom(FIRST, ShardIteratorType.AT_SEQUENCE_NUMBER, first)))
        .containsExactly("first", "second");
    assertThat(texts(readFrom(FIRST, ShardIteratorType.AFTER_SEQUENCE_NUMBER, first)))
        .containsExactly("second");
    assertThat(texts(readAt(START))).containsExactly("first", "second");
    assertThat(texts(readAt(START.plusMillis(1)))).containsExactly("second");
    assertThat(texts(readAt(START.plusSeconds(15)))).isEmpty();
  }

  @Test
  void numbers_of_removed_records_and_the_first_number_of_a_shard_are_places_too() {
    String first = put("k", "first", "0");
    String second = put("k", "second", "0");
    String third = put("k", "third", "0");
    kinesis.trim(stream, FIRST, third);
    String starting = shards().get(0).sequenceNumberRange().startingSequenceNumber();

    for (String number : List.of(starting, first, second, third)) {
      assertThat(texts(readFrom(FIRST, ShardIteratorType.AT_SEQUENCE_NUMBER, number)))
          .containsExactly("third");
    }
    assertThat(texts(readFrom(FIRST, ShardIteratorType.AFTER_SEQUENCE_NUMBER, third))).isEmpty();
  }

  @Test
  void records_past_retention_are_gone_from_the_trim_horizon() {
    put("k", "old", "0");
    clock.advance(Duration.ofHours(23));
    put("k", "young", "0");
    clock.advance(Duration.ofHours(2));

    assertThat(texts(read(FIRST))).containsExactly("young");
  }

  @Test
  void an_iterator_expires_after_five_minutes() {
    String iterator = iterator(FIRST, ShardIteratorType.TRIM_HORIZON);
    clock.advance(Duration.ofMinutes(5));
    client.getRecords(r -> r.shardIterator(iterator));
    clock.advance(Duration.ofMillis(1));

    assertThatThrownBy(() -> client.getRecords(r -> r.shardIterator(iterator)))
        .isInstanceOf(ExpiredIteratorException.class)
        .hasMessageContaining("Iterator expired");
  }

  @Test
  void a_broken_iterator_is_an_invalid_argument() {
    String iterator = iterator(FIRST, ShardIteratorType.LATEST);
    for (String broken : List.of("nonsense", iterator.substring(4), iterator + "AAAA")) {
      assertThatThrownBy(() -> client.getRecords(r -> r.shardIterator(broken)))
          .isInstanceOf(InvalidArgumentException.class)
          .hasMessageContaining("Invalid ShardIterator.");
    }
  }

  @Test
  void an_iterator_does_not_outlive_its_stream() {
    String iterator = iterator(FIRST, ShardIteratorType.LATEST);
    kinesis.deleteStream(stream);
    kinesis.createStream(stream, 1);

    assertThatThrownBy(() -> client.getRecords(r -> r.shardIterator(iterator)))
        .isInstanceOf(ResourceNotFoundException.class);
  }

  @Test
  void a_number_of_another_shard_is_an_invalid_argument() {
    String number = put("k", "v", "0");

    assertThatThrownBy(
            () -> readFrom("shardId-000000000001", ShardIteratorType.AT_SEQUENCE_NUMBER, number))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining(
            "It encodes shardId-000000000000, while it was used in a call to a shard with"
                + " shardId-000000000001");
    assertThatThrownBy(() -> readFrom(FIRST, ShardIteratorType.AT_SEQUENCE_NUMBER, "12345"))
        .isInstanceOf(InvalidArgumentException.class);
  }

  @Test
  void an_iterator_with_missing_or_superfluous_arguments_is_refused() {
    assertThatThrownBy(() -> iterator(FIRST, ShardIteratorType.AT_SEQUENCE_NUMBER))
        .isInstanceOf(InvalidArgumentException.class);
    assertThatThrownBy(() -> iterator(FIRST, ShardIteratorType.AT_TIMESTAMP))
        .isInstanceOf(InvalidArgumentException.class);
    assertThatThrownBy(() -> readFrom(FIRST, ShardIteratorType.LATEST, "1"))
        .isInstanceOf(InvalidArgumentException.class);
    assertThatThrownBy(() -> readAt(START.plusSeconds(1)))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining("cannot be greater than the currentTimestampInMillis");
    assertThatThrownBy(() -> iterator("shardId-000000000009", ShardIteratorType.LATEST))
        .isInstanceOf(ResourceNotFoundException.class)
        .hasMessageContaining("shardId-000000000009");
  }

  @Test
  void an_unknown_stream_is_not_found_whatever_is_asked() {
    assertThatThrownBy(
            () ->
                client.putRecord(
                    r -> r.streamName("none").partitionKey("k").data(SdkBytes.fromUtf8String(""))))
        .isInstanceOf(ResourceNotFoundException.class)
        .hasMessageContaining("Stream none under account 000000000000 not found.");
    assertThatThrownBy(() -> client.listShards(r -> r.streamName("none")))
        .isInstanceOf(ResourceNotFoundException.class);
    assertThatThrownBy(() -> client.deleteStream(r -> r.streamName("none")))
        .isInstanceOf(ResourceNotFoundException.class);
  }

  @Test
  void violated_constraints_are_named_all_at_once() {
    assertThatThrownBy(
            () -> client.putRecord(r -> r.streamName("no stream").partitionKey("k".repeat(257))))
        .isInstanceOfSatisfying(
            KinesisException.class,
            e -> {
              assertThat(e.statusCode()).isEqualTo(400);
              assertThat(e.requestId()).isNotBlank();
              assertThat(e.awsErrorDetails().errorCode()).isEqualTo("ValidationException");
              assertThat(e.awsErrorDetails().errorMessage())
                  .startsWith("3 validation errors detected: ")
                  .contains("at 'partitionKey' failed to satisfy constraint: Member must have")
                  .contains("Value null at 'data'")
                  .contains("Value 'no stream' at 'streamName'");
            });
  }

  @Test
  void sizes_of_records_and_batches_are_bounded() {
    SdkBytes tooBig = SdkBytes.fromByteArrayUnsafe(new byte[1024 * 1024 + 1]);
    assertThatThrownBy(
            () -> client.putRecord(r -> r.streamName(stream).partitionKey("k").data(tooBig)))
        .hasMessageContaining("less than or equal to 1048576");
    List<PutRecordsRequestEntry> tooMany =
        IntStream.range(0, 501).mapToObj(i -> entry("k", "v")).toList();
    assertThatThrownBy(() -> client.putRecords(r -> r.streamName(stream).records(tooMany)))
        .hasMessageContaining("less than or equal to 500");
    SdkBytes mebibyte = SdkBytes.fromByteArrayUnsafe(new byte[1024 * 1024]);
    List<PutRecordsRequestEntry> tooHeavy =
        IntStream.range(0, 10)
            .mapToObj(i -> entry("k", "v").toBuilder().data(mebibyte).build())
            .toList();
    assertThatThrownBy(() -> client.putRecords(r -> r.streamName(stream).records(tooHeavy)))
        .isInstanceOf(InvalidArgumentException.class);
    assertThatThrownBy(() -> put("k", "v", "340282366920938463463374607431768211456"))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining("ExplicitHashKey");
  }

  // resharding

  @Test
  void a_split_closes_the_parent_whose_end_leads_to_its_children() {
    put("k", "before", "0");
    client.splitShard(r -> r.streamName(stream).shardToSplit(FIRST).newStartingHashKey("1000"));
    assertThat(status(stream)).isEqualTo(StreamStatus.UPDATING);
    put("k", "meanwhile", "0");
    clock.advance(Duration.ofSeconds(5));
    put("k", "after", "0");

    GetRecordsResponse parent = read(FIRST);
    assertThat(texts(parent)).containsExactly("before", "meanwhile");
    assertThat(parent.nextShardIterator()).isNull();
    assertThat(parent.childShards())
        .extracting(ChildShard::shardId)
        .containsExactly("shardId-000000000002", "shardId-000000000003");
    assertThat(parent.childShards().get(1).parentShards()).containsExactly(FIRST);
    assertThat(parent.childShards().get(1).hashKeyRange().startingHashKey()).isEqualTo("1000");
    assertThat(texts(read("shardId-000000000002"))).containsExactly("after");

    Shard closed = shards().get(0);
    assertThat(closed.sequenceNumberRange().endingSequenceNumber()).hasSize(56);
    assertThat(
            readFrom(
                    FIRST,
                    ShardIteratorType.AFTER_SEQUENCE_NUMBER,
                    closed.sequenceNumberRange().endingSequenceNumber())
                .nextShardIterator())
        .isNull();
    assertThat(shards().get(2).parentShardId()).isEqualTo(FIRST);
    assertThat(shards().get(2).adjacentParentShardId()).isNull();
  }

  @Test
  void a_merge_makes_one_child_of_two_parents() {
    client.mergeShards(
        r -> r.streamName(stream).shardToMerge(FIRST).adjacentShardToMerge("shardId-000000000001"));
    clock.advance(Duration.ofSeconds(5));

    Shard child = shards().get(2);
    assertThat(child.parentShardId()).isEqualTo(FIRST);
    assertThat(child.adjacentParentShardId()).isEqualTo("shardId-000000000001");
    assertThat(child.hashKeyRange().startingHashKey()).isEqualTo("0");
    assertThat(child.hashKeyRange().endingHashKey())
        .isEqualTo("340282366920938463463374607431768211455");
    assertThat(read("shardId-000000000001").childShards().get(0).parentShards())
        .containsExactly(FIRST, "shardId-000000000001");
  }

  @Test
  void resharding_that_makes_no_sense_is_refused() {
    assertThatThrownBy(
            () ->
                client.splitShard(
                    r -> r.streamName(stream).shardToSplit(FIRST).newStartingHashKey("0")))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining("NewStartingHashKey 0");
    kinesis.split(stream, FIRST);
    assertThatThrownBy(() -> merge("shardId-000000000002", "shardId-000000000001"))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining("not an adjacent pair");
    assertThatThrownBy(() -> merge(FIRST, "shardId-000000000001"))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining("already been merged or split");
    merge("shardId-000000000002", "shardId-000000000003");
    assertThatThrownBy(() -> merge("shardId-000000000003", "shardId-000000000001"))
        .isInstanceOf(ResourceInUseException.class)
        .hasMessageContaining("not ACTIVE, instead in state UPDATING");
  }

  @Test
  void closed_shards_vanish_once_retention_has_passed_them() {
    kinesis.split(stream, FIRST);
    clock.advance(Duration.ofHours(24));
    assertThat(shardIds()).contains(FIRST);
    clock.advance(Duration.ofSeconds(1));

    assertThat(shardIds())
        .containsExactly("shardId-000000000001", "shardId-000000000002", "shardId-000000000003");
    assertThat(shards().get(1).parentShardId()).isEqualTo(FIRST);
    assertThatThrownBy(() -> iterator(FIRST, ShardIteratorType.TRIM_HORIZON))
        .isInstanceOf(ResourceNotFoundException.class);
  }

  // ListShards

  @Test
  void shards_are_listed_in_pages_by_token_alone() {
    String many = stream + "-many";
    kinesis.createStream(many, 1_500);
    ListShardsResponse whole = client.listShards(r -> r.streamName(many));
    ListShardsResponse page = client.listShards(r -> r.streamName(many).maxResults(700));
    List<String> ids = new ArrayList<>(page.shards().stream().map(Shard::shardId).toList());
    while (page.nextToken() != null) {
      String token = page.nextToken();
      page = client.listShards(r -> r.nextToken(token).maxResults(700));
      ids.addAll(page.shards().stream().map(Shard::shardId).toList());
    }

    assertThat(whole.shards()).hasSize(1_000);
    assertThat(ids).hasSize(1_500).isSorted().doesNotHaveDuplicates();
    kinesis.deleteStream(many);
  }

  @Test
  void a_token_is_refused_with_a_name_and_expires() {
    String token = client.listShards(r -> r.streamName(stream).maxResults(1)).nextToken();

    assertThatThrownBy(() -> client.listShards(r -> r.streamName(stream).nextToken(token)))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining("NextToken and StreamName cannot be provided together.");
    assertThatThrownBy(() -> client.listShards(r -> r.nextToken("nonsense")))
        .isInstanceOf(InvalidArgumentException.class);
    clock.advance(Duration.ofSeconds(301));
    assertThatThrownBy(() -> client.listShards(r -> r.nextToken(token)))
        .isInstanceOf(ExpiredNextTokenException.class);
  }

  @Test
  void every_shard_filter_selects_what_it_says() {
    clock.advance(Duration.ofHours(1));
    kinesis.split(stream, FIRST);
    clock.advance(Duration.ofHours(1));

    assertThat(filtered(ShardFilterType.AT_LATEST, null)).containsExactly(1, 2, 3);
    assertThat(filtered(ShardFilterType.AT_TRIM_HORIZON, null)).containsExactly(0, 1);
    assertThat(filtered(ShardFilterType.FROM_TRIM_HORIZON, null)).containsExactly(0, 1, 2, 3);
    assertThat(filtered(ShardFilterType.AT_TIMESTAMP, START.plusSeconds(60))).containsExactly(0, 1);
    assertThat(filtered(ShardFilterType.AT_TIMESTAMP, START.plusSeconds(5_000)))
        .containsExactly(1, 2, 3);
    assertThat(filtered(ShardFilterType.FROM_TIMESTAMP, START.plusSeconds(60)))
        .containsExactly(0, 1, 2, 3);
    assertThat(filtered(ShardFilterType.FROM_TIMESTAMP, START.plusSeconds(5_000)))
        .containsExactly(1, 2, 3);
    assertThat(filtered(ShardFilterType.AT_TIMESTAMP, START.minusSeconds(5_000)))
        .containsExactly(0, 1);
    assertThat(
            client
                .listShards(
                    r ->
                        r.streamName(stream)
                            .shardFilter(
                                f ->
                                    f.type(ShardFilterType.AFTER_SHARD_ID)
                                        .shardId("shardId-000000000001")))
                .shards())
        .hasSize(2);
    assertThat(
            client
                .listShards(r -> r.streamName(stream).exclusiveStartShardId("shardId-000000000002"))
                .shards())
        .hasSize(1);
  }

  @Test
  void the_creation_time_tells_streams_of_one_name_apart() {
    assertThat(client.listShards(r -> r.streamName(stream).streamCreationTimestamp(START)).shards())
        .hasSize(2);
    assertThatThrownBy(
            () ->
                client.listShards(
                    r -> r.streamName(stream).streamCreationTimestamp(START.minusSeconds(9))))
        .isInstanceOf(ResourceNotFoundException.class);
  }

  @Test
  void an_incomplete_filter_is_refused() {
    assertThatThrownBy(() -> filtered(ShardFilterType.AT_TIMESTAMP, null))
        .isInstanceOf(InvalidArgumentException.class);
    assertThatThrownBy(() -> filtered(ShardFilterType.AFTER_SHARD_ID, null))
        .isInstanceOf(InvalidArgumentException.class);
  }

  // helpers

  private StreamStatus status(String name) {
    return client
        .describeStreamSummary(r -> r.streamName(name))
        .streamDescriptionSummary()
        .streamStatus();
  }

  private StreamDescriptionSummary summary() {
    return client.describeStreamSummary(r -> r.streamName(stream)).streamDescriptionSummary();
  }

  private List<Shard> shards() {
    return client.listShards(r -> r.streamName(stream)).shards();
  }

  private List<String> shardIds() {
    return shards().stream().map(Shard::shardId).toList();
  }

  private List<Integer> filtered(ShardFilterType type, Instant timestamp) {
    return client
        .listShards(r -> r.streamName(stream).shardFilter(f -> f.type(type).timestamp(timestamp)))
        .shards()
        .stream()
        .map(shard -> Integer.parseInt(shard.shardId().substring(8)))
        .toList();
  }

  private void merge(String shard, String adjacent) {
    client.mergeShards(
        r -> r.streamName(stream).shardToMerge(shard).adjacentShardToMerge(adjacent));
  }

  private String put(String key, String value, String explicitHashKey) {
    return client
        .putRecord(
            r ->
                r.streamName(stream)
                    .partitionKey(key)
                    .explicitHashKey(explicitHashKey)
                    .data(SdkBytes.fromUtf8String(value)))
        .sequenceNumber();
  }

  private static PutRecordsRequestEntry entry(String key, String value) {
    return PutRecordsRequestEntry.builder()
        .partitionKey(key)
        .data(SdkBytes.fromString(value, StandardCharsets.UTF_8))
        .build();
  }

  private String iterator(String shard, ShardIteratorType type) {
    return client
        .getShardIterator(r -> r.streamName(stream).shardId(shard).shardIteratorType(type))
        .shardIterator();
  }

  private GetRecordsResponse read(String shard) {
    String iterator = iterator(shard, ShardIteratorType.TRIM_HORIZON);
    return client.getRecords(r -> r.shardIterator(iterator));
  }

  private GetRecordsResponse readFrom(String shard, ShardIteratorType type, String number) {
    String iterator =
        client
            .getShardIterator(
                r ->
                    r.streamName(stream)
                        .shardId(shard)
                        .shardIteratorType(type)
                        .startingSequenceNumber(number))
            .shardIterator();
    return client.getRecords(r -> r.shardIterator(iterator));
  }

  private GetRecordsResponse readAt(Instant time) {
    String iterator =
        client
            .getShardIterator(
                r ->
                    r.streamName(stream)
                        .shardId(FIRST)
                        .shardIteratorType(ShardIteratorType.AT_TIMESTAMP)
                        .timestamp(time))
            .shardIterator();
    return client.getRecords(r -> r.shardIterator(iterator));
  }

  private static List<String> texts(GetRecordsResponse response) {
    return response.records().stream().map(record -> record.data().asUtf8String()).toList();
  }
}
