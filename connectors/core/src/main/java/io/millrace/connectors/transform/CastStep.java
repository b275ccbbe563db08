package io.millrace.connectors.transform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.Section;
import io.millrace.connectors.config.StepProvider;
import io.millrace.connectors.config.Values;
import io.millrace.connectors.message.MalformedMessageException;
import io.millrace.connectors.message.Step;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Makes fields what they are to be: texts, numbers, true or false. */
public final class CastStep implements StepProvider {

  enum Type {
    TEXT,
    INTEGER,
    NUMBER,
    BOOLEAN
  }

  /** So that {@code 1e999999999} as an integer does not fill the memory. */
  private static final int MOST_DIGITS = 1_000;

  private static final Key<Map<String, Type>> TYPES =
      Key.<Map<String, Type>>map(
              "types",
              "fields with what they are to be: text, integer, number or boolean",
              CastStep::types)
          .required()
          .describedAs(
              "Fields with what they are to be: text, integer, number or boolean. null stays null, and"
                  + " a field that a message does not have is left out; a value that is no such thing"
                  + " makes it a dead letter.");

  private static final Section SECTION =
      new Section("cast", "Changes the types of fields of a JSON object.", List.of(TYPES));

  private static Map<String, Type> types(Map<String, Object> map) {
    Map<String, Type> types = new LinkedHashMap<>();
    Texts.all(map)
        .forEach(
            (field, type) -> {
              try {
                types.put(field, Type.valueOf(type.toUpperCase(Locale.ROOT)));
              } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                    "'" + type + "' for " + field + " is none of them", e);
              }
            });
    return Collections.unmodifiableMap(types);
  }

  @Override
  public Section section() {
    return SECTION;
  }

  @Override
  public Step open(Values values) {
    Map<String, Type> types = values.get(TYPES);
    return (message, origin) -> {
      ObjectNode object = JsonFields.copyOf(message, SECTION.name());
      types.forEach(
          (field, type) ->
              JsonFields.find(object, field)
                  .filter(place -> !place.value().isNull())
                  .ifPresent(
                      place -> place.owner().set(place.name(), cast(field, place.value(), type))));
      return List.of(message.withJson(object));
    };
  }

  private static JsonNode cast(String field, JsonNode value, Type type) {
    var nodes = com.fasterxml.jackson.databind.node.JsonNodeFactory.withExactBigDecimals(true);
    if (value.isContainerNode()) {
      throw refused(field, value, type);
    }
    try {
      return switch (type) {
        case TEXT ->
            nodes.textNode(value.isNumber() ? plain(value.decimalValue()) : value.asText());
        case INTEGER -> nodes.numberNode(integer(number(value)));
        case NUMBER -> nodes.numberNode(number(value));
        case BOOLEAN -> nodes.booleanNode(bool(value));
      };
    } catch (ArithmeticException | NumberFormatException e) {
      throw refused(field, value, type);
    }
  }

  private static String plain(BigDecimal number) {
    return isHuge(number) ? number.toString() : number.toPlainString();
  }

  private static BigDecimal number(JsonNode value) {
    if (value.isBoolean()) {
      throw new NumberFormatException();
    }
    return value.isNumber() ? value.decimalValue() : new BigDecimal(value.asText().trim());
  }

  private static BigInteger integer(BigDecimal number) {
    if (isHuge(number)) {
      throw new ArithmeticException();
    }
    return number.toBigIntegerExact();
  }

  private static boolean isHuge(BigDecimal number) {
    return Math.abs((long) number.precision() - number.scale()) > MOST_DIGITS
        || number.precision() > MOST_DIGITS
        || Math.abs((long) number.scale()) > MOST_DIGITS;
  }

  private static boolean bool(JsonNode value) {
    return switch (value.asText().trim().toLowerCase(Locale.ROOT)) {
      case "true", "1" -> true;
      case "false", "0" -> false;
      default -> throw new NumberFormatException();
    };
  }

  private static MalformedMessageException refused(String field, JsonNode value, Type type) {
    return new MalformedMessageException(
        SECTION.name()
            + ": the field '"
            + field
            + "' is "
            + JsonFields.kind(value)
            + " that is no "
            + type.name().toLowerCase(Locale.ROOT));
  }

  @Override
  public String explain(Values values) {
    return "Makes "
        + values.get(TYPES).entrySet().stream()
            .map(e -> e.getKey() + " " + e.getValue().name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(", "))
        + ".";
  }
}
