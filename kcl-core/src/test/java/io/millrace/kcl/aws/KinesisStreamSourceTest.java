package io.millrace.kcl.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.millrace.checkpoint.SequenceNumber;
import io.millrace.kcl.ManualClock;
import io.millrace.kcl.stream.ReadResult;
import io.millrace.kcl.stream.ShardListFilter;
import io.millrace.kcl.stream.StartPosition;
import io.millrace.kcl.stream.StreamDescription;
import io.millrace.kcl.stream.StreamException;
import io.millrace.kcl.stream.StreamRecord;
import io.millrace.lease.HashKeyRange;
import io.millrace.lease.LeaseKey;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentCaptor;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryRequest;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryResponse;
import software.amazon.awssdk.services.kinesis.model.GetRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorResponse;
import software.amazon.awssdk.services.kinesis.model.ListShardsRequest;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardFilterType;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;

class KinesisStreamSourceTest {

  private static final String ARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks";
  private static final LeaseKey SHARD = LeaseKey.of("shardId-000000000003");

  private final KinesisAsyncClient client = mock(KinesisAsyncClient.class);
  private final ManualClock clock = new ManualClock();
  private final KinesisStreamSource source =
      new KinesisStreamSource(client, "clicks", Optional.empty(), clock);

  private static <T> T await(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  private static StreamException failureOf(CompletionStage<?> stage) {
    Throwable failure = stage.toCompletableFuture().handle((ok, thrown) -> thrown).join();
    return (StreamException) (failure instanceof StreamException ? failure : failure.getCause());
  }

  private static DescribeStreamSummaryResponse description(SdkHttpResponse http) {
    DescribeStreamSummaryResponse.Builder answer =
        DescribeStreamSummaryResponse.builder()
            .streamDescriptionSummary(
                summary ->
                    summary
                        .streamName("clicks")
                        .streamARN(ARN)
                        .streamCreationTimestamp(Instant.ofEpochMilli(5_000))
                        .retentionPeriodHours(48)
                        .streamStatus(StreamStatus.UPDATING));
    answer.sdkHttpResponse(http);
    return answer.build();
  }

  private void describes(SdkHttpResponse http) {
    when(client.describeStreamSummary(any(DescribeStreamSummaryRequest.class)))
        .thenReturn(CompletableFuture.completedFuture(description(http)));
  }

  private static Shard.Builder shard(String id) {
    return Shard.builder()
        .shardId(id)
        .hashKeyRange(range -> range.startingHashKey("0").endingHashKey("99"))
        .sequenceNumberRange(range -> range.startingSequenceNumber("1"));
  }

  private void lists(ListShardsResponse... pages) {
    var stubbing = when(client.listShards(any(ListShardsRequest.class)));
    for (ListShardsResponse page : pages) {
      stubbing = stubbing.thenReturn(CompletableFuture.completedFuture(page));
    }
  }

  private List<ListShardsRequest> listRequests(int count) {
    ArgumentCaptor<ListShardsRequest> requests = ArgumentCaptor.forClass(ListShardsRequest.class);
    verify(client, times(count)).listShards(requests.capture());
    return requests.getAllValues();
  }

  private GetShardIteratorRequest opened(StartPosition position) {
    when(client.getShardIterator(any(GetShardIteratorRequest.class)))
        .thenReturn(
            CompletableFuture.completedFuture(
                GetShardIteratorResponse.builder().shardIterator("iterator-1").build()));
    assertThat(await(source.open(SHARD, position))).isEqualTo("iterator-1");
    ArgumentCaptor<GetShardIteratorRequest> request =
        ArgumentCaptor.forClass(GetShardIteratorRequest.class);
    verify(client).getShardIterator(request.capture());
    assertThat(request.getValue().shardId()).isEqualTo(SHARD.value());
    assertThat(request.getValue().streamName()).isEqualTo("clicks");
    return request.getValue();
  }

  @Test
  void a_description_has_the_servers_clock_from_the_date_header() {
    describes(
        SdkHttpResponse.builder()
            .statusCode(200)
            .putHeader("Date", "Tue, 03 Nov 2026 10:15:30 GMT")
            .build());
    assertThat(await(source.describe()))
        .isEqualTo(
            new StreamDescription(
                "clicks",
                ARN,
                5_000,
                48 * 3_600_000L,
                Instant.parse("2026-11-03T10:15:30Z").toEpochMilli(),
                "UPDATING"));
  }

  @Test
  void without_a_date_header_or_with_one_that_makes_no_sense_the_own_wall_clock_stands_in() {
    describes(SdkHttpResponse.builder().statusCode(200).build());
    assertThat(await(source.describe()).serverMillis()).isEqualTo(clock.wallMillis());
    describes(SdkHttpResponse.builder().statusCode(200).putHeader("Date", "soon").build());
    assertThat(await(source.describe()).serverMillis()).isEqualTo(clock.wallMillis());
  }

  @Test
  void shards_are_listed_to_the_last_page_and_later_pages_carry_only_the_token() {
    lists(
        ListShardsResponse.builder().shards(shard("shardId-0").build()).nextToken("t1").build(),
        ListShardsResponse.builder().shards(shard("shardId-1").build()).build());
    assertThat(await(source.listShards(new ShardListFilter.All())))
        .extracting(shard -> shard.id().value())
        .containsExactly("shardId-0", "shardId-1");
    List<ListShardsRequest> requests = listRequests(2);
    assertThat(requests.get(0).streamName()).isEqualTo("clicks");
    assertThat(requests.get(0).shardFilter()).isNull();
    assertThat(requests.get(1)).isEqualTo(ListShardsRequest.builder().nextToken("t1").build());
  }

  @Test
  void a_shard_has_its_parents_its_range_and_whether_it_is_open() {
    lists(
        ListShardsResponse.builder()
            .shards(
                shard("shardId-2")
                    .parentShardId("shardId-0")
                    .adjacentParentShardId("shardId-1")
                    .build(),
                shard("shardId-0")
                    .sequenceNumberRange(
                        range -> range.startingSequenceNumber("1").endingSequenceNumber("9"))
                    .build())
            .build());
    List<io.millrace.kcl.stream.Shard> shards = await(source.listShards(new ShardListFilter.All()));
    assertThat(shards.get(0).parents())
        .containsExactly(LeaseKey.of("shardId-0"), LeaseKey.of("shardId-1"));
    assertThat(shards.get(0).hashKeyRange()).isEqualTo(HashKeyRange.of("0", "99"));
    assertThat(shards.get(0).open()).isTrue();
    assertThat(shards.get(1).open()).isFalse();
    assertThat(shards.get(1).parents()).isEmpty();
  }

  @Test
  void filters_are_passed_on() {
    lists(ListShardsResponse.builder().build());
    await(source.listShards(new ShardListFilter.AtTrimHorizon()));
    await(source.listShards(new ShardListFilter.AtTimestamp(7_000)));
    List<ListShardsRequest> requests = listRequests(2);
    assertThat(requests.get(0).shardFilter().type()).isEqualTo(ShardFilterType.AT_TRIM_HORIZON);
    assertThat(requests.get(1).shardFilter().type()).isEqualTo(ShardFilterType.AT_TIMESTAMP);
    assertThat(requests.get(1).shardFilter().timestamp()).isEqualTo(Instant.ofEpochMilli(7_000));
  }

  @Test
  void a_server_whose_pages_never_end_is_given_up() {
    lists(ListShardsResponse.builder().nextToken("again").build());
    assertThat(failureOf(source.listShards(new ShardListFilter.All())))
        .hasMessageContaining("1000 pages");
  }

  @Test
  void a_shard_is_opened_at_the_trim_horizon() {
    assertThat(opened(new StartPosition.TrimHorizon()).shardIteratorType())
        .isEqualTo(ShardIteratorType.TRIM_HORIZON);
  }

  @Test
  void a_shard_is_opened_at_a_time() {
    GetShardIteratorRequest request = opened(new StartPosition.AtTimestamp(7_000));
    assertThat(request.shardIteratorType()).isEqualTo(ShardIteratorType.AT_TIMESTAMP);
    assertThat(request.timestamp()).isEqualTo(Instant.ofEpochMilli(7_000));
  }

  @Test
  void a_shard_is_opened_at_a_sequence_number() {
    GetShardIteratorRequest request =
        opened(new StartPosition.AtSequenceNumber(SequenceNumber.of("17")));
    assertThat(request.shardIteratorType()).isEqualTo(ShardIteratorType.AT_SEQUENCE_NUMBER);
    assertThat(request.startingSequenceNumber()).isEqualTo("17");
  }

  @Test
  void records_view_the_payload_of_the_answer_without_a_copy() {
    byte[] payload = "hello".getBytes(StandardCharsets.UTF_8);
    reads(
        GetRecordsResponse.builder()
            .records(
                Record.builder()
                    .partitionKey("key")
                    .sequenceNumber("21")
                    .approximateArrivalTimestamp(Instant.ofEpochMilli(9_000))
                    .encryptionType("KMS")
                    .data(SdkBytes.fromByteArrayUnsafe(payload))
                    .build())
            .nextShardIterator("iterator-2")
            .millisBehindLatest(1_234L)
            .build());
    ReadResult result = await(source.read(SHARD, "iterator-1", 500));
    StreamRecord record = result.records().get(0);
    assertThat(record.partitionKey()).isEqualTo("key");
    assertThat(record.sequenceNumber()).isEqualTo(SequenceNumber.of("21"));
    assertThat(record.arrivalMillis()).isEqualTo(9_000);
    assertThat(record.encryptionType()).isEqualTo("KMS");
    payload[0] = 'j';
    assertThat(StandardCharsets.UTF_8.decode(record.data()).toString()).isEqualTo("jello");
    assertThat(result.nextIterator()).isEqualTo("iterator-2");
    assertThat(result.millisBehindLatest()).isEqualTo(1_234);
  }

  private void reads(GetRecordsResponse answer) {
    when(client.getRecords(any(GetRecordsRequest.class)))
        .thenReturn(CompletableFuture.completedFuture(answer));
  }

  @Test
  void a_read_passes_iterator_and_limit() {
    reads(GetRecordsResponse.builder().build());
    await(source.read(SHARD, "iterator-1", 500));
    verify(client)
        .getRecords(GetRecordsRequest.builder().shardIterator("iterator-1").limit(500).build());
  }

  @Test
  void the_end_of_a_shard_has_no_iterator_and_names_the_children() {
    reads(
        GetRecordsResponse.builder()
            .childShards(
                ChildShard.builder().shardId("shardId-4").build(),
                ChildShard.builder().shardId("shardId-5").build())
            .build());
    ReadResult result = await(source.read(SHARD, "iterator-1", 500));
    assertThat(result.nextIterator()).isNull();
    assertThat(result.childShards())
        .containsExactly(LeaseKey.of("shardId-4"), LeaseKey.of("shardId-5"));
    assertThat(result.millisBehindLatest()).isZero();
  }

  @Test
  void a_stream_given_by_arn_is_asked_for_by_arn() {
    KinesisStreamSource byArn = new KinesisStreamSource(client, "clicks", Optional.of(ARN), clock);
    describes(null);
    await(byArn.describe());
    verify(client)
        .describeStreamSummary(DescribeStreamSummaryRequest.builder().streamARN(ARN).build());
  }

  @Test
  void failures_are_translated_whether_thrown_or_answered() {
    when(client.getRecords(any(GetRecordsRequest.class)))
        .thenThrow(new IllegalStateException("client is closed"))
        .thenReturn(
            CompletableFuture.failedFuture(
                ResourceNotFoundException.builder().message("no such shard").build()));
    assertThat(failureOf(source.read(SHARD, "i", 1)).kind())
        .isEqualTo(StreamException.Kind.UNAVAILABLE);
    assertThat(failureOf(source.read(SHARD, "i", 1)).kind())
        .isEqualTo(StreamException.Kind.NOT_FOUND);
  }

  @Test
  void an_answer_that_makes_no_sense_is_a_failure_and_not_an_empty_read() {
    reads(
        GetRecordsResponse.builder()
            .records(
                Record.builder()
                    .partitionKey("key")
                    .sequenceNumber("not a number")
                    .data(SdkBytes.fromUtf8String("x"))
                    .build())
            .build());
    assertThat(failureOf(source.read(SHARD, "i", 1))).hasMessageContaining("not a number");
  }
}
