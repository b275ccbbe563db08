package io.millrace.connectors.s3;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import java.util.Optional;

/**
 * A field of a record: names with dots between them, {@code user.country}, a number for an element
 * of an array, {@code $.} in front if one likes; or, where a name has a dot, a JSON pointer: {@code
 * /user.name/first}.
 *
 * @param text as it was written
 * @param pointer what it means
 */
public record FieldPath(String text, JsonPointer pointer) {

  public static final String ALLOWED =
      "names with dots between them, such as user.country, or a JSON pointer, such as"
          + " /user.country";

  /**
   * @throws IllegalArgumentException that says what is wrong
   */
  public static FieldPath parse(String text) {
    if (text.startsWith("/")) {
      return new FieldPath(text, JsonPointer.compile(text));
    }
    String names = text.startsWith("$.") ? text.substring(2) : text;
    StringBuilder pointer = new StringBuilder();
    for (String name : names.split("\\.", -1)) {
      if (name.isEmpty()) {
        throw new IllegalArgumentException(
            "'" + text + "' has an empty name; allowed are " + ALLOWED);
      }
      pointer.append('/').append(name.replace("~", "~0"));
    }
    return new FieldPath(text, JsonPointer.compile(pointer.toString()));
  }

  /** Its value; empty if it is missing or null. */
  public Optional<JsonNode> of(JsonNode json) {
    JsonNode node = json.at(pointer);
    return node.isMissingNode() || node.isNull() ? Optional.empty() : Optional.of(node);
  }

  /** The kind of a value, in words. */
  static String kind(JsonNode node) {
    JsonNodeType type = node.getNodeType();
    return switch (type) {
      case OBJECT -> "an object";
      case ARRAY -> "an array";
      case STRING -> "a text";
      case NUMBER -> "a number";
      case BOOLEAN -> "a boolean";
      case NULL -> "null";
      default -> type.toString();
    };
  }

  @Override
  public String toString() {
    return text;
  }
}
