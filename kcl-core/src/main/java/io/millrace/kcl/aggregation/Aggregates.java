package io.millrace.kcl.aggregation;

import io.millrace.kcl.aggregation.AggregateFormat.UserRecord;
import io.millrace.kcl.stream.StreamRecord;
import io.millrace.lease.HashKeyRange;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

// Which user records of an aggregate are delivered.
//
// A producer that packs records together decides by its own picture of the shards. When a shard
// was split and the producer does not know yet, an aggregate made for the parent lands, as a
// whole, in one of the children, and some of its user records ("strays") belong to the other.
// What then happens depends on who wrote it:
//
// - The Kinesis Producer Library (retrier.cc) sees from the answer that the shard is not the one
//   it had predicted. User records outside of the range of the shard that took them, and all of
//   them as long as it does not know that range, are put again, to the shard they belong to; the
//   producer is told of success or failure only after that. User records inside the range are
//   done, once the range is known, and not put again.
// - The other aggregating libraries (awslabs/kinesis-aggregation and its like) look at no
//   answer: what they have written exists once.
//
// The Kinesis Client Library (AggregatorUtil) passes over the *whole* aggregate as soon as one
// user record is out of range, whoever wrote it. This loses every user record that was not put
// again: all those of other libraries, and those in range of the producer library itself. Here a
// user record is passed over on two conditions only:
//
// - its own hash key lies outside of the shard's range, and
// - the aggregate was written by the producer library, so that the right shard delivers the
//   record, once the producer has put it there.
//
// So a record is never lost by this. It may be delivered twice where the producer library did
// not know the range and put all again: from the aggregate and from the second put, both in the
// shard it belongs to.
//
// Who wrote an aggregate shows in the partition key of the Kinesis record: the producer library
// always uses "a", beside an explicit hash key. The others use the partition key of their first
// user record, hence the second look, for when that is "a". When in doubt everything is
// delivered.
/** Takes aggregated records apart. */
public final class Aggregates {

  private static final String KEY_OF_PRODUCER_LIBRARY = "a";

  private Aggregates() {}

  /**
   * What a page of records became.
   *
   * @param records in order; user records in place of the aggregates that hold them
   * @param passedOver how many user records were left out, since another shard delivers them
   */
  public record Unpacked(List<StreamRecord> records, int passedOver) {}

  /**
   * Takes apart every aggregated record of a page. A record that is not aggregated, or only looks
   * like it, stays as it is; this never throws for what a record holds. Payloads are not copied.
   *
   * <p>A user record's sub-sequence number is its index within the aggregate, those that are passed
   * over counted.
   *
   * @param records as they were read
   * @param range the hash keys of the shard they were read from; null if not known, and nothing is
   *     passed over
   */
  public static Unpacked unpack(List<StreamRecord> records, HashKeyRange range) {
    List<StreamRecord> unpacked = null;
    int passedOver = 0;
    for (int i = 0; i < records.size(); i++) {
      StreamRecord record = records.get(i);
      List<UserRecord> inside = AggregateFormat.read(record.data());
      if (inside != null && unpacked == null) {
        unpacked = new ArrayList<>(records.subList(0, i));
      }
      if (inside != null) {
        int before = unpacked.size();
        add(record, inside, range, unpacked);
        passedOver += inside.size() - (unpacked.size() - before);
      } else if (unpacked != null) {
        unpacked.add(record);
      }
    }
    return new Unpacked(unpacked == null ? records : unpacked, passedOver);
  }

  private static void add(
      StreamRecord record, List<UserRecord> inside, HashKeyRange range, List<StreamRecord> to) {
    HashKeys hashKeys =
        range != null && isOfProducerLibrary(record, inside) ? new HashKeys(inside.size()) : null;
    for (int i = 0; i < inside.size(); i++) {
      UserRecord user = inside.get(i);
      if (hashKeys == null || range.contains(hashKeys.of(user))) {
        to.add(record.userRecord(user.partitionKey(), user.explicitHashKey(), i, user.data()));
      }
    }
  }

  private static boolean isOfProducerLibrary(StreamRecord record, List<UserRecord> inside) {
    return record.partitionKey().equals(KEY_OF_PRODUCER_LIBRARY)
        && !inside.get(0).partitionKey().equals(KEY_OF_PRODUCER_LIBRARY);
  }

  /** Hash keys of one aggregate; each partition key is hashed once. */
  private static final class HashKeys {
    private final List<BigInteger> byKeyIndex;

    HashKeys(int records) {
      byKeyIndex = new ArrayList<>(Math.min(records, 64));
    }

    BigInteger of(UserRecord user) {
      if (user.explicitHashKey() != null) {
        return new BigInteger(user.explicitHashKey());
      }
      while (byKeyIndex.size() <= user.keyIndex()) {
        byKeyIndex.add(null);
      }
      BigInteger known = byKeyIndex.get(user.keyIndex());
      if (known == null) {
        ByteBuffer key = StandardCharsets.UTF_8.encode(user.partitionKey());
        known = new BigInteger(1, AggregateFormat.md5(key));
        byKeyIndex.set(user.keyIndex(), known);
      }
      return known;
    }
  }
}
