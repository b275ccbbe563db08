package io.millrace.kcl.aws;

import io.millrace.checkpoint.SequenceNumber;
import io.millrace.kcl.stream.ReadResult;
import io.millrace.kcl.stream.Shard;
import io.millrace.kcl.stream.ShardListFilter;
import io.millrace.kcl.stream.StartPosition;
import io.millrace.kcl.stream.StreamDescription;
import io.millrace.kcl.stream.StreamRecord;
import io.millrace.kcl.stream.StreamSource;
import io.millrace.kcl.time.Clock;
import io.millrace.lease.HashKeyRange;
import io.millrace.lease.LeaseKey;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryRequest;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryResponse;
import software.amazon.awssdk.services.kinesis.model.GetRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.ListShardsRequest;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ShardFilter;
import software.amazon.awssdk.services.kinesis.model.ShardFilterType;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StreamDescriptionSummary;

/**
 * One stream of Kinesis. Payloads are not copied: records view the arrays that the SDK's answers
 * hold.
 */
public final class KinesisStreamSource implements StreamSource {

  /** A thousand shards a page: more pages than this is a server that repeats itself. */
  private static final int MAX_PAGES = 1_000;

  private final KinesisAsyncClient client;
  private final String streamName;
  private final String streamArn;
  private final Clock clock;
  private final StreamErrors errors;

  /**
   * @param client not closed by this object
   * @param streamArn when present, requests name the stream by it
   * @param clock its wall clock stands in where an answer carries no time
   */
  public KinesisStreamSource(
      KinesisAsyncClient client, String streamName, Optional<String> streamArn, Clock clock) {
    this.client = Objects.requireNonNull(client);
    this.streamName = streamArn.isPresent() ? null : Objects.requireNonNull(streamName);
    this.streamArn = streamArn.orElse(null);
    this.clock = Objects.requireNonNull(clock);
    this.errors = new StreamErrors(describeStream(client, streamName, streamArn));
  }

  @Override
  public CompletionStage<StreamDescription> describe() {
    DescribeStreamSummaryRequest request =
        DescribeStreamSummaryRequest.builder().streamName(streamName).streamARN(streamArn).build();
    return call(
        "DescribeStreamSummary",
        null,
        () -> client.describeStreamSummary(request),
        this::toDescription);
  }

  @Override
  public CompletionStage<List<Shard>> listShards(ShardListFilter filter) {
    ListShardsRequest first =
        ListShardsRequest.builder()
            .streamName(streamName)
            .streamARN(streamArn)
            .shardFilter(toShardFilter(filter))
            .build();
    return listPage(first, 1, List.of());
  }

  private CompletionStage<List<Shard>> listPage(
      ListShardsRequest request, int page, List<Shard> before) {
    return call("ListShards", null, () -> client.listShards(request), answer -> answer)
        .thenCompose(
            (ListShardsResponse answer) -> {
              List<Shard> shards = new ArrayList<>(before);
              try {
                answer.shards().forEach(shard -> shards.add(toShard(shard)));
              } catch (RuntimeException e) {
                throw errors.translate("ListShards", null, e);
              }
              String next = answer.nextToken();
              if (next == null) {
                return CompletableFuture.completedStage(List.copyOf(shards));
              }
              if (page >= MAX_PAGES) {
                throw errors.translate(
                    "ListShards",
                    null,
                    new IllegalStateException("no end after " + MAX_PAGES + " pages"));
              }
              // later pages carry the token and nothing else
              return listPage(
                  ListShardsRequest.builder().nextToken(next).build(), page + 1, shards);
            });
  }

  @Override
  public CompletionStage<String> open(LeaseKey shard, StartPosition position) {
    GetShardIteratorRequest.Builder request =
        GetShardIteratorRequest.builder()
            .streamName(streamName)
            .streamARN(streamArn)
            .shardId(shard.value());
    if (position instanceof StartPosition.AtTimestamp at) {
      request
          .shardIteratorType(ShardIteratorType.AT_TIMESTAMP)
          .timestamp(Instant.ofEpochMilli(at.epochMillis()));
    } else if (position instanceof StartPosition.AtSequenceNumber at) {
      request
          .shardIteratorType(ShardIteratorType.AT_SEQUENCE_NUMBER)
          .startingSequenceNumber(at.sequenceNumber().digits());
    } else {
      request.shardIteratorType(ShardIteratorType.TRIM_HORIZON);
    }
    return call(
        "GetShardIterator",
        shard,
        () -> client.getShardIterator(request.build()),
        answer -> Objects.requireNonNull(answer.shardIterator(), "no iterator in the answer"));
  }

