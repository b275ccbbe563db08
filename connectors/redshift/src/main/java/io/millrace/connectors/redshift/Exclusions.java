package io.millrace.connectors.redshift;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.millrace.connectors.sink.Exclusion;
import io.millrace.connectors.sink.Positions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Exclusions as text of the history: ASCII, in parts that fit a column. */
final class Exclusions {
  /** A column takes 65,535 bytes. */
  static final int MOST_CHARACTERS = 60_000;

  private static final ObjectMapper ASCII =
      new ObjectMapper(JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build());

  private Exclusions() {}

  /** At least one part. */
  static List<String> parts(List<Exclusion> exclusions) {
    if (exclusions.isEmpty()) {
      return List.of("");
    }
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    for (Exclusion exclusion : exclusions) {
      list.addArray().add(Positions.sortable(exclusion.position())).add(exclusion.reason());
    }
    String text;
    try {
      text = ASCII.writeValueAsString(list);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<String> parts = new ArrayList<>();
    for (int from = 0; from < text.length(); from += MOST_CHARACTERS) {
      parts.add(text.substring(from, Math.min(text.length(), from + MOST_CHARACTERS)));
    }
    return parts;
  }

  /**
   * @param text the parts, joined
   * @throws IllegalArgumentException if it is none of ours
   */
  static List<Exclusion> parse(String text) {
    if (text.isEmpty()) {
      return List.of();
    }
    try {
      List<Exclusion> exclusions = new ArrayList<>();
      for (JsonNode one : ASCII.readTree(text)) {
        exclusions.add(new Exclusion(Positions.parse(one.path(0).asText()), one.path(1).asText()));
      }
      return exclusions;
    } catch (IOException e) {
      throw new IllegalArgumentException("Not a list of exclusions", e);
    }
  }
}
