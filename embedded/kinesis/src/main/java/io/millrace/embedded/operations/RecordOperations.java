package io.millrace.embedded.operations;

import io.millrace.embedded.model.HashKeyRange;
import io.millrace.embedded.model.KinesisError;
import io.millrace.embedded.model.SequenceNumbers;
import io.millrace.embedded.model.Shard;
import io.millrace.embedded.model.StoredRecord;
import io.millrace.embedded.model.Stream;
import io.millrace.embedded.model.Streams;
import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Writing and reading records. */
final class RecordOperations {
  private static final int MAX_RECORD_BYTES = 1024 * 1024;
  private static final int MAX_REQUEST_BYTES = 10 * 1024 * 1024;
  private static final int MAX_RECORDS = 500;
  private static final int MAX_PARTITION_KEY = 256;
  private static final int MAX_READ = 10_000;
  private static final int MAX_ITERATOR = 512;
  private static final Pattern SEQUENCE_NUMBER = Pattern.compile("0|([1-9]\\d{0,128})");
  private static final int SEQUENCE_NUMBER_LENGTH = 129;

  private final Streams streams;

  RecordOperations(Streams streams) {
    this.streams = streams;
  }

  private enum IteratorType {
    AFTER_SEQUENCE_NUMBER,
    AT_SEQUENCE_NUMBER,
    AT_TIMESTAMP,
    LATEST,
    TRIM_HORIZON
  }

  @SuppressWarnings("ArrayRecordComponent")
  private record Entry(String partitionKey, String explicitHashKey, byte[] data) {
    static Entry of(Request fields) {
      return new Entry(
          fields.text("PartitionKey", MAX_PARTITION_KEY),
          fields.matching(
              "ExplicitHashKey", ShardOperations.HASH_KEY_LENGTH, ShardOperations.HASH_KEY),
          fields.blob("Data", MAX_RECORD_BYTES));
    }

    BigInteger hashKey() {
      if (explicitHashKey == null) {
        return HashKeyRange.hashKey(partitionKey);
      }
      BigInteger key = new BigInteger(explicitHashKey);
      if (key.compareTo(HashKeyRange.MAX_KEY) > 0) {
        throw KinesisError.invalidArgument(
            "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]."
                + " Specified value was "
                + explicitHashKey);
      }
      return key;
    }
  }

  Answer put(Request request, long now) {
    Entry entry = Entry.of(request);
    String ordering =
        request.matching("SequenceNumberForOrdering", SEQUENCE_NUMBER_LENGTH, SEQUENCE_NUMBER);
    Stream stream = Operations.stream(streams, request, now);
    BigInteger hashKey = entry.hashKey();
    if (ordering != null && SequenceNumbers.decode(ordering).isEmpty()) {
      throw KinesisError.invalidArgument(
          "ExclusiveMinimumSequenceNumber "
              + ordering
              + " used in PutRecord on stream "
              + stream.name()
              + " under account "
              + Streams.ACCOUNT
              + " is invalid.");
    }
    Stream.Put put = stream.put(entry.partitionKey(), hashKey, entry.data(), now);
    return out -> writePut(out, put);
  }

  Answer putAll(Request request, long now) {
    List<Entry> entries = new ArrayList<>();
    long bytes = 0;
    for (Request fields : request.objects("Records", MAX_RECORDS)) {
      Entry entry = Entry.of(fields);
      bytes += entry.data().length + entry.partitionKey().length();
      entries.add(entry);
    }
    Stream stream = Operations.stream(streams, request, now);
    if (bytes > MAX_REQUEST_BYTES) {
      throw KinesisError.invalidArgument("Records size exceeds 10 MB limit");
    }
    // all keys first: a bad one must not leave half of the request written
    List<BigInteger> hashKeys = entries.stream().map(Entry::hashKey).toList();
    List<Stream.Put> puts = new ArrayList<>(entries.size());
    for (int i = 0; i < entries.size(); i++) {
      Entry entry = entries.get(i);
      puts.add(stream.put(entry.partitionKey(), hashKeys.get(i), entry.data(), now));
    }
    return new Answer() {
      @Override
      public void writeTo(AnswerWriter out) throws IOException {
        out.number("FailedRecordCount", 0);
        out.objects("Records", puts, RecordOperations::writePut);
      }

      @Override
      public int sizeHint() {
        return 64 + 128 * puts.size();
      }
    };
  }

  private static void writePut(AnswerWriter out, Stream.Put put) throws IOException {
    out.text("ShardId", put.shardId());
    out.text("SequenceNumber", put.sequenceNumber());
  }

