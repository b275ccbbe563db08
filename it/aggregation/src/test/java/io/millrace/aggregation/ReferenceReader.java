package io.millrace.aggregation;

import io.millrace.kcl.stream.StreamRecord;
import io.millrace.lease.HashKeyRange;
import java.nio.ByteBuffer;
import java.util.List;
import software.amazon.kinesis.retrieval.AggregatorUtil;
import software.amazon.kinesis.retrieval.KinesisClientRecord;

/** The Kinesis Client Library's own reader of aggregated records. */
final class ReferenceReader {

  private ReferenceReader() {}

  /** A delivered record, whoever delivers it. */
  record Delivered(
      String partitionKey,
      String explicitHashKey,
      String sequenceNumber,
      long subSequenceNumber,
      boolean aggregated,
      ByteBuffer data) {

    static Delivered of(StreamRecord r) {
      return new Delivered(
          r.partitionKey(),
          r.explicitHashKey(),
          r.sequenceNumber().digits(),
          r.subSequenceNumber(),
          r.aggregated(),
          r.data());
    }

    private static Delivered of(KinesisClientRecord r) {
      return new Delivered(
          r.partitionKey(),
          r.explicitHashKey(),
          r.sequenceNumber(),
          r.subSequenceNumber(),
          r.aggregated(),
          r.data());
    }
  }

  static List<Delivered> read(List<StreamRecord> records, HashKeyRange range) {
    List<KinesisClientRecord> stored =
        records.stream()
            .map(
                r ->
                    KinesisClientRecord.builder()
                        .partitionKey(r.partitionKey())
                        .sequenceNumber(r.sequenceNumber().digits())
                        .data(r.data())
                        .build())
            .toList();
    return new AggregatorUtil()
        .deaggregate(stored, range.start(), range.end()).stream().map(Delivered::of).toList();
  }
}
