package io.millrace.connectors.redshift;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.checkpoint.Checkpoint;
import io.millrace.connectors.message.Json;
import io.millrace.connectors.message.MalformedMessageException;
import io.millrace.connectors.sink.RangeStart;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Objects;

/**
 * Says that a range of the source is in a file in S3: what the first stage puts into the stream of
 * announcements, and the second one loads. The same range may be announced any number of times.
 *
 * @param table that the file is for, as the configuration writes it
 * @param start of the range: its stream, shard and first position
 * @param end the range's last position
 * @param bucket of the file
 * @param key of the file
 * @param bytes that the file has
 * @param rows in the file; -1 if the announcer has found it there, and does not know
 * @param format of the file, in lower case: {@code ndjson}
 * @param compression of the file, in lower case: {@code gzip}
 */
record Announcement(
    String table,
    Start start,
    Checkpoint end,
    String bucket,
    String key,
    long bytes,
    long rows,
    String format,
    String compression) {

  private static final String VERSION = "millrace-announcement";
  private static final String CURRENT = "1";

  /**
   * Where a range begins.
   *
   * @param stream the source's name
   * @param shardId the source's shard
   * @param first the position of the first record
   * @param arrived when the stream took that record
   */
  record Start(String stream, String shardId, Checkpoint first, Instant arrived) {
    Start {
      Objects.requireNonNull(stream, "stream");
      Objects.requireNonNull(shardId, "shardId");
      Objects.requireNonNull(first, "first");
      Objects.requireNonNull(arrived, "arrived");
    }

    static Start of(RangeStart start) {
      return new Start(start.stream(), start.shardId(), start.first(), start.firstArrival());
    }
  }

  Announcement {
    Objects.requireNonNull(table, "table");
    Objects.requireNonNull(start, "start");
    Objects.requireNonNull(end, "end");
    Objects.requireNonNull(bucket, "bucket");
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(format, "format");
    Objects.requireNonNull(compression, "compression");
  }

  String uri() {
    return "s3://" + bucket + "/" + key;
  }

  /** As a record of the stream. */
  byte[] json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put(VERSION, CURRENT);
    json.put("table", table);
    json.put("stream", start.stream());
    json.put("shard", start.shardId());
    json.put("first", text(start.first()));
    json.put("end", text(end));
    json.put("arrived", start.arrived().toString());
    json.put("bucket", bucket);
    json.put("key", key);
    json.put("bytes", bytes);
    json.put("rows", rows);
    json.put("format", format);
    json.put("compression", compression);
    return Json.write(json);
  }

  /**
   * Reads one; fields that are not known are skipped.
   *
   * @throws MalformedMessageException if it is none, or one of a later version; says why
   */
  static Announcement of(JsonNode json) {
    JsonNode version = json.path(VERSION);
    if (!version.isTextual()) {
      throw new MalformedMessageException(
          "no announcement: it has no field " + VERSION + "; somebody else puts records here");
    }
    if (!version.textValue().equals(CURRENT)) {
      throw new MalformedMessageException(
          "an announcement of version "
              + version.textValue()
              + ", and this program knows version "
              + CURRENT
              + " only; run a newer one, and put it back with dlq replay");
    }
    try {
      return new Announcement(
          text(json, "table"),
          new Start(
              text(json, "stream"),
              text(json, "shard"),
              position(text(json, "first")),
              Instant.parse(text(json, "arrived"))),
          position(text(json, "end")),
          text(json, "bucket"),
          text(json, "key"),
          number(json, "bytes"),
          number(json, "rows"),
          text(json, "format"),
          text(json, "compression"));
    } catch (DateTimeException | IllegalArgumentException e) {
      throw new MalformedMessageException("a damaged announcement: " + e.getMessage(), e);
    }
  }

  private static String text(JsonNode json, String field) {
    JsonNode value = json.path(field);
    if (!value.isTextual() || value.textValue().isEmpty()) {
      throw new IllegalArgumentException("its field " + field + " is missing, or no text");
    }
    return value.textValue();
  }

  private static long number(JsonNode json, String field) {
    JsonNode value = json.path(field);
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw new IllegalArgumentException("its field " + field + " is missing, or no whole number");
    }
    return value.longValue();
  }

  private static String text(Checkpoint position) {
    return position.text() + "." + position.subSequenceNumber();
  }

  private static Checkpoint position(String text) {
    int point = text.indexOf('.');
    Checkpoint position =
        point < 0
            ? null
            : Checkpoint.parse(text.substring(0, point), Long.parseLong(text.substring(point + 1)));
    if (position == null || !position.isRecord()) {
      throw new IllegalArgumentException("'" + text + "' is no position of a record");
    }
    return position;
  }
}
