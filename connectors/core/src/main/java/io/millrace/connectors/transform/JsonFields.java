package io.millrace.connectors.transform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.connectors.message.MalformedMessageException;
import io.millrace.connectors.message.Message;
import java.util.Optional;

/**
 * Fields of JSON objects by name. A name is first looked for as it is; if there is none, its dots
 * lead into objects.
 */
final class JsonFields {

  private JsonFields() {}

  /**
   * A copy that the step may change.
   *
   * @throws MalformedMessageException if the message is no JSON object
   */
  static ObjectNode copyOf(Message message, String step) {
    return object(message, step).deepCopy();
  }

  static ObjectNode object(Message message, String step) {
    JsonNode json = message.json();
    if (json instanceof ObjectNode object) {
      return object;
    }
    throw new MalformedMessageException(
        step + ": the message is " + kind(json) + ", not a JSON object");
  }

  /** In words. */
  static String kind(JsonNode json) {
    return switch (json.getNodeType()) {
      case ARRAY -> "an array";
      case OBJECT -> "an object";
      case STRING -> "a text";
      case NUMBER -> "a number";
      case BOOLEAN -> "true or false";
      default -> "null";
    };
  }

  /** The object that has the field, and what the field is called there. */
  record Place(ObjectNode owner, String name) {
    JsonNode value() {
      return owner.get(name);
    }
  }

  /** Empty if there is no such field. */
  static Optional<Place> find(ObjectNode object, String name) {
    if (object.has(name)) {
      return Optional.of(new Place(object, name));
    }
    int dot = name.indexOf('.');
    while (dot >= 0) {
      if (object.get(name.substring(0, dot)) instanceof ObjectNode below) {
        Optional<Place> found = find(below, name.substring(dot + 1));
        if (found.isPresent()) {
          return found;
        }
      }
      dot = name.indexOf('.', dot + 1);
    }
    return Optional.empty();
  }

  /**
   * Adds a field that is not there yet.
   *
   * @throws MalformedMessageException if it is: which of the two is right nobody knows
   */
  static void add(ObjectNode object, String name, JsonNode value, String step) {
    if (object.has(name)) {
      throw new MalformedMessageException(step + ": there is a field '" + name + "' already");
    }
    object.set(name, value);
  }
}
