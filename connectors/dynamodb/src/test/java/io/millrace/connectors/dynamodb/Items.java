package io.millrace.connectors.dynamodb;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.RangeItem;
import io.millrace.connectors.sink.RangeStart;
import io.millrace.connectors.sink.RecordRange;
import io.millrace.kcl.Record;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;

/** Records of a shard, and ranges of them. */
final class Items {

  static final String SHARD = "shardId-000000000000";

  private Items() {}

  /** JSON with apostrophes for quotes. */
  static RangeItem<Message> item(long sequence, String json) {
    return item(sequence, 0, json);
  }

  static RangeItem<Message> item(long sequence, long subSequence, String json) {
    return itemOfBytes(
        sequence, subSequence, json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  static RangeItem<Message> itemOfBytes(long sequence, long subSequence, byte[] bytes) {
    Record record =
        Record.builder()
            .partitionKey("pk")
            .sequenceNumber(Long.toString(sequence))
            .subSequenceNumber(subSequence)
            .approximateArrivalTimestamp(Instant.ofEpochMilli(1_000 + sequence))
            .data(ByteBuffer.wrap(bytes))
            .build();
    return new RangeItem<>(record, 0, Message.of(record));
  }

  static RecordRange<Message> range(List<RangeItem<Message>> items) {
    return range(SHARD, items);
  }

  static RecordRange<Message> range(String shard, List<RangeItem<Message>> items) {
    Checkpoint first = items.get(0).position();
    return new RecordRange<>(
        new RangeStart("orders", shard, first, Instant.EPOCH, Instant.EPOCH),
        "",
        items.get(items.size() - 1).position(),
        items,
        List.of(),
        0,
        "0123456789abcdef",
        1);
  }

  static Checkpoint at(long sequence) {
    return Checkpoint.at(SequenceNumber.of(Long.toString(sequence)), 0);
  }
}
