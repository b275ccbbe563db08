package io.millrace.connectors.transform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.Section;
import io.millrace.connectors.config.StepProvider;
import io.millrace.connectors.config.Values;
import io.millrace.connectors.message.Step;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Gives fields other names. */
public final class RenameStep implements StepProvider {

  private static final Key<Map<String, String>> NAMES =
      Key.<Map<String, String>>map(
              "names", "fields with their new names, such as {ts: time}", Texts::of)
          .required()
          .describedAs(
              "Fields with their new names. `user.id: userId` takes `id` out of `user`. A field that"
                  + " a message does not have is left out; a new name that is taken makes it a dead"
                  + " letter.");

  private static final Section SECTION =
      new Section("rename", "Gives fields of a JSON object other names.", List.of(NAMES));

  @Override
  public Section section() {
    return SECTION;
  }

  @Override
  public Step open(Values values) {
    Map<String, String> names = values.get(NAMES);
    return (message, origin) -> {
      ObjectNode object = JsonFields.copyOf(message, SECTION.name());
      // all are taken out before any is put back, so that two can change places
      Map<String, JsonNode> taken = new LinkedHashMap<>();
      names.forEach(
          (from, to) -> {
            Optional<JsonFields.Place> place = JsonFields.find(object, from);
            place.ifPresent(p -> taken.put(to, p.owner().remove(p.name())));
          });
      taken.forEach((name, value) -> JsonFields.add(object, name, value, SECTION.name()));
      return List.of(message.withJson(object));
    };
  }

  @Override
  public String explain(Values values) {
    return "Renames "
        + values.get(NAMES).entrySet().stream()
            .map(e -> e.getKey() + " to " + e.getValue())
            .collect(Collectors.joining(", "))
        + ".";
  }
}
