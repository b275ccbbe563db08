package io.millrace.connectors.s3;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.checkpoint.Checkpoint;
import io.millrace.connectors.message.Json;
import io.millrace.connectors.sink.RangeStart;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/**
 * Where a range goes, as it is stored with the prepared checkpoint. A successor goes by this and
 * not by its own configuration, which may be another one by now: the commit record has to be looked
 * for where it may be.
 *
 * @param bucket of everything
 * @param commitKey the commit record: the object itself, or the manifest
 * @param format of the objects
 * @param compression of the objects
 * @param dataPrefix what keys of objects begin with, with fields of records; null if the range
 *     makes one object
 * @param suffix what keys of objects end with
 */
record RangeName(
    String bucket,
    String commitKey,
    Format format,
    Compression compression,
    String dataPrefix,
    String suffix) {

  /** What a key may have. */
  static final int MAX_KEY_BYTES = 1_024;

  /** What a sequence number has today; more digits are marked, so that they sort behind. */
  private static final int USUAL_DIGITS = 56;

  private static final int USUAL_SUB_DIGITS = 10;
  private static final int MOST_DIGITS = 129;
  private static final int MOST_SUB_DIGITS = 20;

  private static final String VERSION = "1";

  boolean isManifest() {
    return dataPrefix != null;
  }

  /**
   * Stream, shard and first position: the same for every range that begins there, different for any
   * other, and in the order of the shard.
   */
  static String identity(RangeStart start) {
    return start.stream() + "-" + start.shardId() + "-" + position(start.first());
  }

  /** A position in 67 characters, in the order of positions. */
  static String position(Checkpoint position) {
    String digits =
        position
            .sequenceNumber()
            .orElseThrow(
                () -> new IllegalArgumentException("Not the position of a record: " + position))
            .digits();
    return padded(digits, USUAL_DIGITS, MOST_DIGITS)
        + "-"
        + padded(Long.toString(position.subSequenceNumber()), USUAL_SUB_DIGITS, MOST_SUB_DIGITS);
  }

  private static String padded(String digits, int usual, int most) {
    return digits.length() <= usual
        ? "0".repeat(usual - digits.length()) + digits
        : "x" + "0".repeat(most - digits.length()) + digits;
  }

  /** The key of an object that is named in a manifest: nobody else ever writes it. */
  String dataKey(String prefix, RangeStart start, String writer, int attempt) {
    return prefix + identity(start) + "-" + writer + "-" + attempt + suffix;
  }

  String text() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("s3", VERSION);
    json.put("bucket", bucket);
    json.put("key", commitKey);
    json.put("format", name(format));
    json.put("compression", name(compression));
    if (dataPrefix != null) {
      json.put("data", dataPrefix);
    }
    json.put("suffix", suffix);
    return new String(Json.write(json), StandardCharsets.UTF_8);
  }

  /** Empty if it is none of ours. */
  static Optional<RangeName> parse(String text) {
    try {
      JsonNode json = Json.read(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
      if (!json.path("s3").asText().equals(VERSION)
          || json.path("bucket").asText().isEmpty()
          || json.path("key").asText().isEmpty()) {
        return Optional.empty();
      }
      return Optional.of(
          new RangeName(
              json.path("bucket").asText(),
              json.path("key").asText(),
              Format.valueOf(json.path("format").asText().toUpperCase(Locale.ROOT)),
              Compression.valueOf(json.path("compression").asText().toUpperCase(Locale.ROOT)),
              json.hasNonNull("data") ? json.get("data").asText() : null,
              json.path("suffix").asText()));
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  static int bytes(String key) {
    return key.getBytes(StandardCharsets.UTF_8).length;
  }

  String commitUri() {
    return "s3://" + bucket + "/" + commitKey;
  }
}
