package io.millrace.connectors.dynamodb;

import io.millrace.connectors.config.ConfigException;
import io.millrace.connectors.config.Finding;
import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.Section;
import io.millrace.connectors.config.SinkProvider;
import io.millrace.connectors.config.Surroundings;
import io.millrace.connectors.config.Values;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Sink;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** {@code sink.type: dynamodb}. */
public final class DynamoDbSinkProvider implements SinkProvider {

  private static final Duration YEAR = Duration.ofDays(365);
  private static final String TYPES =
      Arrays.stream(AttributeType.values())
          .map(AttributeType::name)
          .collect(Collectors.joining(", "));

  private static final String EVERY = "*";
  private static final String EVERY_FIELD =
      "Every field of a record becomes the attribute of its name.";

  /** What {@code attributes} says. */
  private record Attributes(List<AttributeMapping> named, boolean everyField) {}

  private static final Key<String> TABLE =
      Key.parsed(
              "table",
              "3 to 255 letters, digits, hyphens, dots and underscores",
              text -> {
                plain(() -> DynamoDbSink.requireTableName(text));
                return text;
              })
          .required()
          .describedAs("The table's name.");

  private static final Key<String> REGION =
      Key.text("region").describedAs("The table's region; that of the source if it is left out.");

  private static final Key<URI> ENDPOINT =
      Key.parsed("endpoint", "a URL such as http://localhost:8000", DynamoDbSinkProvider::endpoint)
          .describedAs("Where DynamoDB is, if it is not the region's public one.");

  private static final Key<Mode> MODE =
      Key.oneOf("mode", Mode.class)
          .withDefault(Mode.ORDERED)
          .describedAs(
              "ordered: one conditional write a record, so that a row never goes back. batch: up to"
                  + " 25 rows a request, only where $position or $identity is in the key.");

  private static final Key<Operation> OPERATION =
      Key.oneOf("operation", Operation.class)
          .describedAs(
              "What every record does to its row: put replaces it, update sets the mapped"
                  + " attributes, delete leaves a tombstone, increment adds the attributes of type"
                  + " N. put if neither this nor operationField is there.");

  private static final Key<String> OPERATION_FIELD =
      Key.text("operationField")
          .describedAs("The field that says what the record does to its row; see operations.");

  private static final Key<Map<String, Operation>> OPERATIONS =
      Key.map(
              "operations",
              "a text of operationField and put, update, delete or increment, such as"
                  + " 'removed: delete'",
              DynamoDbSinkProvider::operations)
          .describedAs(
              "What each text of operationField means. A record that says anything else is a dead"
                  + " letter.");

  private static final Key<String> PARTITION_KEY =
      Key.text("partitionKey")
          .required()
          .describedAs(
              "The attribute that is the table's partition key: from the field of the same name, as"
                  + " type S, unless attributes says otherwise.");

  private static final Key<String> SORT_KEY =
      Key.text("sortKey").describedAs("The attribute that is the table's sort key, if it has one.");

  private static final Key<Attributes> ATTRIBUTES =
      Key.map(
              "attributes",
              "names of attributes, each with a field ('user.name'), a field and a type ('user.age"
                  + " N'), or field, type and required; types: "
                  + TYPES,
              DynamoDbSinkProvider::attributes)
          .describedAs(
              "Which field becomes which attribute. Left out, or with '*: *' among them: every"
                  + " other field becomes the attribute of its name. A field is name, outer.inner or /outer/inner; or $stream, $shardId,"
                  + " $sequenceNumber, $subSequenceNumber, $ordinal, $position, $identity,"
                  + " $partitionKey, $arrivalMillis, $payload; or =value for the same value in"
                  + " every row.");

  private static final Key<String> SEQ_ATTRIBUTE =
      Key.text("seqAttribute")
          .withDefault("_seq")
          .describedAs("Where mode ordered keeps the position of the record that wrote the row.");

  private static final Key<String> DELETED_ATTRIBUTE =
      Key.text("deletedAttribute")
          .withDefault("_deleted")
          .describedAs("True in a tombstone; readers pass over such rows.");

  private static final Key<String> TTL_ATTRIBUTE =
      Key.text("ttlAttribute")
          .withDefault("_ttl")
          .describedAs(
              "When a tombstone or the marker of an increment may be removed, in seconds since"
                  + " 1970. The table's time to live has to be switched on for it.");

  private static final Key<Duration> TOMBSTONE_AGE =
      Key.duration("tombstoneAge", Duration.ofHours(1), YEAR)
          .withDefault(Duration.ofHours(24))
          .describedAs("How long a tombstone stays, so that a late older write finds it.");

