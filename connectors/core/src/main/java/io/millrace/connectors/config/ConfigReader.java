package io.millrace.connectors.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Reads one file. Used once, by one thread. */
final class ConfigReader {

  private static final long MOST_BYTES = 1 << 20;

  /** Sinks that are planned; a file that names one is not told that it does not exist. */
  private static final Set<String> TO_COME = Set.of("opensearch");

  private static final List<String> SECTIONS =
      List.of(
          "source",
          "transform",
          "filter",
          "buffer",
          "retry",
          "sink",
          "deadLetter",
          "checkpoint",
          "metrics",
          "local");

  private final Path file;
  private final Modules modules;
  private final Problems problems;
  private final References references;
  private final List<String> warnings = new ArrayList<>();
  private boolean properties;
  private SectionReader reader;

  ConfigReader(Path file, Modules modules, UnaryOperator<String> environment) {
    this.file = file;
    this.modules = modules;
    this.problems = new Problems(file.toString());
    this.references = new References(environment, PipelineConfig.directoryOf(file));
  }

  PipelineConfig read() {
    String name = file.getFileName().toString();
    properties = name.endsWith(".properties");
    if (!properties && !name.endsWith(".yaml") && !name.endsWith(".yml")) {
      throw new ConfigException(
          file + ": its name says no form that is known; allowed: .yaml, .yml, .properties");
    }
    String text = text();
    Raw.Fields root;
    if (properties) {
      OldProperties old = new OldProperties(problems, references);
      root =
          old.translate(new PropertiesReader(problems).read(text), new LinkedHashSet<>(SECTIONS));
      String destination = textOf(root, "sink", "type");
      reader = new SectionReader(problems, true, path -> old.nameOf(path, destination));
      old.warnings().forEach(warning -> warnings.add(file + ": " + warning));
    } else {
      root = new YamlReader(problems, references).read(text);
      reader = new SectionReader(problems, false, UnaryOperator.identity());
    }
    PipelineConfig.Parts parts = parts(root);
    problems.throwIfAny();
    PipelineConfig config = new PipelineConfig(file, parts, warnings);
    config.stages(); // what goes with each other in only one of them is refused now too
    return config;
  }

  private String text() {
    String why;
    try {
      if (Files.isDirectory(file)) {
        why = "it is a directory";
      } else if (Files.size(file) > MOST_BYTES) {
        why = "it has " + Files.size(file) + " bytes, more than " + MOST_BYTES;
      } else {
        byte[] bytes = Files.readAllBytes(file);
        try {
          return StandardCharsets.UTF_8
              .newDecoder()
              .decode(java.nio.ByteBuffer.wrap(bytes))
              .toString();
        } catch (CharacterCodingException e) {
          if (properties) {
            return new String(
                bytes, StandardCharsets.ISO_8859_1); // what such files are by tradition
          }
          why = "it is no text in UTF-8";
        }
      }
    } catch (NoSuchFileException e) {
      why = "it does not exist";
    } catch (AccessDeniedException e) {
      why = "the user of this process may not read it";
    } catch (IOException e) {
      why = e.toString();
    }
    throw new ConfigException(file + ": the file cannot be read: " + why);
  }

  private PipelineConfig.Parts parts(Raw.Fields root) {
    root.fields()
        .forEach(
            (name, field) -> {
              if (!SECTIONS.contains(name)) {
                problems.add(field.line(), field.shown(), SectionReader.unknown(name, SECTIONS));
              }
            });
    boolean empty = root.fields().isEmpty();
    Map<String, Values> sections = new LinkedHashMap<>();
    if (empty) {
      return new PipelineConfig.Parts(sections, List.of(), List.of(), nothing(root.line()), null);
    }
    for (Section section : PipelineKeys.sections()) {
      Raw.Fields raw = fields(root, section.name());
      sections.put(section.name(), reader.read(section, section.name() + ".", raw));
    }
    PipelineChecks.check(sections, problems);
    List<Chosen<StepProvider>> transform = steps(root, "transform");
    List<Chosen<StepProvider>> filter = steps(root, "filter");
    Chosen<SinkProvider> sink = typed(root, "sink", modules.sinks(), SinkProvider::section);
    Optional<OwnDeadLetters> own =
        sink == null ? Optional.empty() : sink.provider().deadLetters(sink.values());
    Chosen<DeadLetterProvider> deadLetter = own.map(OwnDeadLetters::section).orElse(null);
    if (root.fields().containsKey("deadLetter")) {
      deadLetter = typed(root, "deadLetter", modules.deadLetters(), DeadLetterProvider::section);
      if (deadLetter != null) {
        deadLetter
            .provider()
            .refusal(deadLetter.values(), sections.get(PipelineKeys.Source.SECTION.name()))
            .ifPresent(problems::add);
      }
      own.ifPresent(
          letters ->
              problems.add(
                  sink.values()
                      .refuse(
                          letters.key(),
                          "the file has a section deadLetter too, and dead letters go to one place;"
                              + " say one of them")));
    }
    return new PipelineConfig.Parts(sections, transform, filter, sink, deadLetter);
  }

