package io.millrace.connectors.transform;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.Section;
import io.millrace.connectors.config.StepProvider;
import io.millrace.connectors.config.Values;
import io.millrace.connectors.message.Step;
import java.util.List;

/** Removes fields. */
public final class DropStep implements StepProvider {

  private static final Key<List<String>> FIELDS =
      Key.list("fields")
          .required()
          .describedAs("The fields to remove; `user.id` is `id` inside of `user`.");

  private static final Section SECTION =
      new Section("drop", "Removes these fields of a JSON object.", List.of(FIELDS));

  @Override
  public Section section() {
    return SECTION;
  }

  @Override
  public Step open(Values values) {
    List<String> fields = values.get(FIELDS);
    return (message, origin) -> {
      ObjectNode object = JsonFields.copyOf(message, SECTION.name());
      fields.forEach(
          field ->
              JsonFields.find(object, field)
                  .ifPresent(place -> place.owner().remove(place.name())));
      return List.of(message.withJson(object));
    };
  }

  @Override
  public String explain(Values values) {
    return "Removes the fields " + String.join(", ", values.get(FIELDS)) + ".";
  }
}
