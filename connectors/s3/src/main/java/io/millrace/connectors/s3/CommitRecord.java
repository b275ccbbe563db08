package io.millrace.connectors.s3;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.checkpoint.Checkpoint;
import io.millrace.connectors.message.Json;
import io.millrace.connectors.sink.Exclusion;
import io.millrace.connectors.sink.RecordRange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What is written down about a range: as metadata of its one object, or as a manifest.
 *
 * @param stream the stream's name
 * @param shardId the shard
 * @param first the range's first position
 * @param end its last one
 * @param exclusions what is not stored
 * @param writer who wrote it
 * @param attempt with which attempt
 * @param rows in the range's one object; {@link #UNKNOWN} where nobody counted them, as in records
 *     that were written before they were counted, and in manifests, which count by object
 */
record CommitRecord(
    String stream,
    String shardId,
    Checkpoint first,
    Checkpoint end,
    List<Exclusion> exclusions,
    String writer,
    int attempt,
    long rows) {

  /** S3 takes 2,048 bytes of keys and values; what it counts as a key is not quite clear. */
  static final int MAX_METADATA_BYTES = 1_950;

  static final String VERSION = "millrace-commit";
  private static final String STREAM = "millrace-stream";
  private static final String SHARD = "millrace-shard";
  private static final String FIRST = "millrace-first";
  private static final String END = "millrace-end";
  private static final String WRITER = "millrace-writer";
  private static final String ATTEMPT = "millrace-attempt";
  private static final String ROWS = "millrace-rows";
  private static final String EXCLUDED = "millrace-excluded";
  private static final String EXCLUDED_IN = "millrace-excluded-in";
  private static final String CURRENT = "1";

  static final long UNKNOWN = -1;

  /** Metadata travels in headers. */
  private static final ObjectMapper ASCII =
      new ObjectMapper(JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build());

  CommitRecord {
    exclusions = List.copyOf(exclusions);
  }

  static CommitRecord of(RecordRange<?> range, List<Exclusion> exclusions) {
    return new CommitRecord(
        range.stream(),
        range.shardId(),
        range.first(),
        range.end(),
        exclusions,
        range.writer(),
        range.attempt(),
        UNKNOWN);
  }

  CommitRecord withRows(long counted) {
    return new CommitRecord(stream, shardId, first, end, exclusions, writer, attempt, counted);
  }

  /** Whether this is about the range, whoever wrote it. */
  boolean isAbout(RecordRange<?> range) {
    return stream.equals(range.stream())
        && shardId.equals(range.shardId())
        && first.equals(range.first());
  }

  boolean isBy(RecordRange<?> range) {
    return writer.equals(range.writer()) && attempt == range.attempt();
  }

  /** What metadata says: the record, and maybe where its exclusions are. */
  record InMetadata(CommitRecord commit, Optional<String> exclusionsKey) {}

  /** As metadata; empty if the exclusions do not fit. */
  Optional<Map<String, String>> metadata() {
    Map<String, String> metadata = header();
    if (!exclusions.isEmpty()) {
      metadata.put(EXCLUDED, compact());
    }
    long bytes =
        metadata.entrySet().stream()
            .mapToLong(e -> "x-amz-meta-".length() + e.getKey().length() + e.getValue().length())
            .sum();
    return bytes <= MAX_METADATA_BYTES ? Optional.of(metadata) : Optional.empty();
  }

  /** As metadata that says in which object the exclusions are. */
  Map<String, String> metadata(String exclusionsKey) {
    Map<String, String> metadata = header();
    metadata.put(EXCLUDED_IN, ascii(JsonNodeFactory.instance.textNode(exclusionsKey)));
    return metadata;
  }

  private Map<String, String> header() {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put(VERSION, CURRENT);
    metadata.put(STREAM, stream);
    metadata.put(SHARD, shardId);
    metadata.put(FIRST, text(first));
    metadata.put(END, text(end));
    metadata.put(WRITER, writer);
    metadata.put(ATTEMPT, Integer.toString(attempt));
    if (rows != UNKNOWN) {
      metadata.put(ROWS, Long.toString(rows));
    }
    return metadata;
  }

  private String compact() {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    for (Exclusion exclusion : exclusions) {
      // headers do not keep several spaces in a row
      list.addArray()
          .add(text(exclusion.position()))
          .add(exclusion.reason().strip().replaceAll("\\s+", " "));
    }
    return ascii(list);
  }

  private static String ascii(JsonNode node) {
    try {
      return ASCII.writeValueAsString(node);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Empty if it is no commit record. */
  static Optional<InMetadata> fromMetadata(Map<String, String> metadata) {
    if (!CURRENT.equals(metadata.get(VERSION))) {
      return Optional.empty();
    }
    try {
      List<Exclusion> exclusions = new ArrayList<>();
      if (metadata.containsKey(EXCLUDED)) {
        for (JsonNode one : ASCII.readTree(metadata.get(EXCLUDED))) {
          exclusions.add(new Exclusion(position(one.path(0).asText()), one.path(1).asText()));
        }
      }
      String elsewhere = metadata.get(EXCLUDED_IN);
      return Optional.of(
          new InMetadata(
              new CommitRecord(
                  Objects.requireNonNull(metadata.get(STREAM)),
                  Objects.requireNonNull(metadata.get(SHARD)),
                  position(metadata.get(FIRST)),
                  position(metadata.get(END)),
                  exclusions,
                  Objects.requireNonNull(metadata.get(WRITER)),
                  Integer.parseInt(metadata.get(ATTEMPT)),
                  metadata.containsKey(ROWS) ? Long.parseLong(metadata.get(ROWS)) : UNKNOWN),
              elsewhere == null
                  ? Optional.empty()
                  : Optional.of(ASCII.readTree(elsewhere).asText())));
    } catch (IOException | IllegalArgumentException | NullPointerException e) {
      return Optional.empty();
    }
  }

  CommitRecord withExclusions(List<Exclusion> others) {
    return new CommitRecord(stream, shardId, first, end, others, writer, attempt, rows);
  }

  /** The fields of a manifest that every kind of it has. */
  ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put(VERSION, CURRENT);
    json.put("stream", stream);
    json.put("shard", shardId);
    json.put("first", text(first));
    json.put("end", text(end));
    json.put("writer", writer);
    json.put("attempt", attempt);
    ArrayNode list = json.putArray("exclusions");
    for (Exclusion exclusion : exclusions) {
      list.addObject()
          .put("position", text(exclusion.position()))
          .put("reason", exclusion.reason());
    }
    return json;
  }

  /** Empty if it is none. */
  static Optional<CommitRecord> fromJson(JsonNode json) {
    if (!json.path(VERSION).asText().equals(CURRENT)) {
      return Optional.empty();
    }
    try {
      List<Exclusion> exclusions = new ArrayList<>();
      for (JsonNode one : json.path("exclusions")) {
        exclusions.add(
            new Exclusion(position(one.path("position").asText()), one.path("reason").asText()));
      }
      return Optional.of(
          new CommitRecord(
              json.path("stream").asText(),
              json.path("shard").asText(),
              position(json.path("first").asText()),
              position(json.path("end").asText()),
              exclusions,
              json.path("writer").asText(),
              json.path("attempt").asInt(),
              UNKNOWN));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Empty if it is no JSON or no commit record. */
  static Optional<CommitRecord> fromBytes(byte[] bytes) {
    return json(bytes).flatMap(CommitRecord::fromJson);
  }

  static Optional<JsonNode> json(byte[] bytes) {
    try {
      return Optional.of(Json.read(ByteBuffer.wrap(bytes)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Sequence number, a point, sub-sequence number. */
  static String text(Checkpoint position) {
    return position.text() + "." + position.subSequenceNumber();
  }

  static Checkpoint position(String text) {
    int point = text.indexOf('.');
    if (point < 0) {
      throw new IllegalArgumentException("Not a position: " + text);
    }
    return Checkpoint.parse(text.substring(0, point), Long.parseLong(text.substring(point + 1)));
  }
}
