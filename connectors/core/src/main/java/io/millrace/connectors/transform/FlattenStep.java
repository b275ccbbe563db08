package io.millrace.connectors.transform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.Section;
import io.millrace.connectors.config.StepProvider;
import io.millrace.connectors.config.Values;
import io.millrace.connectors.message.Step;
import java.util.List;
import java.util.Map;

/** Takes objects within an object apart. */
public final class FlattenStep implements StepProvider {

  private static final Key<String> SEPARATOR =
      Key.text("separator").withDefault("_").describedAs("Stands between the names.");

  private static final Section SECTION =
      new Section(
          "flatten",
          "Makes of objects within a JSON object fields of that object: `{\"user\": {\"id\": 1}}`"
              + " becomes `{\"user_id\": 1}`. Arrays and empty objects stay as they are; a name that"
              + " comes out twice makes it a dead letter.",
          List.of(SEPARATOR));

  @Override
  public Section section() {
    return SECTION;
  }

  @Override
  public Step open(Values values) {
    String separator = values.get(SEPARATOR);
    return (message, origin) -> {
      ObjectNode from = JsonFields.object(message, SECTION.name());
      ObjectNode to = from.objectNode();
      flatten(from, "", separator, to);
      return List.of(message.withJson(to));
    };
  }

  /** As deep as the parser lets anybody nest. */
  private static void flatten(ObjectNode from, String prefix, String separator, ObjectNode to) {
    for (Map.Entry<String, JsonNode> field : from.properties()) {
      String name = prefix + field.getKey();
      if (field.getValue() instanceof ObjectNode below && !below.isEmpty()) {
        flatten(below, name + separator, separator, to);
      } else {
        JsonFields.add(to, name, field.getValue(), SECTION.name());
      }
    }
  }

  @Override
  public String explain(Values values) {
    return "Flattens objects within objects, with '"
        + values.get(SEPARATOR)
        + "' between the names.";
  }
}
