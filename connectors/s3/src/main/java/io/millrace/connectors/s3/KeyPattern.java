package io.millrace.connectors.s3;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.connectors.message.MalformedMessageException;
import io.millrace.connectors.sink.RangeStart;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The beginning of object keys in Firehose's language: text with expressions {@code !{...}}.
 * Everything but fields of records is worked out once a range, from what is known when it is
 * closed; there is no clock and no randomness here.
 */
final class KeyPattern {

  static final String ALLOWED =
      "text with !{timestamp:yyyy/MM/dd/HH} (a pattern of java.time.format.DateTimeFormatter),"
          + " !{shardId}, !{stream}, !{random-string} or !{partitionKey:FIELD}";

  /** In place of values beyond the cap. */
  static final String OVERFLOW = "__overflow";

  private static final String FIELD = "partitionKey:";
  private static final String FIELD_OF_FIREHOSE = "partitionKeyFromQuery:";
  private static final int RANDOM_CHARACTERS = 11;
  private static final String ALPHABET =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

  private sealed interface Part {}

  private record Literal(String text) implements Part {}

  private record Timestamp(DateTimeFormatter formatter) implements Part {}

  private record ShardId() implements Part {}

  private record StreamName() implements Part {}

  private record RandomString() implements Part {}

  private record Field(FieldPath path, String fallback) implements Part {}

  private final String text;
  private final List<Part> parts;

  private KeyPattern(String text, List<Part> parts) {
    this.text = text;
    this.parts = List.copyOf(parts);
  }

  /**
   * @throws IllegalArgumentException that names the expression and what is allowed
   */
  static KeyPattern parse(String text) {
    if (text.startsWith("/")) {
      throw new IllegalArgumentException("it begins with '/', which makes a folder without a name");
    }
    List<Part> parts = new ArrayList<>();
    int at = 0;
    while (at < text.length()) {
      int open = text.indexOf("!{", at);
      if (open < 0) {
        open = text.length();
      }
      if (open > at) {
        parts.add(new Literal(checked(text.substring(at, open))));
      }
      if (open == text.length()) {
        break;
      }
      int close = text.indexOf('}', open);
      if (close < 0) {
        throw new IllegalArgumentException("'" + text.substring(open) + "' has no closing '}'");
      }
      parts.add(expression(text.substring(open + 2, close)));
      at = close + 1;
    }
    return new KeyPattern(text, parts);
  }

  private static String checked(String literal) {
    literal
        .chars()
        .filter(c -> c < 0x20 || c == 0x7f)
        .findAny()
        .ifPresent(
            c -> {
              throw new IllegalArgumentException("it has a control character");
            });
    return literal;
  }

  private static Part expression(String body) {
    String said = "!{" + body + "}";
    if (body.startsWith("timestamp:")) {
      String pattern = body.substring("timestamp:".length());
      try {
        DateTimeFormatter formatter = DateTimeFormatter.ofPattern(pattern, Locale.ROOT);
        String sample = formatter.format(Instant.EPOCH.atZone(ZoneOffset.UTC));
        if (pattern.isEmpty() || sample.contains("!{")) {
          throw new IllegalArgumentException("it makes no part of a key");
        }
        return new Timestamp(formatter);
      } catch (IllegalArgumentException | java.time.DateTimeException e) {
        throw new IllegalArgumentException(
            said
                + " has no pattern that java.time.format.DateTimeFormatter takes: "
                + e.getMessage(),
            e);
      }
    }
    if (body.startsWith(FIELD)) {
      return field(said, body.substring(FIELD.length()));
    }
    if (body.startsWith(FIELD_OF_FIREHOSE)) {
      return field(said, body.substring(FIELD_OF_FIREHOSE.length()));
    }
    return switch (body) {
      case "shardId" -> new ShardId();
      case "stream" -> new StreamName();
      case "random-string", "firehose:random-string" -> new RandomString();
      default -> throw new IllegalArgumentException(said + " is not known; allowed is " + ALLOWED);
    };
  }

  private static Field field(String said, String body) {
    int bar = body.indexOf('|');
    String fallback = bar < 0 ? null : body.substring(bar + 1);
    try {
      return new Field(FieldPath.parse(bar < 0 ? body : body.substring(0, bar)), fallback);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(said + " names no field: " + e.getMessage(), e);
    }
  }

  /** As it was written. */
  String text() {
    return text;
  }

  /** Whether keys depend on the records, so that a range makes several objects. */
  boolean isDynamic() {
    return parts.stream().anyMatch(Field.class::isInstance);
  }

