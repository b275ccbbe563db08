package io.millrace.connectors.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

// Property files come in three kinds: those that the old library's users have, with its names;
// ours, with the YAML form's names and dots between them; and the first kind with a few of the
// second. All become the same tree. What the old library took for granted when a file did not
// say it is taken for granted only for a file that has one of its names.
/** Makes of a property file what the YAML form would say. */
final class OldProperties {

  private static final String DESTINATION = "connectorDestination";

  private static final String REDSHIFT = "redshift";
  private static final String REDSHIFT_MANIFEST = "redshift-manifest";

  /** Destinations whose modules do not exist yet, by the old library's names. */
  private static final Map<String, String> TO_COME = Map.of("elasticsearch", "opensearch");

  private final Problems problems;
  private final References references;
  private final Map<String, List<OldKey<?>>> oldKeys = new LinkedHashMap<>();
  private final List<String> warnings = new ArrayList<>();
  private final Raw.Fields root = Raw.Fields.none(1);
  private String destination = "";

  OldProperties(Problems problems, References references) {
    this.problems = problems;
    this.references = references;
    OldKey.all()
        .forEach(old -> oldKeys.computeIfAbsent(old.key().name(), n -> new ArrayList<>()).add(old));
  }

  /** What to tell the user although nothing is wrong. */
  List<String> warnings() {
    return warnings;
  }

  /** What messages call the key at a path. */
  String nameOf(String path, String destination) {
    return OldKey.all().stream()
        .filter(old -> old.target().equals(path) && fits(old, destination))
        .map(old -> old.key().name())
        .findFirst()
        .orElse(path);
  }

  /** That of the destination, else any of the name; null if there is none. */
  private OldKey<?> key(String name, String destination) {
    List<OldKey<?>> named = oldKeys.getOrDefault(name, List.of());
    return named.stream()
        .filter(old -> fits(old, destination))
        .findFirst()
        .orElse(named.isEmpty() ? null : named.get(0));
  }

  private static boolean fits(OldKey<?> old, String destination) {
    return old.destination().isEmpty()
        || old.destination().equals(destination)
        || old.destination().equals(REDSHIFT) && destination.equals(REDSHIFT_MANIFEST);
  }

  Raw.Fields translate(Map<String, PropertiesReader.Entry> entries, Set<String> sections) {
    destination = destination(entries);
    List<String> ignored = new ArrayList<>();
    boolean old = false;
    for (Map.Entry<String, PropertiesReader.Entry> e : entries.entrySet()) {
      String name = e.getKey();
      PropertiesReader.Entry entry = e.getValue();
      OldKey<?> key = key(name, destination);
      if (key != null) {
        old = true;
        if (key.isMeaningless() || !fits(key, destination)) {
          ignored.add(name + " (line " + entry.line() + ")");
        } else {
          translate(key, entry);
        }
      } else if (sections.contains(name.split("\\.", 2)[0])) {
        put(name, new Raw.Field(name, entry.line(), text(name, entry)));
      } else {
        Set<String> known = new TreeSet<>(oldKeys.keySet());
        problems.add(
            entry.line(),
            name,
            "there is no such key;"
                + Suggestions.of(name, known)
                + " allowed: the old connector library's names, and keys such as buffer.bytes that"
                + " begin with "
                + String.join(", ", sections));
      }
    }
    if (old) {
      addDefaults(destination);
    }
    if (!ignored.isEmpty()) {
      warnings.add("these keys mean nothing here and are ignored: " + String.join(", ", ignored));
    }
    return root;
  }

  /**
   * What the file says, or else what it must mean. The old library's two ways into Redshift had one
   * destination; the one in two stages had a stream between them.
   */
  private static String destination(Map<String, PropertiesReader.Entry> entries) {
    String said = saidDestination(entries);
    return said.equals(REDSHIFT)
            && entries.containsKey("kinesisOutputStream")
            && !entries.containsKey("sink.type")
        ? REDSHIFT_MANIFEST
        : said;
  }

