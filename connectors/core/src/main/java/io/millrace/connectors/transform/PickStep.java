package io.millrace.connectors.transform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.Section;
import io.millrace.connectors.config.StepProvider;
import io.millrace.connectors.config.Values;
import io.millrace.connectors.message.Step;
import java.util.List;
import java.util.Optional;

/** Keeps some fields. */
public final class PickStep implements StepProvider {

  private static final Key<List<String>> FIELDS =
      Key.list("fields")
          .required()
          .describedAs(
              "The fields to keep, in this order. `user.id` keeps `id` inside of `user`, unless"
                  + " there is a field with that very name. A field that a message does not have is"
                  + " left out.");

  private static final Section SECTION =
      new Section("pick", "Keeps these fields of a JSON object and no others.", List.of(FIELDS));

  @Override
  public Section section() {
    return SECTION;
  }

  @Override
  public Step open(Values values) {
    List<String> fields = values.get(FIELDS);
    return (message, origin) -> {
      ObjectNode from = JsonFields.object(message, SECTION.name());
      ObjectNode to = from.objectNode();
      fields.forEach(field -> copy(from, field, to));
      return List.of(message.withJson(to));
    };
  }

  /** With the objects around it. */
  private static void copy(ObjectNode from, String field, ObjectNode to) {
    if (from.has(field)) {
      to.set(field, from.get(field));
      return;
    }
    Optional<JsonFields.Place> place = JsonFields.find(from, field);
    if (place.isEmpty()) {
      return;
    }
    String around = field.substring(0, field.length() - place.get().name().length() - 1);
    String outer = outermost(from, around);
    JsonNode below = to.get(outer);
    ObjectNode inner = below instanceof ObjectNode known ? known.deepCopy() : to.objectNode();
    copy((ObjectNode) from.get(outer), field.substring(outer.length() + 1), inner);
    to.set(outer, inner);
  }

  /** The first object on the way. */
  private static String outermost(ObjectNode from, String path) {
    int dot = path.indexOf('.');
    while (dot >= 0) {
      String name = path.substring(0, dot);
      if (from.get(name) instanceof ObjectNode below
          && JsonFields.find(below, path.substring(dot + 1)).isPresent()) {
        return name;
      }
      dot = path.indexOf('.', dot + 1);
    }
    return path;
  }

  @Override
  public String explain(Values values) {
    return "Keeps the fields " + String.join(", ", values.get(FIELDS)) + ", and no others.";
  }
}
