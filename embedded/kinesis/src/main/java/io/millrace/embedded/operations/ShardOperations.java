package io.millrace.embedded.operations;

import io.millrace.embedded.model.HashKeyRange;
import io.millrace.embedded.model.KinesisError;
import io.millrace.embedded.model.Shard;
import io.millrace.embedded.model.ShardFilter;
import io.millrace.embedded.model.Stream;
import io.millrace.embedded.model.Streams;
import java.io.IOException;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Listing, splitting and merging shards. */
final class ShardOperations {
  /** A key in decimal, at most 39 digits. */
  static final Pattern HASH_KEY = Pattern.compile("0|([1-9]\\d{0,38})");

  static final int HASH_KEY_LENGTH = 39;

  /** A page holds no more, whatever the caller asks for. */
  private static final int MAX_PAGE = 1_000;

  private static final int MAX_RESULTS = 10_000;

  private final Streams streams;

  ShardOperations(Streams streams) {
    this.streams = streams;
  }

  Answer list(Request request, long now) {
    int limit = Math.min(MAX_PAGE, request.optionalInt("MaxResults", 1, MAX_RESULTS, MAX_PAGE));
    String token = request.optionalText("NextToken", 1_048_576);
    String start = request.optionalName("ExclusiveStartShardId");
    Optional<Long> created = request.timestamp("StreamCreationTimestamp");
    Request filterFields = request.optionalObject("ShardFilter");
    ShardFilter asked = filterFields == null ? ShardFilter.ALL : filter(filterFields);
    request.validate();
    if (token != null) {
      refuseWithToken(request, "StreamName");
      refuseWithToken(request, "ExclusiveStartShardId");
      refuseWithToken(request, "StreamCreationTimestamp");
      refuseWithToken(request, "ShardFilter");
      Tokens.ShardPage page = Tokens.ShardPage.decode(token, now);
      Stream stream = streams.get(page.stream(), page.incarnation(), now);
      return page(stream, page.filter(), page.lastShardId(), limit, now);
    }
    Stream stream = Operations.stream(streams, request, now);
    if (created.isPresent() && !sameMoment(created.get(), stream.createdAtMillis())) {
      throw KinesisError.resourceNotFound(
          "Stream "
              + stream.name()
              + " under account "
              + Streams.ACCOUNT
              + " created at "
              + created.get()
              + " ms not found.");
    }
    return page(stream, checked(asked, now), start, limit, now);
  }

  private static ShardFilter filter(Request fields) {
    ShardFilter.Type type = fields.oneOf("Type", ShardFilter.Type.class);
    String shardId = fields.optionalName("ShardId");
    Optional<Long> timestamp = fields.timestamp("Timestamp");
    if (type == ShardFilter.Type.AFTER_SHARD_ID && shardId == null) {
      throw KinesisError.invalidArgument("ShardFilter of type AFTER_SHARD_ID needs a ShardId.");
    }
    boolean timed =
        type == ShardFilter.Type.AT_TIMESTAMP || type == ShardFilter.Type.FROM_TIMESTAMP;
    if (timed && timestamp.isEmpty()) {
      throw KinesisError.invalidArgument("ShardFilter of type " + type + " needs a Timestamp.");
    }
    return new ShardFilter(type, shardId, timestamp.orElse(0L));
  }

  private static ShardFilter checked(ShardFilter filter, long now) {
    if (filter.timestampMillis() > now) {
      throw KinesisError.invalidArgument(
          "The Timestamp of the ShardFilter, "
              + filter.timestampMillis()
              + ", cannot be greater than the current timestamp, "
              + now
              + ".");
    }
    return filter;
  }

  private static void refuseWithToken(Request request, String field) {
    if (request.has(field)) {
      throw KinesisError.invalidArgument(
          "NextToken and " + field + " cannot be provided together.");
    }
  }

  /** Tools print timestamps in seconds; so a time without milliseconds means that second. */
  private static boolean sameMoment(long asked, long created) {
    return asked == created || (asked % 1_000 == 0 && asked / 1_000 == created / 1_000);
  }

  private static Answer page(Stream stream, ShardFilter filter, String after, int limit, long now) {
    if (!stream.isReadable(now)) {
      throw KinesisError.resourceInUse(
          "Stream "
              + stream.name()
              + " under account "
              + Streams.ACCOUNT
              + " not ACTIVE, instead in state "
              + stream.status(now));
    }
    List<Shard> all =
        stream.shards(filter, now).stream()
            .filter(shard -> after == null || shard.id().compareTo(after) > 0)
            .toList();
    boolean more = all.size() > limit;
    List<Shard> page = more ? all.subList(0, limit) : all;
    return new Answer() {
      @Override
      public void writeTo(AnswerWriter out) throws IOException {
        out.objects("Shards", page, ShardOperations::writeShard);
        if (more) {
          String last = page.get(limit - 1).id();
          out.text(
              "NextToken",
              new Tokens.ShardPage(stream.name(), stream.incarnation(), filter, last, now)
                  .encode());
        }
      }

      @Override
      public int sizeHint() {
        return 512 + 400 * page.size();
      }
    };
  }

  Answer split(Request request, long now) {
    String shardId = request.name("ShardToSplit");
    String key = request.matching("NewStartingHashKey", HASH_KEY_LENGTH, HASH_KEY);
    if (key == null) {
      request.missing("NewStartingHashKey");
    }
    Stream stream = Operations.stream(streams, request, now);
    stream.split(shardId, new BigInteger(key), now);
    return Answer.EMPTY;
  }

  Answer merge(Request request, long now) {
    String shardId = request.name("ShardToMerge");
    String adjacent = request.name("AdjacentShardToMerge");
    Stream stream = Operations.stream(streams, request, now);
    stream.merge(shardId, adjacent, now);
    return Answer.EMPTY;
  }

  static void writeShard(AnswerWriter out, Shard shard) throws IOException {
    out.text("ShardId", shard.id());
    out.optionalText("ParentShardId", shard.parentId());
    out.optionalText("AdjacentParentShardId", shard.adjacentParentId());
    writeRange(out, shard.range());
    out.object(
        "SequenceNumberRange",
        range -> {
          range.text("StartingSequenceNumber", shard.startingSequenceNumber());
          range.optionalText("EndingSequenceNumber", shard.endingSequenceNumber());
        });
  }

  static void writeRange(AnswerWriter out, HashKeyRange range) throws IOException {
    out.object(
        "HashKeyRange",
        keys -> {
          keys.text("StartingHashKey", range.start().toString());
          keys.text("EndingHashKey", range.end().toString());
        });
  }
}
