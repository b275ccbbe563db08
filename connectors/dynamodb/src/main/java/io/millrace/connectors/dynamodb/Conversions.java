package io.millrace.connectors.dynamodb;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BinaryNode;
import io.millrace.connectors.message.MalformedMessageException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** JSON values as attributes. Pure. */
final class Conversions {

  /** What DynamoDB keeps of a number. */
  private static final int MOST_DIGITS = 38;

  private static final int LARGEST_EXPONENT = 125;
  private static final int SMALLEST_EXPONENT = -130;

  /**
   * Longer texts cannot be 38 digits and an exponent, and would cost much before they are refused.
   */
  private static final int LONGEST_NUMBER = 512;

  /** Levels that DynamoDB takes, the attribute itself included. */
  private static final int DEEPEST = 32;

  private static final int SHOWN_CHARACTERS = 60;

  private Conversions() {}

  /**
   * What an attribute becomes.
   *
   * @param what names the field, for the message
   * @param value null if it is missing
   * @return empty if there is nothing to store: missing, null, or an empty set
   * @throws MalformedMessageException that says what it is and what is allowed
   */
  static Optional<AttributeValue> convert(String what, JsonNode value, AttributeType type) {
    if (value == null || value.isNull()) {
      return Optional.empty();
    }
    return switch (type) {
      case S -> Optional.of(AttributeValue.fromS(text(what, value)));
      case N -> Optional.of(AttributeValue.fromN(number(what, value)));
      case B -> Optional.of(AttributeValue.fromB(bytes(what, value)));
      case BOOL -> Optional.of(AttributeValue.fromBool(truth(what, value)));
      case SS -> {
        Set<String> texts = new LinkedHashSet<>();
        elements(what, value, type).forEach(element -> texts.add(text(what, element)));
        yield set(texts, AttributeValue::fromSs);
      }
      case NS -> {
        Set<String> numbers = new LinkedHashSet<>();
        elements(what, value, type).forEach(element -> numbers.add(number(what, element)));
        yield set(numbers, AttributeValue::fromNs);
      }
      case BS -> {
        Set<SdkBytes> all = new LinkedHashSet<>();
        elements(what, value, type).forEach(element -> all.add(bytes(what, element)));
        yield set(all, AttributeValue::fromBs);
      }
      case L -> {
        if (!value.isArray()) {
          throw unfit(what, value, "a list, for type L");
        }
        yield Optional.of(any(what, value, 1));
      }
      case M -> {
        if (!value.isObject()) {
          throw unfit(what, value, "an object, for type M");
        }
        yield Optional.of(any(what, value, 1));
      }
      case ANY -> Optional.of(any(what, value, 1));
    };
  }

  private static <E> Optional<AttributeValue> set(
      Set<E> elements, java.util.function.Function<List<E>, AttributeValue> maker) {
    // DynamoDB has no empty sets
    return elements.isEmpty()
        ? Optional.empty()
        : Optional.of(maker.apply(new ArrayList<>(elements)));
  }

  private static JsonNode elements(String what, JsonNode value, AttributeType type) {
    if (!value.isArray()) {
      throw unfit(what, value, "a list, for type " + type);
    }
    return value;
  }

  private static String text(String what, JsonNode value) {
    if (value instanceof BinaryNode binary) {
      try {
        return StandardCharsets.UTF_8
            .newDecoder()
            .decode(ByteBuffer.wrap(binary.binaryValue()))
            .toString();
      } catch (CharacterCodingException e) {
        throw new MalformedMessageException(
            what + " is not UTF-8; allowed: UTF-8 for type S, or map it to type B", e);
      }
    }
    if (!value.isValueNode() || value.isNull()) {
      throw unfit(what, value, "a text, a number or a truth value, for type S");
    }
    return value.isNumber() ? value.decimalValue().toString() : value.asText();
  }