  @Override
  public CompletionStage<ReadResult> read(LeaseKey shard, String iterator, int limit) {
    GetRecordsRequest request =
        GetRecordsRequest.builder()
            .streamARN(streamArn)
            .shardIterator(iterator)
            .limit(limit)
            .build();
    return call("GetRecords", shard, () -> client.getRecords(request), this::toReadResult);
  }

  private <A, R> CompletionStage<R> call(
      String operation,
      LeaseKey shard,
      Supplier<CompletableFuture<A>> request,
      Function<A, R> convert) {
    CompletableFuture<A> answer;
    try {
      answer = request.get();
    } catch (RuntimeException e) {
      answer = CompletableFuture.failedFuture(e);
    }
    return answer.handle(
        (value, failure) -> {
          if (failure != null) {
            throw errors.translate(operation, shard, failure);
          }
          try {
            return convert.apply(value);
          } catch (RuntimeException e) {
            throw errors.translate(operation, shard, e);
          }
        });
  }

  private StreamDescription toDescription(DescribeStreamSummaryResponse answer) {
    StreamDescriptionSummary summary = answer.streamDescriptionSummary();
    return new StreamDescription(
        summary.streamName(),
        summary.streamARN(),
        summary.streamCreationTimestamp().toEpochMilli(),
        Duration.ofHours(summary.retentionPeriodHours()).toMillis(),
        serverMillis(answer),
        summary.streamStatusAsString());
  }

  /** The server's clock, from the answer's {@code Date} header, which has whole seconds. */
  private long serverMillis(DescribeStreamSummaryResponse answer) {
    if (answer.sdkHttpResponse() != null) {
      Optional<String> date = answer.sdkHttpResponse().firstMatchingHeader("Date");
      if (date.isPresent()) {
        try {
          return ZonedDateTime.parse(date.get(), DateTimeFormatter.RFC_1123_DATE_TIME)
              .toInstant()
              .toEpochMilli();
        } catch (DateTimeParseException e) {
          return clock.wallMillis();
        }
      }
    }
    return clock.wallMillis();
  }

  private static ShardFilter toShardFilter(ShardListFilter filter) {
    if (filter instanceof ShardListFilter.AtTrimHorizon) {
      return ShardFilter.builder().type(ShardFilterType.AT_TRIM_HORIZON).build();
    }
    if (filter instanceof ShardListFilter.AtTimestamp at) {
      return ShardFilter.builder()
          .type(ShardFilterType.AT_TIMESTAMP)
          .timestamp(Instant.ofEpochMilli(at.epochMillis()))
          .build();
    }
    return null; // without a filter the server lists every shard that it still knows
  }

  private static Shard toShard(software.amazon.awssdk.services.kinesis.model.Shard shard) {
    SortedSet<LeaseKey> parents = new TreeSet<>();
    if (shard.parentShardId() != null) {
      parents.add(LeaseKey.of(shard.parentShardId()));
    }
    if (shard.adjacentParentShardId() != null) {
      parents.add(LeaseKey.of(shard.adjacentParentShardId()));
    }
    return new Shard(
        LeaseKey.of(shard.shardId()),
        parents,
        HashKeyRange.of(
            shard.hashKeyRange().startingHashKey(), shard.hashKeyRange().endingHashKey()),
        shard.sequenceNumberRange() == null
            || shard.sequenceNumberRange().endingSequenceNumber() == null);
  }

  private ReadResult toReadResult(GetRecordsResponse answer) {
    List<StreamRecord> records = new ArrayList<>(answer.records().size());
    for (Record record : answer.records()) {
      records.add(toRecord(record));
    }
    List<LeaseKey> children = new ArrayList<>();
    for (ChildShard child : answer.childShards()) {
      children.add(LeaseKey.of(child.shardId()));
    }
    return new ReadResult(
        records,
        answer.nextShardIterator(),
        children,
        answer.millisBehindLatest() == null ? 0 : answer.millisBehindLatest());
  }

  private StreamRecord toRecord(Record record) {
    Instant arrival = record.approximateArrivalTimestamp();
    return new StreamRecord(
        record.partitionKey(),
        null,
        SequenceNumber.of(record.sequenceNumber()),
        0,
        arrival == null ? clock.wallMillis() : arrival.toEpochMilli(),
        record.encryptionTypeAsString(),
        record.data().asByteBuffer());
  }

  /** How messages name the stream. */
  private static String describeStream(
      KinesisAsyncClient client, String streamName, Optional<String> streamArn) {
    if (streamArn.isPresent()) {
      return "stream " + streamArn.get();
    }
    String where = "";
    if (client.serviceClientConfiguration() != null) {
      where =
          client
              .serviceClientConfiguration()
              .endpointOverride()
              .map(endpoint -> " at " + endpoint)
              .orElse(" in region " + client.serviceClientConfiguration().region());
    }
    return "stream '" + streamName + "'" + where;
  }
}