  /** A file without any section; the problem is there already if it has syntax errors. */
  private <P> Chosen<P> nothing(int line) {
    if (problems.isEmpty()) {
      problems.add(line, "the file is empty; it needs source and sink at least");
    }
    return null;
  }

  /** The names and values of a section; none if the file has none, or says something else there. */
  private Raw.Fields fields(Raw.Fields root, String name) {
    Raw.Field field = root.fields().get(name);
    if (field == null) {
      return Raw.Fields.none(root.line());
    }
    if (field.value() instanceof Raw.Fields fields) {
      return new Raw.Fields(fields.fields(), field.line());
    }
    if (!SectionReader.isBroken(field.value()) && !isBlank(field.value())) {
      problems.add(
          field.line(),
          field.shown(),
          "is "
              + SectionReader.describe(field.value())
              + "; allowed: keys with values, each on a line of its own below it");
    }
    return Raw.Fields.none(field.line());
  }

  private static boolean isBlank(Raw raw) {
    return raw instanceof Raw.Text text && text.value() != null && text.value().isBlank();
  }

  private static String textOf(Raw.Fields root, String section, String key) {
    Raw.Field field = root.fields().get(section);
    if (field != null && field.value() instanceof Raw.Fields fields) {
      Raw.Field below = fields.fields().get(key);
      if (below != null && below.value() instanceof Raw.Text text && text.value() != null) {
        return text.value();
      }
    }
    return "";
  }

  /** A section whose {@code type} says what its other keys are. */
  private <P> Chosen<P> typed(
      Raw.Fields root,
      String name,
      SortedMap<String, P> providers,
      Function<P, Section> sectionOf) {
    Raw.Fields raw = fields(root, name);
    Map<String, Raw.Field> rest = new LinkedHashMap<>(raw.fields());
    Raw.Field type = rest.remove("type");
    String allowed = String.join(", ", providers.keySet());
    String shown = reader.nameOf(name + ".type");
    if (type == null) {
      problems.add(raw.line(), shown, "is missing; allowed: " + allowed);
      return null;
    }
    if (SectionReader.isBroken(type.value())) {
      return null;
    }
    if (!(type.value() instanceof Raw.Text text) || text.value().isBlank()) {
      problems.add(type.line(), type.shown(), "has no single value; allowed: " + allowed);
      return null;
    }
    P provider = providers.get(text.value().trim());
    if (provider == null) {
      problems.add(type.line(), type.shown(), notThere(name, text, providers.keySet()));
      return null;
    }
    return new Chosen<>(
        provider,
        reader.read(sectionOf.apply(provider), name + ".", new Raw.Fields(rest, raw.line())));
  }

  private static String notThere(String section, Raw.Text type, Set<String> known) {
    String allowed = " allowed: " + String.join(", ", known);
    if (section.equals("sink") && TO_COME.contains(type.value().trim())) {
      return "'"
          + type.written()
          + "' is not available yet: it needs a module millrace-connectors-"
          + type.value().trim()
          + ", which this version does not have;"
          + allowed;
    }
    return "'"
        + type.written()
        + "' is not allowed (no module on the class path has it);"
        + Suggestions.of(type.written(), known)
        + allowed;
  }