  private static final Key<Duration> MARKER_AGE =
      Key.duration("markerAge", Duration.ofHours(24), YEAR)
          .withDefault(Duration.ofDays(8))
          .describedAs(
              "How long the marker of an increment stays: longer than the stream keeps a record"
                  + " that may be read again.");

  private static final Key<Boolean> CREATE_TABLE =
      Key.flag("createTable")
          .withDefault(false)
          .describedAs("Whether a missing table is created, with the key of this section.");

  private static final Key<Billing> BILLING =
      Key.oneOf("billing", Billing.class)
          .withDefault(Billing.PAY_PER_REQUEST)
          .describedAs("How a table that is created is paid for.");

  private static final Key<Long> READ_UNITS =
      Key.number("readUnits", 1, 1_000_000)
          .describedAs("Of a table that is created with provisioned billing.");

  private static final Key<Long> WRITE_UNITS =
      Key.number("writeUnits", 1, 1_000_000)
          .describedAs("Of a table that is created with provisioned billing.");

  private static final Key<Long> MAX_CONCURRENCY =
      Key.number("maxConcurrency", 1, 1_000)
          .withDefault(64L)
          .describedAs("Requests under way at a time, over all shards of a worker.");

  private static final Key<Long> MAX_UNITS =
      Key.number("maxUnitsPerSecond", 1, 1_000_000)
          .withDefault(40_000L)
          .describedAs(
              "Write units a second that a worker asks for at most. While the table throttles it"
                  + " asks for less.");

  private static final Key<Duration> TIMEOUT =
      Key.duration("timeout", Duration.ofMillis(100), Duration.ofMinutes(1))
          .withDefault(Duration.ofSeconds(5))
          .describedAs("Of one request.");

  private static final Section SECTION =
      new Section(
          "dynamodb",
          "Records become rows of a DynamoDB table.",
          List.of(
              TABLE,
              REGION,
              ENDPOINT,
              MODE,
              OPERATION,
              OPERATION_FIELD,
              OPERATIONS,
              PARTITION_KEY,
              SORT_KEY,
              ATTRIBUTES,
              SEQ_ATTRIBUTE,
              DELETED_ATTRIBUTE,
              TTL_ATTRIBUTE,
              TOMBSTONE_AGE,
              MARKER_AGE,
              CREATE_TABLE,
              BILLING,
              READ_UNITS,
              WRITE_UNITS,
              MAX_CONCURRENCY,
              MAX_UNITS,
              TIMEOUT));

  /** For the service loader. */
  public DynamoDbSinkProvider() {}

  @Override
  public Section section() {
    return SECTION;
  }

  @Override
  public Sink<Message> open(Values values, Surroundings surroundings) {
    NewTable newTable = newTable(values);
    DynamoDbSink sink = sink(values, surroundings);
    boolean ready = false;
    try {
      if (values.get(CREATE_TABLE)) {
        sink.createTable(newTable);
      }
      ready = true;
      return sink;
    } finally {
      if (!ready) {
        sink.close();
      }
    }
  }

  @Override
  public List<Finding> check(Values values, Surroundings surroundings) {
    newTable(values);
    try (DynamoDbSink sink = sink(values, surroundings)) {
      return sink.target()
          .check(
              sink.needsExpiry() ? values.get(TTL_ATTRIBUTE) : null,
              values.get(CREATE_TABLE),
              permissions(values))
          .toCompletableFuture()
          .join();
    }
  }

  private static List<String> permissions(Values values) {
    if (values.get(MODE) == Mode.BATCH) {
      return List.of("BatchWriteItem", "PutItem");
    }
    Set<Operation> possible = operation(values).possible();
    List<String> permissions = new ArrayList<>();
    if (!possible.equals(Set.of(Operation.UPDATE))) {
      permissions.add("PutItem");
    }
    if (possible.contains(Operation.UPDATE) || possible.contains(Operation.INCREMENT)) {
      permissions.add("UpdateItem");
    }
    return permissions;
  }

