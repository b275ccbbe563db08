package io.millrace.connectors.redshift;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.RangeItem;
import io.millrace.connectors.sink.RangeStart;
import io.millrace.connectors.sink.RecordRange;
import io.millrace.kcl.Record;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Makes announcements, and ranges of their stream from position 1000 on. */
final class Announcements {
  static final String TABLE = "public.users";
  static final Instant ARRIVED = Instant.parse("2026-11-22T10:00:00Z");

  private Announcements() {}

  static Checkpoint at(int number) {
    return Checkpoint.at(SequenceNumber.of(Integer.toString(number)), 0);
  }

  /** Of the range with this first position. */
  static Announcement of(int first, String compression) {
    return new Announcement(
        TABLE,
        new Announcement.Start("clicks", "shardId-000000000003", at(first), ARRIVED),
        at(first),
        "bucket",
        "staged/" + first,
        100,
        1,
        "ndjson",
        compression);
  }

  static List<String> texts(Announcement... announcements) {
    return Arrays.stream(announcements)
        .map(announcement -> new String(announcement.json(), StandardCharsets.UTF_8))
        .toList();
  }

  static RecordRange<Message> range(List<String> texts) {
    return range(1_000, texts, "00000000000000aa", 1);
  }

  /** Under the name that the sink gives it. */
  static RecordRange<Message> named(
      ManifestSink sink, int first, List<String> texts, String writer) {
    RecordRange<Message> range = range(first, texts, writer, 1);
    return new RecordRange<>(
        range.start(),
        sink.nameFor(range.start()),
        range.end(),
        range.items(),
        range.exclusions(),
        range.bytes(),
        writer,
        1);
  }

  static RecordRange<Message> range(int first, List<String> texts, String writer, int attempt) {
    List<RangeItem<Message>> items = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      Record record =
          Record.builder()
              .partitionKey(TABLE)
              .sequenceNumber(Integer.toString(first + i))
              .approximateArrivalTimestamp(ARRIVED)
              .data(texts.get(i).getBytes(StandardCharsets.UTF_8))
              .build();
      items.add(new RangeItem<>(record, 0, Message.of(record)));
    }
    return new RecordRange<>(
        new RangeStart("users-files", "shardId-000000000000", at(first), ARRIVED, ARRIVED),
        "target",
        at(first + Math.max(0, texts.size() - 1)),
        items,
        List.of(),
        0,
        writer,
        attempt);
  }
}
