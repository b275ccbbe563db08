package io.millrace.embedded.operations;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.embedded.model.KinesisError;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A parsed request. The getters note what breaks a constraint and return a stand-in; {@link
 * #validate} then throws one ValidationException that names it all, as Kinesis does. A value of the
 * wrong type is a SerializationException at once.
 */
public final class Request {
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_.-]+");
  private static final int MAX_NAME = 128;

  private final JsonNode body;
  private final boolean timestampsInMillis;
  private final String path;
  private final List<String> violations;

  /**
   * @param timestampsInMillis whether timestamps count milliseconds (CBOR) or seconds (JSON)
   */
  public Request(JsonNode body, boolean timestampsInMillis) {
    this(body, timestampsInMillis, "", new ArrayList<>());
    if (!body.isObject()) {
      throw KinesisError.serialization("The request must be an object.");
    }
  }

  private Request(JsonNode body, boolean timestampsInMillis, String path, List<String> violations) {
    this.body = body;
    this.timestampsInMillis = timestampsInMillis;
    this.path = path;
    this.violations = violations;
  }

  /** Throws what the getters noted. */
  void validate() {
    if (violations.isEmpty()) {
      return;
    }
    throw KinesisError.validation(
        violations.size()
            + " validation error"
            + (violations.size() == 1 ? "" : "s")
            + " detected: "
            + String.join("; ", violations));
  }

  boolean has(String field) {
    return node(field) != null;
  }

  /** The name of a stream or a shard; null if it is missing. */
  String optionalName(String field) {
    return matching(field, MAX_NAME, NAME);
  }

  String name(String field) {
    return required(field, optionalName(field));
  }

  String text(String field, int maxLength) {
    return required(field, optionalText(field, maxLength));
  }

  String optionalText(String field, int maxLength) {
    JsonNode node = node(field);
    if (node == null) {
      return null;
    }
    if (!node.isTextual()) {
      throw KinesisError.serialization(field + " must be a string.");
    }
    String value = node.textValue();
    if (value.isEmpty()) {
      violation(value, field, "Member must have length greater than or equal to 1");
    }
    if (value.length() > maxLength) {
      violation(value, field, "Member must have length less than or equal to " + maxLength);
    }
    return value;
  }

  String matching(String field, int maxLength, Pattern pattern) {
    String value = optionalText(field, maxLength);
    if (value != null && !pattern.matcher(value).matches()) {
      violation(value, field, "Member must satisfy regular expression pattern: " + pattern);
    }
    return value;
  }

  /** Null if it is missing or unknown; the latter is a violation. */
  <E extends Enum<E>> E optionalOneOf(String field, Class<E> type) {
    JsonNode node = node(field);
    if (node == null) {
      return null;
    }
    if (!node.isTextual()) {
      throw KinesisError.serialization(field + " must be a string.");
    }
    Optional<E> constant =
        Arrays.stream(type.getEnumConstants())
            .filter(each -> each.name().equals(node.textValue()))
            .findFirst();
    if (constant.isEmpty()) {
      violation(
          node.textValue(),
          field,
          "Member must satisfy enum value set: " + Arrays.toString(type.getEnumConstants()));
    }
    return constant.orElse(null);
  }

  <E extends Enum<E>> E oneOf(String field, Class<E> type) {
    if (!has(field)) {
      missing(field);
    }
    return optionalOneOf(field, type);
  }

  int optionalInt(String field, int min, int max, int otherwise) {
    JsonNode node = node(field);
    if (node == null) {
      return otherwise;
    }
    if (!node.isIntegralNumber()) {
      throw KinesisError.serialization(field + " must be an integer.");
    }
    if (node.canConvertToLong() && node.longValue() < min) {
      violation(node.asText(), field, "Member must have value greater than or equal to " + min);
    } else if (!node.canConvertToLong() || node.longValue() > max) {
      violation(node.asText(), field, "Member must have value less than or equal to " + max);
    }
    return node.intValue();
  }

  int requiredInt(String field, int min, int max) {
    if (!has(field)) {
      missing(field);
    }
    return optionalInt(field, min, max, min);
  }

  /** Milliseconds since 1970. */
  Optional<Long> timestamp(String field) {
    JsonNode node = node(field);
    if (node == null) {
      return Optional.empty();
    }
    if (!node.isNumber()) {
      throw KinesisError.serialization(field + " must be a number.");
    }
    if (timestampsInMillis) {
      return Optional.of(node.longValue());
    }
    BigDecimal millis = node.decimalValue().movePointRight(3);
    if (millis.abs().compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
      throw KinesisError.serialization(field + " is no timestamp.");
    }
    return Optional.of(millis.longValue());
  }

  byte[] blob(String field, int maxLength) {
    JsonNode node = node(field);
    if (node == null) {
      missing(field);
      return new byte[0];
    }
    byte[] value;
    try {
      value = node.isBinary() || node.isTextual() ? node.binaryValue() : null;
    } catch (IOException e) {
      throw KinesisError.serialization(field + " is not base64.");
    }
    if (value == null) {
      throw KinesisError.serialization(field + " must be binary.");
    }
    if (value.length > maxLength) {
      violations.add(
          "Value at '"
              + path
              + member(field)
              + "' failed to satisfy constraint: Member must have length less than or equal to "
              + maxLength);
    }
    return value;
  }

  /** A nested object, or null; what it violates counts for this request. */
  Request optionalObject(String field) {
    JsonNode node = node(field);
    if (node == null) {
      return null;
    }
    if (!node.isObject()) {
      throw KinesisError.serialization(field + " must be an object.");
    }
    return new Request(node, timestampsInMillis, path + member(field) + ".", violations);
  }

  List<Request> objects(String field, int max) {
    JsonNode node = node(field);
    if (node == null) {
      missing(field);
      return List.of();
    }
    if (!node.isArray()) {
      throw KinesisError.serialization(field + " must be a list.");
    }
    if (node.isEmpty()) {
      violation("[]", field, "Member must have length greater than or equal to 1");
    }
    if (node.size() > max) {
      violation("[...]", field, "Member must have length less than or equal to " + max);
      return List.of();
    }
    List<Request> elements = new ArrayList<>(node.size());
    for (JsonNode element : node) {
      if (!element.isObject()) {
        throw KinesisError.serialization(field + " must hold objects.");
      }
      String at = path + member(field) + "." + (elements.size() + 1) + ".member.";
      elements.add(new Request(element, timestampsInMillis, at, violations));
    }
    return elements;
  }

  void missing(String field) {
    violations.add(
        "Value null at '"
            + path
            + member(field)
            + "' failed to satisfy constraint: Member must not be null");
  }

  private JsonNode node(String field) {
    JsonNode node = body.get(field);
    return node == null || node.isNull() ? null : node;
  }

  private String required(String field, String value) {
    if (value == null) {
      missing(field);
      return "";
    }
    return value;
  }

  private void violation(String value, String field, String constraint) {
    violations.add(
        "Value '"
            + value
            + "' at '"
            + path
            + member(field)
            + "' failed to satisfy constraint: "
            + constraint);
  }

  private static String member(String field) {
    return field.substring(0, 1).toLowerCase(Locale.ROOT) + field.substring(1);
  }
}