  Answer iterator(Request request, long now) {
    String shardId = request.name("ShardId");
    IteratorType type = request.oneOf("ShardIteratorType", IteratorType.class);
    String number =
        request.matching("StartingSequenceNumber", SEQUENCE_NUMBER_LENGTH, SEQUENCE_NUMBER);
    Optional<Long> timestamp = request.timestamp("Timestamp");
    Stream stream = Operations.stream(streams, request, now);
    checkArguments(type, number, timestamp, now);
    Shard shard = stream.shard(shardId, now);
    String usedIn =
        "GetShardIterator on shard "
            + shardId
            + " in stream "
            + stream.name()
            + " under account "
            + Streams.ACCOUNT;
    long place =
        switch (type) {
          case TRIM_HORIZON -> 0;
          case LATEST -> shard.tip();
          case AT_TIMESTAMP -> shard.placeAt(timestamp.orElseThrow());
          case AT_SEQUENCE_NUMBER -> shard.placeOf(number, "StartingSequenceNumber", usedIn);
          case AFTER_SEQUENCE_NUMBER ->
              after(shard.placeOf(number, "StartingSequenceNumber", usedIn));
        };
    String token =
        new Tokens.ShardIterator(stream.name(), stream.incarnation(), shardId, place, now).encode();
    return out -> out.text("ShardIterator", token);
  }

  private static long after(long place) {
    return place == SequenceNumbers.END_INDEX ? place : place + 1;
  }

  private static void checkArguments(
      IteratorType type, String number, Optional<Long> timestamp, long now) {
    boolean byNumber =
        type == IteratorType.AT_SEQUENCE_NUMBER || type == IteratorType.AFTER_SEQUENCE_NUMBER;
    if (byNumber != (number != null)) {
      throw KinesisError.invalidArgument(
          "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and"
              + " StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no"
              + " StartingSequenceNumber. Request specified "
              + type
              + (byNumber
                  ? " and no StartingSequenceNumber."
                  : " and also a StartingSequenceNumber."));
    }
    if (type != IteratorType.AT_TIMESTAMP) {
      return;
    }
    if (timestamp.isEmpty()) {
      throw KinesisError.invalidArgument(
          "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current"
              + " request has no timestamp parameter.");
    }
    if (timestamp.get() > now) {
      throw KinesisError.invalidArgument(
          "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis."
              + " timestampInMillis: "
              + timestamp.get()
              + ", currentTimestampInMillis: "
              + now);
    }
  }

  Answer get(Request request, long now) {
    String token = request.text("ShardIterator", MAX_ITERATOR);
    int limit = request.optionalInt("Limit", 1, MAX_READ, MAX_READ);
    request.validate();
    Tokens.ShardIterator iterator = Tokens.ShardIterator.decode(token, now);
    Stream stream = streams.get(iterator.stream(), iterator.incarnation(), now);
    Shard shard = stream.shard(iterator.shardId(), now);
    Shard.Page page = stream.read(shard, iterator.place(), limit, now);
    String next =
        page.atEnd()
            ? null
            : new Tokens.ShardIterator(
                    stream.name(), stream.incarnation(), shard.id(), page.next(), now)
                .encode();
    return new Records(page, next);
  }

  private record Records(Shard.Page page, String next) implements Answer {
    @Override
    public void writeTo(AnswerWriter out) throws IOException {
      out.objects("Records", page.records(), Records::writeRecord);
      out.optionalText("NextShardIterator", next);
      out.number("MillisBehindLatest", page.millisBehind());
      if (page.atEnd()) {
        out.objects("ChildShards", page.children(), Records::writeChild);
      }
    }

    @Override
    public int sizeHint() {
      int bytes = 512;
      for (StoredRecord stored : page.records()) {
        bytes += 200 + stored.data().length + stored.partitionKey().length();
      }
      return bytes;
    }

    private static void writeRecord(AnswerWriter out, StoredRecord stored) throws IOException {
      out.text("SequenceNumber", stored.sequenceNumber());
      out.timestamp("ApproximateArrivalTimestamp", stored.arrivalMillis());
      out.blob("Data", stored.data());
      out.text("PartitionKey", stored.partitionKey());
    }

    private static void writeChild(AnswerWriter out, Shard child) throws IOException {
      out.text("ShardId", child.id());
      out.texts(
          "ParentShards",
          java.util.stream.Stream.of(child.parentId(), child.adjacentParentId())
              .filter(parent -> parent != null)
              .toList());
      ShardOperations.writeRange(out, child.range());
    }
  }
}