  @Override
  public List<String> explain(Values values) {
    newTable(values);
    DynamoDbSink.Builder builder = builder(values);
    refusing(
        values,
        () -> {
          builder.validate();
          return null;
        });
    Set<Operation> possible = operation(values).possible();
    boolean ordered = values.get(MODE) == Mode.ORDERED;
    List<String> text = new ArrayList<>();
    text.add(
        "Writes rows into the DynamoDB table '"
            + values.get(TABLE)
            + "', by the key "
            + values.get(PARTITION_KEY)
            + values.find(SORT_KEY).map(sort -> " and " + sort).orElse("")
            + "; the operation is "
            + operation(values)
            + ".");
    text.add(values.find(ATTRIBUTES).map(DynamoDbSinkProvider::describe).orElse(EVERY_FIELD));
    if (!ordered) {
      text.add(
          "Rows are put in batches of up to 25 and without a condition; a repeat puts the same row"
              + " again, because no two records share a key.");
    } else if (!possible.equals(Set.of(Operation.INCREMENT))) {
      text.add(
          "A row changes only if the record comes after the one in its attribute '"
              + values.get(SEQ_ATTRIBUTE)
              + "'; a repeat changes nothing.");
    }
    if (possible.contains(Operation.DELETE)) {
      text.add(
          "A deleted row stays as a tombstone for "
              + Key.show(values.get(TOMBSTONE_AGE))
              + "; readers pass over rows whose '"
              + values.get(DELETED_ATTRIBUTE)
              + "' is true.");
    }
    if (possible.contains(Operation.INCREMENT)) {
      text.add(
          "Every increment puts a marker row, whose key begins with "
              + Requests.MARKER_PREFIX
              + ", in the same transaction; it stays for "
              + Key.show(values.get(MARKER_AGE))
              + " and readers pass over it.");
    }
    text.add(
        "At most "
            + values.get(MAX_CONCURRENCY)
            + " requests and "
            + values.get(MAX_UNITS)
            + " write units a second; less while the table throttles.");
    if (values.get(CREATE_TABLE)) {
      text.add(
          "If the table is missing, it is created, with "
              + Key.show(values.get(BILLING))
              + " billing.");
    }
    return text;
  }

  private static String describe(Attributes attributes) {
    String named =
        attributes.named().stream()
            .map(
                mapping ->
                    mapping.attribute() + " (from " + mapping.field() + ", " + mapping.type() + ")")
            .collect(Collectors.joining(", "));
    if (named.isEmpty()) {
      return EVERY_FIELD;
    }
    return "Attributes are "
        + named
        + (attributes.everyField() ? ", and every other field by its name." : ".");
  }

  private static DynamoDbSink sink(Values values, Surroundings surroundings) {
    DynamoDbSink.Builder builder =
        builder(values)
            .connect(
                values.find(REGION).orElse(surroundings.region()),
                surroundings.credentials(),
                values.find(ENDPOINT).or(() -> surroundings.endpoint("dynamodb")).orElse(null));
    return refusing(values, builder::build);
  }

  private static DynamoDbSink.Builder builder(Values values) {
    return refusing(
        values,
        () -> {
          ItemMapping.Builder mapping = ItemMapping.builder(values.get(PARTITION_KEY));
          values.find(SORT_KEY).ifPresent(mapping::sortKey);
          values
              .find(ATTRIBUTES)
              .ifPresent(
                  attributes -> {
                    attributes.named().forEach(mapping::attribute);
                    if (attributes.everyField()) {
                      mapping.everyField();
                    }
                  });
          return DynamoDbSink.builder(values.get(TABLE), mapping.build())
              .mode(values.get(MODE))
              .operation(operation(values))
              .seqAttribute(values.get(SEQ_ATTRIBUTE))
              .deletedAttribute(values.get(DELETED_ATTRIBUTE))
              .ttlAttribute(values.get(TTL_ATTRIBUTE))
              .tombstoneAge(values.get(TOMBSTONE_AGE))
              .markerAge(values.get(MARKER_AGE))
              .maxConcurrency(Math.toIntExact(values.get(MAX_CONCURRENCY)))
              .maxUnitsPerSecond(Math.toIntExact(values.get(MAX_UNITS)))
              .timeout(values.get(TIMEOUT));
        });
  }

  private static OperationRule operation(Values values) {
    boolean byField = values.isSet(OPERATION_FIELD);
    if (byField && values.isSet(OPERATION)) {
      throw values.refuse(
          OPERATION, "operationField chooses the operation already: leave one of them out");
    }
    if (byField && !values.isSet(OPERATIONS)) {
      throw values.refuse(
          OPERATION_FIELD, "operations is missing: say what each text of the field means");
    }
    if (!byField && values.isSet(OPERATIONS)) {
      throw values.refuse(
          OPERATIONS, "operationField is missing: name the field that chooses the operation");
    }
    return byField
        ? refusing(
            values,
            () -> OperationRule.byField(values.get(OPERATION_FIELD), values.get(OPERATIONS)))
        : OperationRule.always(values.find(OPERATION).orElse(Operation.PUT));
  }