  private static String saidDestination(Map<String, PropertiesReader.Entry> entries) {
    for (String key : List.of(DESTINATION, "sink.type")) {
      if (entries.containsKey(key)) {
        return entries.get(key).value().trim();
      }
    }
    if (entries.containsKey("redshiftURL")) {
      return REDSHIFT; // by way of a bucket
    }
    boolean s3 = entries.containsKey("s3Bucket");
    boolean dynamoDb = entries.containsKey("dynamoDBDataTableName");
    return s3 == dynamoDb ? "" : s3 ? "s3" : "dynamodb";
  }

  private <T> void translate(OldKey<T> key, PropertiesReader.Entry entry) {
    String name = key.key().name();
    Raw.Text text = text(name, entry);
    if (text.value() != null) {
      if (text.value().isBlank()) {
        problems.add(entry.line(), name, "has no value; allowed: " + key.key().allowed());
        text = new Raw.Text(text.written(), null, true, text.line());
      } else {
        text = translated(key, text);
      }
    }
    put(key.target(), new Raw.Field(name, entry.line(), text));
  }

  private Raw.Text translated(OldKey<?> key, Raw.Text text) {
    try {
      String value = key.translate(text.value());
      String type =
          !key.target().equals("sink.type")
              ? value
              : value.equals(REDSHIFT) ? destination : TO_COME.getOrDefault(value, value);
      return new Raw.Text(text.written(), type, text.referenced(), text.line());
    } catch (IllegalArgumentException e) {
      problems.add(
          text.line(),
          key.key().name(),
          "'"
              + text.written()
              + "' is not allowed"
              + (text.referenced() ? "" : " (" + e.getMessage() + ")")
              + "; allowed: "
              + key.key().allowed());
      return new Raw.Text(text.written(), null, text.referenced(), text.line());
    }
  }

  private Raw.Text text(String name, PropertiesReader.Entry entry) {
    try {
      return references.resolve(entry.value(), entry.line());
    } catch (References.Unresolved e) {
      problems.add(entry.line(), name, e.getMessage());
      return new Raw.Text(entry.value(), null, true, entry.line());
    }
  }

  private void addDefaults(String destination) {
    for (OldKey<?> old : OldKey.all()) {
      Optional<String> text = old.defaultText();
      boolean said = find(old.target()).isPresent() || isInArn(old.target());
      if (text.isPresent() && fits(old, destination) && !said) {
        put(old.target(), new Raw.Field(old.key().name(), 1, Raw.Text.plain(text.get(), 1)));
      }
    }
    if (find("sink.type").isEmpty() && !destination.isEmpty()) {
      put("sink.type", new Raw.Field(DESTINATION, 1, Raw.Text.plain(destination, 1)));
    }
  }

  /** An ARN says the region. */
  private boolean isInArn(String path) {
    return path.equals("source.region")
        && find("source.stream")
            .filter(stream -> stream.value() instanceof Raw.Text text && text.value() != null)
            .map(stream -> ((Raw.Text) stream.value()).value().startsWith("arn:"))
            .orElse(false);
  }

  private Optional<Raw.Field> find(String path) {
    Raw.Fields fields = root;
    Raw.Field field = null;
    for (String name : path.split("\\.")) {
      if (field != null) {
        if (!(field.value() instanceof Raw.Fields below)) {
          return Optional.empty();
        }
        fields = below;
      }
      field = fields.fields().get(name);
      if (field == null) {
        return Optional.empty();
      }
    }
    return Optional.ofNullable(field);
  }

  private void put(String path, Raw.Field field) {
    String[] names = path.split("\\.", -1);
    Raw.Fields fields = root;
    for (int i = 0; i < names.length - 1; i++) {
      Raw.Field parent =
          fields
              .fields()
              .computeIfAbsent(
                  names[i], n -> new Raw.Field(field.shown(), field.line(), Raw.Fields.none(1)));
      if (!(parent.value() instanceof Raw.Fields below)) {
        problems.add(
            field.line(),
            field.shown(),
            "a value is not allowed here, because "
                + parent.shown()
                + " in line "
                + parent.line()
                + " is a single value; say one of them");
        return;
      }
      fields = below;
    }
    Raw.Field first = fields.fields().putIfAbsent(names[names.length - 1], field);
    if (first != null) {
      problems.add(
          field.line(),
          field.shown(),
          "said twice, first as " + first.shown() + " in line " + first.line() + "; say it once");
    }
  }
}
