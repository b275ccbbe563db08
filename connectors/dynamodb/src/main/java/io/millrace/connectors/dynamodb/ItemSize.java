package io.millrace.connectors.dynamodb;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * How large DynamoDB takes an item to be. Texts, bytes and names are exact; a number is within a
 * byte or two. Pure.
 */
final class ItemSize {

  /** DynamoDB's 400 KB. */
  static final int MOST_BYTES = 400 * 1024;

  private static final int CONTAINER_BYTES = 3;

  private ItemSize() {}

  static long of(Map<String, AttributeValue> item) {
    long bytes = 0;
    for (Map.Entry<String, AttributeValue> entry : item.entrySet()) {
      bytes += utf8(entry.getKey()) + of(entry.getValue());
    }
    return bytes;
  }

  static long of(AttributeValue value) {
    return switch (value.type()) {
      case S -> utf8(value.s());
      case N -> number(value.n());
      case B -> value.b().asByteBuffer().remaining();
      case SS -> value.ss().stream().mapToLong(ItemSize::utf8).sum();
      case NS -> value.ns().stream().mapToLong(ItemSize::number).sum();
      case BS -> value.bs().stream().mapToLong(bytes -> bytes.asByteBuffer().remaining()).sum();
      case L -> CONTAINER_BYTES + value.l().stream().mapToLong(element -> 1 + of(element)).sum();
      case M -> CONTAINER_BYTES + value.m().size() + of(value.m());
      case BOOL, NUL, UNKNOWN_TO_SDK_VERSION -> 1;
    };
  }

  private static long number(String text) {
    long digits = text.chars().filter(Character::isDigit).count();
    return (digits + 1) / 2 + 1;
  }

  private static long utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
