package io.millrace.connectors.s3;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Exclusion;
import io.millrace.connectors.sink.RangeItem;
import io.millrace.connectors.sink.RangeStart;
import io.millrace.connectors.sink.RecordRange;
import io.millrace.kcl.Record;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Makes ranges of records. */
final class Ranges {
  static final Instant ARRIVAL = Instant.parse("2026-11-22T23:30:00Z");
  static final String SHARD = "shardId-000000000003";
  static final String WRITER = "00000000000000aa";

  private static final String BASE = "4965432109876543210987654321098765432109876543210000000";

  private Ranges() {}

  static String sequence(int number) {
    return BASE + number;
  }

  static Checkpoint at(int number) {
    return Checkpoint.at(SequenceNumber.of(sequence(number)), 0);
  }

  static RangeStart start(int first) {
    return new RangeStart("clicks", SHARD, at(first), ARRIVAL, ARRIVAL.plusSeconds(60));
  }

  static Record record(int number, String text) {
    return Record.builder()
        .partitionKey("key")
        .sequenceNumber(sequence(number))
        .approximateArrivalTimestamp(ARRIVAL)
        .data(text.getBytes(StandardCharsets.UTF_8))
        .build();
  }

  static RangeItem<Message> item(int number, String text) {
    Record record = record(number, text);
    return new RangeItem<>(record, 0, Message.of(record));
  }

  /** Records from number 1 on. */
  static RecordRange<Message> range(S3Sink sink, String... texts) {
    List<RangeItem<Message>> items = new ArrayList<>();
    for (int i = 0; i < texts.length; i++) {
      items.add(item(i + 1, texts[i]));
    }
    return range(sink, items, Math.max(1, texts.length), WRITER, 1);
  }

  static RecordRange<Message> range(
      S3Sink sink, List<RangeItem<Message>> items, int end, String writer, int attempt) {
    return new RecordRange<>(
        start(1), sink.nameFor(start(1)), at(end), items, List.of(), 0, writer, attempt);
  }

  static RecordRange<Message> withExclusions(
      RecordRange<Message> range, List<Exclusion> exclusions) {
    return new RecordRange<>(
        range.start(),
        range.name(),
        range.end(),
        range.items(),
        exclusions,
        range.bytes(),
        range.writer(),
        range.attempt());
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