  /** One spelling for each number, so that equal keys are equal texts. */
  private static String number(String what, JsonNode value) {
    BigDecimal number;
    if (value.isNumber()) {
      number = value.decimalValue();
    } else if (value.isTextual() && value.textValue().length() <= LONGEST_NUMBER) {
      try {
        number = new BigDecimal(value.textValue().trim());
      } catch (NumberFormatException e) {
        throw unfit(what, value, "a number, for type N");
      }
    } else {
      throw unfit(what, value, "a number, for type N");
    }
    if (number.signum() == 0) {
      return "0";
    }
    BigDecimal stripped = number.stripTrailingZeros();
    if (stripped.precision() > MOST_DIGITS) {
      throw new MalformedMessageException(
          what
              + " is a number of "
              + stripped.precision()
              + " digits; allowed: at most "
              + MOST_DIGITS
              + "; map it to type S to keep them all");
    }
    long exponent = (long) stripped.precision() - stripped.scale() - 1;
    if (exponent > LARGEST_EXPONENT || exponent < SMALLEST_EXPONENT) {
      throw new MalformedMessageException(
          what
              + " is a number about 10 to the power of "
              + exponent
              + "; allowed: "
              + SMALLEST_EXPONENT
              + " to "
              + LARGEST_EXPONENT
              + "; map it to type S to keep it");
    }
    return stripped.scale() < 0 && stripped.scale() >= -MOST_DIGITS
        ? stripped.toPlainString()
        : stripped.toString();
  }

  private static SdkBytes bytes(String what, JsonNode value) {
    if (value instanceof BinaryNode binary) {
      return SdkBytes.fromByteArrayUnsafe(binary.binaryValue());
    }
    if (!value.isTextual()) {
      throw unfit(what, value, "a text in Base64, for type B");
    }
    try {
      return SdkBytes.fromByteArrayUnsafe(Base64.getDecoder().decode(value.textValue()));
    } catch (IllegalArgumentException e) {
      throw unfit(what, value, "a text in Base64, for type B");
    }
  }

  private static boolean truth(String what, JsonNode value) {
    if (value.isBoolean()) {
      return value.booleanValue();
    }
    if (value.isTextual()) {
      switch (value.textValue().trim().toLowerCase(Locale.ROOT)) {
        case "true":
          return true;
        case "false":
          return false;
        default:
          break;
      }
    }
    throw unfit(what, value, "true or false, for type BOOL");
  }

  private static AttributeValue any(String what, JsonNode value, int depth) {
    if (depth > DEEPEST) {
      throw new MalformedMessageException(
          what
              + " has more than "
              + DEEPEST
              + " levels; allowed: "
              + DEEPEST
              + "; flatten it, or map it to a text");
    }
    if (value.isTextual()) {
      return AttributeValue.fromS(value.textValue());
    }
    if (value.isNumber()) {
      return AttributeValue.fromN(number(what, value));
    }
    if (value.isBoolean()) {
      return AttributeValue.fromBool(value.booleanValue());
    }
    if (value.isNull()) {
      return AttributeValue.fromNul(true);
    }
    if (value.isArray()) {
      List<AttributeValue> list = new ArrayList<>(value.size());
      value.forEach(element -> list.add(any(what, element, depth + 1)));
      return AttributeValue.fromL(list);
    }
    if (value.isObject()) {
      Map<String, AttributeValue> map = new LinkedHashMap<>();
      value
          .properties()
          .forEach(entry -> map.put(entry.getKey(), any(what, entry.getValue(), depth + 1)));
      return AttributeValue.fromM(map);
    }
    return AttributeValue.fromB(bytes(what, value));
  }

  private static MalformedMessageException unfit(String what, JsonNode value, String allowed) {
    return new MalformedMessageException(what + " is " + kindOf(value) + "; allowed: " + allowed);
  }

  /** What a value is, in words; texts and numbers are shown, shortened. */
  static String kindOf(JsonNode value) {
    if (value == null || value.isMissingNode()) {
      return "missing";
    }
    return switch (value.getNodeType()) {
      case ARRAY -> "a list";
      case OBJECT, POJO -> "an object";
      case NULL -> "null";
      case BOOLEAN -> "the truth value " + value.asText();
      case NUMBER -> "the number " + shortened(value.asText());
      case STRING -> "the text '" + shortened(value.textValue()) + "'";
      case BINARY -> "bytes";
      case MISSING -> "missing";
    };
  }

  static String shortened(String text) {
    return text.length() <= SHOWN_CHARACTERS ? text : text.substring(0, SHOWN_CHARACTERS) + "…";
  }
}
