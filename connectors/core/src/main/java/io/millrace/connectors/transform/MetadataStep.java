package io.millrace.connectors.transform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.Section;
import io.millrace.connectors.config.StepProvider;
import io.millrace.connectors.config.Values;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.message.Origin;
import io.millrace.connectors.message.Step;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/** Adds what the stream knows of a record. */
public final class MetadataStep implements StepProvider {

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  /** What there is, with where it comes from. */
  private static final Map<Key<String>, BiFunction<Message, Origin, JsonNode>> KNOWN =
      new LinkedHashMap<>();

  static {
    add(
        "partitionKey",
        "the partition key",
        (message, origin) -> NODES.textNode(message.record().getPartitionKey()));
    add(
        "sequenceNumber",
        "the sequence number, as text: it has too many digits for most readers' numbers",
        (message, origin) -> NODES.textNode(message.record().getSequenceNumber()));
    add(
        "subSequenceNumber",
        "the index within an aggregated record, else 0",
        (message, origin) -> NODES.numberNode(message.record().getSubSequenceNumber()));
    add("shardId", "the shard", (message, origin) -> NODES.textNode(origin.shardId()));
    add(
        "arrivalTime",
        "when the stream took the record, such as 2026-11-01T12:00:00.123Z",
        (message, origin) ->
            NODES.textNode(message.record().getApproximateArrivalTimestamp().toString()));
    add("stream", "the stream's name", (message, origin) -> NODES.textNode(origin.stream()));
  }

  private static final Section SECTION =
      new Section(
          "metadata",
          "Adds to a JSON object what the stream knows of the record. Each key names the field that"
              + " gets it; without any key all are added, under the keys' own names. A field that is"
              + " there already makes it a dead letter.",
          List.copyOf(KNOWN.keySet()));

  private static void add(String name, String what, BiFunction<Message, Origin, JsonNode> value) {
    KNOWN.put(Key.text(name).describedAs("The field for " + what + "."), value);
  }

  @Override
  public Section section() {
    return SECTION;
  }

  @Override
  public Step open(Values values) {
    Map<String, BiFunction<Message, Origin, JsonNode>> fields = new LinkedHashMap<>();
    names(values).forEach((key, name) -> fields.put(name, KNOWN.get(key)));
    return (message, origin) -> {
      ObjectNode object = JsonFields.copyOf(message, SECTION.name());
      fields.forEach(
          (name, value) ->
              JsonFields.add(object, name, value.apply(message, origin), SECTION.name()));
      return List.of(message.withJson(object));
    };
  }

  private static Map<Key<String>, String> names(Values values) {
    boolean all = KNOWN.keySet().stream().noneMatch(values::isSet);
    Map<Key<String>, String> names = new LinkedHashMap<>();
    KNOWN
        .keySet()
        .forEach(
            key -> {
              if (all) {
                names.put(key, key.name());
              } else {
                values.find(key).ifPresent(name -> names.put(key, name));
              }
            });
    return names;
  }

  @Override
  public String explain(Values values) {
    return "Adds " + String.join(", ", names(values).values()) + " from the stream.";
  }
}
