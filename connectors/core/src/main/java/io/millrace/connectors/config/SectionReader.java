package io.millrace.connectors.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** Holds what a file says against what its sections allow. */
final class SectionReader {

  private final Problems problems;
  private final boolean commas;
  private final UnaryOperator<String> names;

  /**
   * @param commas whether a list may be written as one text with commas, as in properties
   * @param names what messages call the key at a path that the file does not have
   */
  SectionReader(Problems problems, boolean commas, UnaryOperator<String> names) {
    this.problems = problems;
    this.commas = commas;
    this.names = names;
  }

  /** A value that is none because a problem was found in it. */
  private static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    Refused(String message) {
      super(message, null, false, false);
    }
  }

  /**
   * Reads a section.
   *
   * @param path what its keys are called in messages, with a dot at the end; empty for none
   * @return the values that are allowed; the problems tell of the others
   */
  Values read(Section section, String path, Raw.Fields raw) {
    Map<String, Key<?>> keys = new LinkedHashMap<>();
    section.keys().forEach(key -> keys.put(key.name(), key));
    Map<String, Object> values = new LinkedHashMap<>();
    raw.fields()
        .forEach(
            (name, field) -> {
              Key<?> key = keys.get(name);
              if (key == null) {
                problems.add(field.line(), field.shown(), unknown(name, keys.keySet()));
              } else {
                read(key, field).ifPresent(value -> values.put(name, value));
              }
            });
    for (Key<?> key : section.keys()) {
      if (key.isRequired() && !raw.fields().containsKey(key.name())) {
        problems.add(
            raw.line(), names.apply(path + key.name()), "is missing; allowed: " + key.allowed());
      }
    }
    return new Values(section, values, refusal(path, raw));
  }

  /** What messages call the key at a path that the file does not have. */
  String nameOf(String path) {
    return names.apply(path);
  }

  private Values.Refusal refusal(String path, Raw.Fields raw) {
    return (key, why) -> {
      Raw.Field field = raw.fields().get(key.name());
      return field == null
          ? problems.exception(raw.line(), names.apply(path + key.name()), why)
          : problems.exception(field.line(), field.shown(), why);
    };
  }

  static String unknown(String name, Iterable<String> known) {
    List<String> names = new ArrayList<>();
    known.forEach(names::add);
    return "there is no such key;"
        + Suggestions.of(name, names)
        + " allowed: "
        + String.join(", ", names);
  }

  private <T> Optional<T> read(Key<T> key, Raw.Field field) {
    if (isBroken(field.value())) {
      return Optional.empty();
    }
    Object value;
    try {
      value = inForm(key, field.value());
    } catch (Refused e) {
      problems.add(field.line(), field.shown(), e.getMessage());
      return Optional.empty();
    }
    try {
      return Optional.of(key.read(value));
    } catch (IllegalArgumentException e) {
      boolean hidden = key.isSecret() || isReferenced(field.value());
      String what =
          field.value() instanceof Raw.Text text && !key.isSecret()
              ? "'" + text.written() + "' is not allowed"
              : "what it says is not allowed";
      problems.add(
          field.line(),
          field.shown(),
          what
              + (hidden || e.getMessage() == null ? "" : " (" + e.getMessage() + ")")
              + "; allowed: "
              + key.allowed());
      return Optional.empty();
    }
  }

  /** The value as the key wants it: a text, a list, or names with values. */
  private Object inForm(Key<?> key, Raw raw) throws Refused {
    boolean empty = raw instanceof Raw.Text text && text.value().isBlank();
    if (empty) {
      throw new Refused("has no value; allowed: " + key.allowed());
    }
    switch (key.form()) {
      case TEXT:
        if (raw instanceof Raw.Text text) {
          return text.value();
        }
        break;
      case LIST:
        if (raw instanceof Raw.Items items) {
          return plain(items);
        }
        if (commas && raw instanceof Raw.Text text) {
          return Arrays.stream(text.value().split(",")).map(String::trim).toList();
        }
        break;
      case MAP:
        if (raw instanceof Raw.Fields) {
          return plain(raw);
        }
        break;
    }
    throw new Refused("is " + describe(raw) + "; allowed: " + key.allowed());
  }

  static String describe(Raw raw) {
    if (raw instanceof Raw.Items) {
      return "a list";
    }
    return raw instanceof Raw.Fields ? "names with values" : "a single value";
  }

  private static Object plain(Raw raw) {
    if (raw instanceof Raw.Text text) {
      return text.value();
    }
    if (raw instanceof Raw.Items items) {
      return items.elements().stream().map(SectionReader::plain).collect(Collectors.toList());
    }
    Map<String, Object> map = new LinkedHashMap<>();
    ((Raw.Fields) raw).fields().forEach((name, field) -> map.put(name, plain(field.value())));
    return map;
  }

  /** Whether a problem was found in it before. */
  static boolean isBroken(Raw raw) {
    if (raw instanceof Raw.Text text) {
      return text.value() == null;
    }
    if (raw instanceof Raw.Items items) {
      return items.elements().stream().anyMatch(SectionReader::isBroken);
    }
    return ((Raw.Fields) raw).fields().values().stream().anyMatch(field -> isBroken(field.value()));
  }

  private static boolean isReferenced(Raw raw) {
    if (raw instanceof Raw.Text text) {
      return text.referenced();
    }
    if (raw instanceof Raw.Items items) {
      return items.elements().stream().anyMatch(SectionReader::isReferenced);
    }
    return ((Raw.Fields) raw)
        .fields().values().stream().anyMatch(field -> isReferenced(field.value()));
  }
}
