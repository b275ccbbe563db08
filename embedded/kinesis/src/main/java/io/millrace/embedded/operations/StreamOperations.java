package io.millrace.embedded.operations;

import io.millrace.embedded.model.KinesisError;
import io.millrace.embedded.model.Shard;
import io.millrace.embedded.model.ShardFilter;
import io.millrace.embedded.model.Stream;
import io.millrace.embedded.model.Streams;
import java.io.IOException;
import java.util.List;

/** Operations on streams as a whole. */
final class StreamOperations {
  private static final int MAX_SHARD_COUNT = 1_000_000;
  private static final int ON_DEMAND_SHARDS = 4;
  private static final int MAX_PAGE = 10_000;
  private static final int DEFAULT_PAGE = 100;

  private final Streams streams;

  StreamOperations(Streams streams) {
    this.streams = streams;
  }

  private enum Mode {
    PROVISIONED,
    ON_DEMAND
  }

  Answer create(Request request, long now) {
    String name = request.name("StreamName");
    Request modeDetails = request.optionalObject("StreamModeDetails");
    Mode mode =
        modeDetails == null ? Mode.PROVISIONED : modeDetails.oneOf("StreamMode", Mode.class);
    int shards = request.optionalInt("ShardCount", 1, MAX_SHARD_COUNT, 0);
    request.validate();
    if (mode == Mode.PROVISIONED && shards == 0) {
      throw KinesisError.validation(
          "ShardCount must be given for a stream in PROVISIONED capacity mode.");
    }
    if (mode == Mode.ON_DEMAND && shards != 0) {
      throw KinesisError.validation(
          "ShardCount must not be given for a stream in ON_DEMAND capacity mode.");
    }
    streams.create(name, shards == 0 ? ON_DEMAND_SHARDS : shards, mode.name(), now);
    return Answer.EMPTY;
  }

  Answer delete(Request request, long now) {
    streams.delete(Operations.streamName(request), now);
    return Answer.EMPTY;
  }

  Answer describe(Request request, long now) {
    int limit = request.optionalInt("Limit", 1, MAX_PAGE, DEFAULT_PAGE);
    String after = request.optionalName("ExclusiveStartShardId");
    Stream stream = Operations.stream(streams, request, now);
    ShardFilter filter =
        after == null
            ? ShardFilter.ALL
            : new ShardFilter(ShardFilter.Type.AFTER_SHARD_ID, after, 0);
    List<Shard> shards = stream.shards(filter, now);
    boolean more = shards.size() > limit;
    List<Shard> page = more ? shards.subList(0, limit) : shards;
    return out ->
        out.object(
            "StreamDescription",
            description -> {
              common(description, stream, now);
              description.objects("Shards", page, ShardOperations::writeShard);
              description.bool("HasMoreShards", more);
            });
  }

  Answer summarize(Request request, long now) {
    Stream stream = Operations.stream(streams, request, now);
    return out ->
        out.object(
            "StreamDescriptionSummary",
            summary -> {
              common(summary, stream, now);
              summary.number("OpenShardCount", stream.openShards(now));
              summary.number("ConsumerCount", 0);
            });
  }

  Answer list(Request request, long now) {
    int limit = request.optionalInt("Limit", 1, MAX_PAGE, DEFAULT_PAGE);
    String start = request.optionalName("ExclusiveStartStreamName");
    String token = request.optionalText("NextToken", 1_048_576);
    request.validate();
    String after = token == null ? start : Tokens.lastNameIn(token);
    List<Stream> all =
        streams.list(now).stream()
            .filter(stream -> after == null || stream.name().compareTo(after) > 0)
            .toList();
    boolean more = all.size() > limit;
    List<Stream> page = more ? all.subList(0, limit) : all;
    return out -> {
      out.texts("StreamNames", page.stream().map(Stream::name).toList());
      out.bool("HasMoreStreams", more);
      if (more) {
        out.text("NextToken", Tokens.streamPage(page.get(limit - 1).name()));
      }
      out.objects("StreamSummaries", page, (summary, stream) -> identity(summary, stream, now));
    };
  }

  Answer increaseRetention(Request request, long now) {
    return retain(request, now, true);
  }

  Answer decreaseRetention(Request request, long now) {
    return retain(request, now, false);
  }

  private Answer retain(Request request, long now, boolean increase) {
    int hours = request.requiredInt("RetentionPeriodHours", 1, Stream.MAX_RETENTION_HOURS);
    Stream stream = Operations.stream(streams, request, now);
    int current = stream.retentionHours();
    if (hours < Stream.MIN_RETENTION_HOURS) {
      throw KinesisError.invalidArgument(
          "Minimum allowed retention period is "
              + Stream.MIN_RETENTION_HOURS
              + " hours. Requested retention period ("
              + hours
              + " hours) is too short.");
    }
    if (increase ? hours < current : hours > current) {
      throw KinesisError.invalidArgument(
          "Requested retention period ("
              + hours
              + " hours) for stream "
              + stream.name()
              + " can not be "
              + (increase ? "shorter" : "longer")
              + " than existing retention period ("
              + current
              + " hours). Use "
              + (increase ? "DecreaseRetentionPeriod" : "IncreaseRetentionPeriod")
              + " API.");
    }
    stream.retain(hours);
    return Answer.EMPTY;
  }

  private static void identity(AnswerWriter out, Stream stream, long now) throws IOException {
    out.text("StreamName", stream.name());
    out.text("StreamARN", stream.arn());
    out.text("StreamStatus", stream.status(now).name());
    out.object("StreamModeDetails", mode -> mode.text("StreamMode", stream.mode()));
    out.timestamp("StreamCreationTimestamp", stream.createdAtMillis());
  }

  private static void common(AnswerWriter out, Stream stream, long now) throws IOException {
    identity(out, stream, now);
    out.number("RetentionPeriodHours", stream.retentionHours());
    out.text("EncryptionType", "NONE");
    out.objects(
        "EnhancedMonitoring",
        List.of(List.<String>of()),
        (metrics, none) -> metrics.texts("ShardLevelMetrics", none));
  }
}
