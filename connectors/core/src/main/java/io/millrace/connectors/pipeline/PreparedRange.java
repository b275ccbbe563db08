package io.millrace.connectors.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.connectors.sink.RangeStart;
import java.io.IOException;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * A range whose intention is stored with the lease: whoever holds the shard next finishes it under
 * the same names.
 *
 * @param sink the name of the sink that it belongs to
 * @param start what its names are made of
 * @param name what the sink said
 * @param end the position of its last record
 */
record PreparedRange(String sink, RangeStart start, String name, Checkpoint end) {

  private static final String FORMAT = "millrace.range/1";
  private static final ObjectMapper JSON = new ObjectMapper();

  PreparedRange {
    Objects.requireNonNull(sink, "sink");
    Objects.requireNonNull(start, "start");
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(end, "end");
  }

  /** What is stored beside the end, as application state of a prepared checkpoint. */
  byte[] state() {
    ObjectNode node = JSON.createObjectNode();
    node.put("format", FORMAT);
    node.put("sink", sink);
    node.put("first", start.first().sequenceNumber().orElseThrow().digits());
    node.put("firstSub", start.first().subSequenceNumber());
    node.put("firstArrival", start.firstArrival().toEpochMilli());
    node.put("preparedAt", start.preparedAt().toEpochMilli());
    node.put("name", name);
    try {
      return JSON.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e); // texts and numbers only
    }
  }

  /**
   * Reads it back.
   *
   * @param state null if there is none
   * @return empty if it was not written by {@link #state}: it belongs to somebody else
   */
  static Optional<PreparedRange> read(String stream, String shardId, Checkpoint end, byte[] state) {
    if (state == null || end == null || !end.isRecord()) {
      return Optional.empty();
    }
    try {
      JsonNode node = JSON.readTree(state);
      if (node == null || !FORMAT.equals(node.path("format").asText())) {
        return Optional.empty();
      }
      Checkpoint first =
          Checkpoint.at(
              SequenceNumber.of(node.required("first").asText()),
              node.required("firstSub").asLong());
      RangeStart start =
          new RangeStart(
              stream,
              shardId,
              first,
              Instant.ofEpochMilli(node.required("firstArrival").asLong()),
              Instant.ofEpochMilli(node.required("preparedAt").asLong()));
      return Optional.of(
          new PreparedRange(
              node.required("sink").asText(), start, node.required("name").asText(), end));
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
