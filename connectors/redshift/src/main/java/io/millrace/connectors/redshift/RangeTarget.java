package io.millrace.connectors.redshift;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.connectors.message.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Where a range goes, as it is stored with the prepared checkpoint. The history is the arbiter, so
 * a range that was prepared for one must not be looked for in another.
 *
 * @param table as the history names it
 * @param history the table of what was loaded
 */
record RangeTarget(String table, String history) {
  private static final String VERSION = "1";

  String text() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("redshift", VERSION);
    json.put("table", table);
    json.put("history", history);
    return new String(Json.write(json), StandardCharsets.UTF_8);
  }

  /** Empty if it is none of ours. */
  static Optional<RangeTarget> parse(String text) {
    try {
      JsonNode json = Json.read(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
      return json.path("redshift").asText().equals(VERSION)
          ? Optional.of(new RangeTarget(json.path("table").asText(), json.path("history").asText()))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
