package io.millrace.connectors.dynamodb;

import java.util.Objects;

/**
 * Where one attribute of a row comes from.
 *
 * @param attribute its name in the table
 * @param field a field of the record: {@code user.name}, or {@code /user/name} where names have
 *     dots; or something known of the record, that begins with {@code $}: {@code $stream}, {@code
 *     $shardId}, {@code $sequenceNumber}, {@code $subSequenceNumber}, {@code $ordinal}, {@code
 *     $position} (the last three as one text that sorts as they do), {@code $identity} (stream,
 *     shard and position), {@code $partitionKey}, {@code $arrivalMillis}, {@code $payload}; or a
 *     value itself, after {@code =}
 * @param type what it becomes
 * @param required whether a record without it is a dead letter; attributes of the key always are
 */
public record AttributeMapping(
    String attribute, String field, AttributeType type, boolean required) {

  private static final int LONGEST_NAME = 255;

  /**
   * @throws IllegalArgumentException if the name is no attribute's, or the field no field
   */
  public AttributeMapping {
    Objects.requireNonNull(attribute, "attribute");
    Objects.requireNonNull(field, "field");
    Objects.requireNonNull(type, "type");
    requireName(attribute);
    Source source = Source.parse(field);
    if (source instanceof Source.Known known
        && known.what() == Source.What.PAYLOAD
        && type != AttributeType.B
        && type != AttributeType.S) {
      throw new IllegalArgumentException(
          "attribute '" + attribute + "' is $payload of type " + type + "; allowed: B, S");
    }
  }

  /** A field that need not be there. */
  public static AttributeMapping of(String attribute, String field, AttributeType type) {
    return new AttributeMapping(attribute, field, type, false);
  }

  Source source() {
    return Source.parse(field);
  }

  static void requireName(String attribute) {
    if (attribute.isBlank() || attribute.length() > LONGEST_NAME) {
      throw new IllegalArgumentException(
          "'"
              + Conversions.shortened(attribute)
              + "' is no name of an attribute; allowed: 1 to "
              + LONGEST_NAME
              + " characters");
    }
  }
}