  private static NewTable newTable(Values values) {
    return refusing(
        values,
        () ->
            new NewTable(
                values.get(BILLING),
                values.find(READ_UNITS).orElse(0L),
                values.find(WRITE_UNITS).orElse(0L)));
  }

  /** What the builder refuses, with file and line. */
  private static <T> T refusing(Values values, java.util.function.Supplier<T> supplier) {
    try {
      return supplier.get();
    } catch (RefusedSetting e) {
      throw values.refuse(key(e), e.why());
    }
  }

  private static Key<?> key(RefusedSetting refused) {
    return SECTION.keys().stream()
        .filter(key -> key.name().equals(refused.setting()))
        .findFirst()
        .orElseThrow(() -> new ConfigException(refused.getMessage(), refused));
  }

  /** The reason alone: the file's reader names the key. */
  private static void plain(Runnable check) {
    try {
      check.run();
    } catch (RefusedSetting e) {
      throw new IllegalArgumentException(e.why(), e);
    }
  }

  private static URI endpoint(String text) {
    URI uri = URI.create(text.trim());
    if (uri.getHost() == null
        || !("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
      throw new IllegalArgumentException("it is no http or https URL with a host");
    }
    return uri;
  }

  private static Map<String, Operation> operations(Map<String, Object> file) {
    Map<String, Operation> operations = new LinkedHashMap<>();
    Key<Operation> reader = Key.oneOf("operations", Operation.class);
    file.forEach(
        (text, value) -> {
          try {
            operations.put(text, reader.read(value));
          } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                "'" + text + "' is '" + value + "', which is no operation", e);
          }
        });
    if (operations.isEmpty()) {
      throw new IllegalArgumentException("it is empty");
    }
    return operations;
  }

  private static Attributes attributes(Map<String, Object> file) {
    List<AttributeMapping> mappings = new ArrayList<>();
    file.forEach(
        (name, value) -> {
          if (!name.equals(EVERY)) {
            mappings.add(attribute(name, value));
          } else if (!value.equals(EVERY)) {
            throw new IllegalArgumentException(
                "'*' is '" + value + "'; every field by its name is written as '*: *'");
          }
        });
    if (file.isEmpty()) {
      throw new IllegalArgumentException("it is empty");
    }
    return new Attributes(mappings, file.containsKey(EVERY));
  }

  private static AttributeMapping attribute(String name, Object value) {
    if (value instanceof String text) {
      if (text.startsWith("=")) {
        return AttributeMapping.of(name, text, AttributeType.S);
      }
      String[] parts = text.trim().split("\\s+");
      if (parts.length > 2) {
        throw new IllegalArgumentException(
            "attribute '"
                + name
                + "' is '"
                + text
                + "': more than a field and a type; a field whose name has spaces needs 'field:'");
      }
      return AttributeMapping.of(
          name, parts[0], parts.length == 2 ? type(name, parts[1]) : AttributeType.ANY);
    }
    if (!(value instanceof Map<?, ?> parts)) {
      throw new IllegalArgumentException(
          "attribute '" + name + "' is neither a field nor a map of field, type, required");
    }
    for (Object part : parts.keySet()) {
      if (!Set.of("field", "type", "required").contains(String.valueOf(part))) {
        throw new IllegalArgumentException(
            "attribute '" + name + "' has '" + part + "'; allowed: field, type, required");
      }
    }
    return new AttributeMapping(
        name,
        parts.containsKey("field") ? textOf(name, parts, "field") : name,
        parts.containsKey("type") ? type(name, textOf(name, parts, "type")) : AttributeType.ANY,
        parts.containsKey("required") && required(name, textOf(name, parts, "required")));
  }

  private static boolean required(String name, String text) {
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default ->
          throw new IllegalArgumentException(
              "attribute '" + name + "' has 'required: " + text + "'; allowed: true, false");
    };
  }

  private static String textOf(String name, Map<?, ?> parts, String part) {
    if (!(parts.get(part) instanceof String text)) {
      throw new IllegalArgumentException(
          "attribute '" + name + "' has a '" + part + "' that is no text");
    }
    return Objects.requireNonNull(text);
  }

  private static AttributeType type(String name, String text) {
    for (AttributeType type : AttributeType.values()) {
      if (type.name().equalsIgnoreCase(text)) {
        return type;
      }
    }
    throw new IllegalArgumentException(
        "attribute '" + name + "' is of type '" + text + "'; allowed: " + TYPES);
  }
}
