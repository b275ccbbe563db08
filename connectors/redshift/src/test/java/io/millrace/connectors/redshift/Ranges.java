package io.millrace.connectors.redshift;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Positions;
import io.millrace.connectors.sink.RangeItem;
import io.millrace.connectors.sink.RangeSink;
import io.millrace.connectors.sink.RangeStart;
import io.millrace.connectors.sink.RecordRange;
import io.millrace.connectors.sink.Sink;
import io.millrace.kcl.Record;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Makes ranges of records. */
final class Ranges {
  static final Instant ARRIVAL = Instant.parse("2026-11-22T23:30:00Z");
  static final String STREAM = "clicks";
  static final String SHARD = "shardId-000000000003";
  static final String WRITER = "00000000000000aa";

  private static final String BASE = "49654321098765432109876543210987654321098765432100000";

  private Ranges() {}

  static String sequence(int number) {
    return BASE + String.format("%03d", number);
  }

  static Checkpoint at(int number) {
    return Checkpoint.at(SequenceNumber.of(sequence(number)), 0);
  }

  static String sortable(int number, int ordinal) {
    return Positions.sortable(at(number)) + "." + String.format("%010d", ordinal);
  }

  static RangeItem<Message> item(int number, int ordinal, String text) {
    Record record =
        Record.builder()
            .partitionKey("key")
            .sequenceNumber(sequence(number))
            .approximateArrivalTimestamp(ARRIVAL)
            .data(text.getBytes(StandardCharsets.UTF_8))
            .build();
    return new RangeItem<>(record, ordinal, Message.of(record));
  }

  /** Records with numbers from the first one on. */
  static RecordRange<Message> range(Sink<Message> sink, int first, String... texts) {
    List<RangeItem<Message>> items = new ArrayList<>();
    for (int i = 0; i < texts.length; i++) {
      items.add(item(first + i, 0, texts[i]));
    }
    return range(sink, first, items, first + Math.max(0, texts.length - 1));
  }

  static RecordRange<Message> range(
      Sink<Message> sink, int first, List<RangeItem<Message>> items, int end) {
    RangeStart start = new RangeStart(STREAM, SHARD, at(first), ARRIVAL, ARRIVAL.plusSeconds(60));
    return new RecordRange<>(
        start, ((RangeSink<Message>) sink).nameFor(start), at(end), items, List.of(), 0, WRITER, 1);
  }

  static RecordRange<Message> attempt(RecordRange<Message> range, String writer, int attempt) {
    return new RecordRange<>(
        range.start(),
        range.name(),
        range.end(),
        range.items(),
        range.exclusions(),
        range.bytes(),
        writer,
        attempt);
  }
}
