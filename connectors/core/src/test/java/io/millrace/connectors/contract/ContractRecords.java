package io.millrace.connectors.contract;

import io.millrace.connectors.message.Message;
import io.millrace.connectors.pipeline.RecordTransform;
import io.millrace.kcl.Record;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The records of a contract: good ones, filtered ones, malformed ones, and the sink's poison. */
final class ContractRecords {

  private static final Pattern ID = Pattern.compile("[a-z]+-[0-9]+");

  private ContractRecords() {}

  /** What is to be in the sink and among the dead letters. */
  record Expected(List<String> stored, List<String> dead) {}

  /** The payload of the record with this number. */
  static byte[] payload(int number, SinkDriver driver) {
    byte[] poison = driver.poison("poison-" + number);
    if (number % 11 == 5 && poison != null) {
      return poison;
    }
    String text =
        switch (number % 13) {
          case 3, 4, 5 -> "{\"id\":\"filtered-" + number + "\",\"n\":0}";
          case 8 -> "malformed-" + number;
          default -> "{\"id\":\"good-" + number + "\",\"n\":" + number + "}";
        };
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** As {@link #payload}; two records of an aggregate for some numbers. */
  static List<Record> records(int count, SinkDriver driver) {
    List<Record> records = new ArrayList<>();
    for (int number = 0; number < count; number++) {
      records.add(
          Record.builder()
              .partitionKey("key-" + number % 5)
              .sequenceNumber(Integer.toString(1_000 + number / 2))
              .subSequenceNumber(number % 2)
              .approximateArrivalTimestamp(
                  Instant.parse("2026-03-01T10:00:00Z").plusMillis(number * 100L))
              .data(payload(number, driver))
              .build());
    }
    return records;
  }

  static Expected expected(int count, SinkDriver driver) {
    List<String> stored = new ArrayList<>();
    List<String> dead = new ArrayList<>();
    for (int number = 0; number < count; number++) {
      String id = id(ByteBuffer.wrap(payload(number, driver)));
      if (id.startsWith("good")) {
        stored.add(id);
      } else if (!id.startsWith("filtered")) {
        dead.add(id);
      }
    }
    return new Expected(stored.stream().sorted().toList(), dead.stream().sorted().toList());
  }

  static String id(ByteBuffer payload) {
    Matcher matcher = ID.matcher(StandardCharsets.UTF_8.decode(payload.duplicate()));
    if (!matcher.find()) {
      throw new IllegalArgumentException("No id in this payload");
    }
    return matcher.group();
  }

  static RecordTransform<Message> transform(SinkDriver driver) {
    return record -> {
      String id = id(record.getData());
      if (id.startsWith("filtered")) {
        return List.of();
      }
      if (id.startsWith("malformed")) {
        throw new IllegalArgumentException("malformed on purpose");
      }
      return driver.transform().apply(record);
    };
  }
}
