package io.millrace.connectors.config;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.schema.FailsafeSchema;

/** Reads YAML into names, texts and lists; no value is anything but text yet. */
final class YamlReader {

  /** Deeper nesting than any section has is a mistake, or somebody's joke. */
  private static final int MOST_LEVELS = 32;

  private final Problems problems;
  private final References references;
  private final Map<Node, Boolean> open = new IdentityHashMap<>();

  YamlReader(Problems problems, References references) {
    this.problems = problems;
    this.references = references;
  }

  /** The whole file; what is wrong is added to the problems. */
  Raw.Fields read(String text) {
    if (tabs(text)) {
      return Raw.Fields.none(1);
    }
    LoadSettings settings =
        LoadSettings.builder()
            .setSchema(new FailsafeSchema())
            .setMaxAliasesForCollections(50)
            .build();
    try {
      Iterator<Node> documents = new Compose(settings).composeAllFromString(text).iterator();
      if (!documents.hasNext()) {
        problems.add(1, "the file is empty; it needs source and sink at least");
        return Raw.Fields.none(1);
      }
      Node root = documents.next();
      if (documents.hasNext()) {
        problems.add(line(documents.next()), "a second document begins here; one is allowed");
      }
      Raw raw = raw(root, "", 0);
      if (raw instanceof Raw.Fields fields) {
        return fields;
      }
      problems.add(raw.line(), "the file is no list of sections such as 'source:' and 'sink:'");
    } catch (MarkedYamlEngineException e) {
      problems.add(
          e.getProblemMark().or(e::getContextMark).map(YamlReader::line).orElse(1),
          "this is no YAML: " + oneLine(e));
    } catch (YamlEngineException e) {
      problems.add(1, "this is no YAML: " + e.getMessage());
    }
    return Raw.Fields.none(1);
  }

  private static String oneLine(MarkedYamlEngineException e) {
    String context = e.getContext() == null ? "" : e.getContext() + ", ";
    return (context + e.getProblem()).replaceAll("\\s+", " ");
  }

  /** YAML refuses them with words that few understand. */
  private boolean tabs(String text) {
    boolean found = false;
    int number = 0;
    for (String line : text.lines().toList()) {
      number++;
      String indentation = line.substring(0, line.length() - line.stripLeading().length());
      if (indentation.indexOf('\t') >= 0 && !line.isBlank()) {
        problems.add(number, "there is a tab before the text; YAML is indented with spaces only");
        found = true;
      }
    }
    return found;
  }

  private Raw raw(Node node, String path, int level) {
    int line = line(node);
    if (level > MOST_LEVELS || open.put(node, true) != null) {
      problems.add(line, (path.isEmpty() ? "" : path + ": ") + "this contains itself");
      return Raw.Text.plain("", line);
    }
    try {
      if (node instanceof ScalarNode scalar) {
        return text(scalar.getValue(), path, line);
      }
      if (node instanceof SequenceNode sequence) {
        List<Raw> elements = new ArrayList<>();
        for (Node element : sequence.getValue()) {
          elements.add(raw(element, path + "[" + (elements.size() + 1) + "]", level + 1));
        }
        return new Raw.Items(elements, line);
      }
      return fields((MappingNode) node, path, level);
    } finally {
      open.remove(node);
    }
  }

  private Raw text(String written, String path, int line) {
    try {
      return references.resolve(written, line);
    } catch (References.Unresolved e) {
      problems.add(line, path, e.getMessage());
      return new Raw.Text(written, null, true, line);
    }
  }

  private Raw.Fields fields(MappingNode mapping, String path, int level) {
    Map<String, Raw.Field> fields = new LinkedHashMap<>();
    for (NodeTuple tuple : mapping.getValue()) {
      int line = line(tuple.getKeyNode());
      if (!(tuple.getKeyNode() instanceof ScalarNode name)) {
        problems.add(line, (path.isEmpty() ? "" : path + ": ") + "a name is a text");
        continue;
      }
      String shown = path.isEmpty() ? name.getValue() : path + "." + name.getValue();
      Raw.Field field = new Raw.Field(shown, line, raw(tuple.getValueNode(), shown, level + 1));
      Raw.Field first = fields.putIfAbsent(name.getValue(), field);
      if (first != null) {
        problems.add(line, shown, "said twice, first in line " + first.line() + "; say it once");
      }
    }
    return new Raw.Fields(fields, line(mapping));
  }

  private static int line(Node node) {
    return node.getStartMark().map(YamlReader::line).orElse(1);
  }

  private static int line(Mark mark) {
    return mark.getLine() + 1;
  }
}
