package io.millrace.lease.dynamodb;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Typed reads of an item's attributes; a problem names the attribute and says what it holds. */
final class Attributes {

  private static final int MAX_SHOWN_CHARS = 80;

  private final String where;
  private final Map<String, AttributeValue> values;

  /**
   * @param where put before the names of attributes in messages, such as {@code s.} for a map
   */
  private Attributes(String where, Map<String, AttributeValue> values) {
    this.where = where;
    this.values = values;
  }

  static Attributes of(Map<String, AttributeValue> item) {
    return new Attributes("", item);
  }

  boolean has(String name) {
    return values.containsKey(name);
  }

  String string(String name, String expected) {
    return optionalString(name, expected).orElseThrow(() -> missing(name, expected + " (S)"));
  }

  Optional<String> optionalString(String name, String expected) {
    AttributeValue value = values.get(name);
    if (value == null) {
      return Optional.empty();
    }
    if (value.s() == null) {
      throw wrong(name, expected + " (S)");
    }
    return Optional.of(value.s());
  }

  long number(String name, long min, long max) {
    return optionalNumber(name, min, max)
        .orElseThrow(() -> missing(name, "a whole number from " + min + " to " + max + " (N)"));
  }

  Optional<Long> optionalNumber(String name, long min, long max) {
    AttributeValue value = values.get(name);
    if (value == null) {
      return Optional.empty();
    }
    try {
      // a missing text fails like one that is no number
      long number = Long.parseLong(value.n());
      if (number >= min && number <= max) {
        return Optional.of(number);
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw wrong(name, "a whole number from " + min + " to " + max + " (N)");
  }

  boolean flag(String name) {
    AttributeValue value = values.get(name);
    if (value == null) {
      return false;
    }
    if (value.bool() == null) {
      throw wrong(name, "true or false (BOOL)");
    }
    return value.bool();
  }

  /** Null if there is none. */
  byte[] bytes(String name) {
    AttributeValue value = values.get(name);
    if (value == null) {
      return null;
    }
    if (value.b() == null) {
      throw wrong(name, "bytes (B)");
    }
    return value.b().asByteArray();
  }

  List<String> strings(String name) {
    AttributeValue value = values.get(name);
    if (value == null) {
      return List.of();
    }
    if (!value.hasSs()) {
      throw wrong(name, "a set of strings (SS)");
    }
    return value.ss();
  }

  Map<String, AttributeValue> map(String name) {
    AttributeValue value = values.get(name);
    if (value == null) {
      throw missing(name, "a map (M)");
    }
    if (!value.hasM()) {
      throw wrong(name, "a map (M)");
    }
    return value.m();
  }

  /** The attributes of a map within this item. */
  Attributes within(String map, String name) {
    AttributeValue value = map(map).get(name);
    if (value == null || !value.hasM()) {
      throw new UnreadableRowException(
          "attribute '" + where + map + "." + name + "' is no map (M): " + shown(value));
    }
    return new Attributes(where + map + "." + name + ".", value.m());
  }

  UnreadableRowException missing(String name, String expected) {
    return new UnreadableRowException(
        "attribute '" + where + name + "' is missing, expected " + expected);
  }

  UnreadableRowException wrong(String name, String expected) {
    return new UnreadableRowException(
        "attribute '"
            + where
            + name
            + "' holds "
            + shown(values.get(name))
            + ", expected "
            + expected);
  }

  private static String shown(AttributeValue value) {
    if (value == null) {
      return "nothing";
    }
    String text =
        switch (value.type()) {
          case S -> "'" + value.s() + "'";
          case N -> value.n();
          case SS -> value.ss().toString();
          case NS -> value.ns().toString();
          case BOOL -> value.bool().toString();
          case B -> value.b().asByteArrayUnsafe().length + " bytes";
          case NUL -> "null";
          default -> "a value";
        };
    return (text.length() > MAX_SHOWN_CHARS ? text.substring(0, MAX_SHOWN_CHARS) + "…" : text)
        + " ("
        + value.type()
        + ")";
  }
}