  boolean hasTimestamp() {
    return parts.stream().anyMatch(Timestamp.class::isInstance);
  }

  /** What all keys begin with, whatever the range: the text before the first expression. */
  String literalHead() {
    return !parts.isEmpty() && parts.get(0) instanceof Literal literal ? literal.text() : "";
  }

  /** The fields that make partitions. */
  List<FieldPath> fields() {
    return parts.stream()
        .filter(Field.class::isInstance)
        .map(part -> ((Field) part).path())
        .toList();
  }

  /** The same with everything filled in that the range decides; only fields are left. */
  KeyPattern forRange(RangeStart start, ZoneId zone) {
    StringBuilder filled = new StringBuilder();
    for (Part part : parts) {
      filled.append(filledIn(part, start, zone));
    }
    return parse(filled.toString());
  }

  private static String filledIn(Part part, RangeStart start, ZoneId zone) {
    if (part instanceof Literal literal) {
      return literal.text();
    }
    if (part instanceof Timestamp timestamp) {
      return timestamp.formatter().format(start.firstArrival().atZone(zone));
    }
    if (part instanceof ShardId) {
      return start.shardId();
    }
    if (part instanceof StreamName) {
      return start.stream();
    }
    return part instanceof Field field ? write(field) : randomString(start);
  }

  private static String write(Field field) {
    return "!{"
        + FIELD
        + field.path()
        + (field.fallback() == null ? "" : "|" + field.fallback())
        + "}";
  }

  /**
   * The key's beginning for a record.
   *
   * @throws MalformedMessageException if a field is missing or no plain value
   * @throws IllegalStateException if it was not filled in for a range
   */
  String forRecord(JsonNode json) {
    StringBuilder key = new StringBuilder();
    for (Part part : parts) {
      if (part instanceof Literal literal) {
        key.append(literal.text());
      } else if (part instanceof Field field) {
        key.append(value(field, json));
      } else {
        throw new IllegalStateException("Not filled in: " + text);
      }
    }
    return key.toString();
  }

  /** The key's beginning for what is beyond the cap. */
  String forOverflow() {
    StringBuilder key = new StringBuilder();
    for (Part part : parts) {
      key.append(part instanceof Literal literal ? literal.text() : OVERFLOW);
    }
    return key.toString();
  }

  private static String value(Field field, JsonNode json) {
    Optional<JsonNode> found = field.path().of(json);
    if (found.isPresent() && !found.get().isValueNode()) {
      throw new MalformedMessageException(
          "the partition's field "
              + field.path()
              + " is "
              + FieldPath.kind(found.get())
              + "; allowed are texts, numbers and booleans");
    }
    String value = found.map(JsonNode::asText).orElse("");
    if (value.isEmpty()) {
      if (field.fallback() == null) {
        throw new MalformedMessageException(
            "the partition's field "
                + field.path()
                + (found.isPresent() ? " is an empty text" : " is missing or null")
                + "; give it a value, or the key a default: !{partitionKey:"
                + field.path()
                + "|DEFAULT}");
      }
      return field.fallback();
    }
    return encoded(value);
  }

  /**
   * Letters, digits, {@code -}, {@code _} and {@code .} as they are, all else as {@code %XX}:
   * different values make different keys, and none of them a folder.
   */
  static String encoded(String value) {
    StringBuilder encoded = new StringBuilder(value.length());
    boolean dotsOnly = value.chars().allMatch(c -> c == '.');
    for (byte b : value.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      boolean plain =
          c >= 'a' && c <= 'z'
              || c >= 'A' && c <= 'Z'
              || c >= '0' && c <= '9'
              || c == '-'
              || c == '_'
              || c == '.' && !dotsOnly;
      if (plain) {
        encoded.append(c);
      } else {
        encoded.append('%').append(String.format("%02X", (int) c));
      }
    }
    return encoded.toString();
  }

  /** Spreads keys; the same for the same range, whoever works it out. */
  private static String randomString(RangeStart start) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest(
                  (start.stream() + "\n" + start.shardId() + "\n" + start.first())
                      .getBytes(StandardCharsets.UTF_8));
      StringBuilder random = new StringBuilder();
      for (int i = 0; i < RANDOM_CHARACTERS; i++) {
        random.append(ALPHABET.charAt((hash[i] & 0xff) % ALPHABET.length()));
      }
      return random.toString();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }

  @Override
  public String toString() {
    return text;
  }
}