  private List<Chosen<StepProvider>> steps(Raw.Fields root, String name) {
    Raw.Field field = root.fields().get(name);
    List<Chosen<StepProvider>> steps = new ArrayList<>();
    if (field == null || SectionReader.isBroken(field.value()) || isBlank(field.value())) {
      return steps;
    }
    Raw.Items items = items(field);
    for (int i = 0; i < items.elements().size(); i++) {
      Chosen<StepProvider> step = step(name, name + "[" + (i + 1) + "]", items.elements().get(i));
      if (step != null) {
        steps.add(step);
      }
    }
    return steps;
  }

  /** The steps as a list, also if there is only one, or if properties number them. */
  private Raw.Items items(Raw.Field field) {
    if (field.value() instanceof Raw.Items items) {
      return items;
    }
    if (field.value() instanceof Raw.Fields fields
        && properties
        && fields.fields().keySet().stream().allMatch(n -> n.matches("[0-9]{1,4}"))) {
      return new Raw.Items(
          fields.fields().entrySet().stream()
              .sorted(Comparator.comparingInt(e -> Integer.parseInt(e.getKey())))
              .map(e -> e.getValue().value())
              .toList(),
          field.line());
    }
    if (field.value() instanceof Raw.Text text && properties && !text.referenced()) {
      List<Raw> names = new ArrayList<>();
      for (String name : text.value().split(",")) {
        names.add(Raw.Text.plain(name.trim(), text.line()));
      }
      return new Raw.Items(names, field.line());
    }
    return new Raw.Items(List.of(field.value()), field.line());
  }

  private Chosen<StepProvider> step(String section, String path, Raw raw) {
    String name;
    Raw.Field settings = null;
    if (raw instanceof Raw.Text text) {
      name = text.value().trim();
    } else if (raw instanceof Raw.Fields fields && fields.fields().size() == 1) {
      name = fields.fields().keySet().iterator().next();
      settings = fields.fields().get(name);
    } else {
      problems.add(
          raw.line(),
          path,
          "is "
              + (raw instanceof Raw.Fields fields
                  ? "several names: " + String.join(", ", fields.fields().keySet())
                  : "a list")
              + "; allowed: the name of one step, with its settings behind it, such as"
              + " '- pick: [id, name]'");
      return null;
    }
    int line = settings == null ? raw.line() : settings.line();
    Map<String, StepProvider> known = known(section);
    StepProvider provider = known.get(name);
    if (provider == null) {
      boolean elsewhere = modules.steps().containsKey(name);
      problems.add(
          line,
          path,
          "'"
              + name
              + "' is not allowed ("
              + (elsewhere
                  ? "it changes messages: write it under transform"
                  : "no step has this name")
              + ");"
              + Suggestions.of(name, known.keySet())
              + " allowed: "
              + String.join(", ", known.keySet()));
      return null;
    }
    String below = path + "." + name;
    Raw.Fields fields = settings(provider.section(), below, line, settings);
    return fields == null
        ? null
        : new Chosen<>(provider, reader.read(provider.section(), below + ".", fields));
  }

  private Map<String, StepProvider> known(String section) {
    Map<String, StepProvider> known = new LinkedHashMap<>();
    modules
        .steps()
        .forEach(
            (name, provider) -> {
              if (section.equals("transform") || provider.filters()) {
                known.put(name, provider);
              }
            });
    return known;
  }

  /** A step with one key has its value behind its name; others have their keys there. */
  private Raw.Fields settings(Section section, String path, int line, Raw.Field settings) {
    if (settings == null || isBlank(settings.value())) {
      return Raw.Fields.none(line);
    }
    if (section.keys().size() == 1) {
      Raw.Fields fields = Raw.Fields.none(line);
      fields
          .fields()
          .put(
              section.keys().get(0).name(),
              new Raw.Field(settings.shown(), line, settings.value()));
      return fields;
    }
    if (settings.value() instanceof Raw.Fields fields) {
      return new Raw.Fields(fields.fields(), line);
    }
    problems.add(
        line,
        path,
        "is "
            + SectionReader.describe(settings.value())
            + "; allowed: "
            + (section.keys().isEmpty()
                ? "nothing behind the name"
                : "its keys with values: "
                    + section.keys().stream().map(Key::name).reduce((a, b) -> a + ", " + b).get()));
    return null;
  }
}
