package io.millrace.connectors.s3;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.connectors.message.Json;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.RecordConsumer;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeUnit;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Types;

/**
 * A type of a Parquet column: how it is stored, and which JSON values it takes. Nothing is rounded
 * or cut off, but fractions of a microsecond.
 *
 * @param kind what it is called
 * @param precision digits of a decimal, 0 for any other
 * @param scale digits of a decimal behind the point
 */
public record ColumnType(Kind kind, int precision, int scale) {

  public static final String ALLOWED =
      "string, int, long, float, double, boolean, binary, timestamp, date, decimal(P,S), json";

  /** What it is called, and what values it takes. */
  public enum Kind {
    STRING("a text"),
    INT("a whole number from -2147483648 to 2147483647"),
    LONG("a whole number of 64 bits"),
    FLOAT("a number"),
    DOUBLE("a number"),
    BOOLEAN("true or false"),
    BINARY("a text in base64"),
    TIMESTAMP("a text such as 2026-11-22T10:15:30Z, or milliseconds since 1970"),
    DATE("a text such as 2026-11-22"),
    DECIMAL("a number"),
    JSON("any value");

    private final String takes;

    Kind(String takes) {
      this.takes = takes;
    }
  }

  private static final Pattern DECIMAL = Pattern.compile("decimal\\((\\d{1,2}),(\\d{1,2})\\)");
  private static final int MOST_DIGITS_IN_A_LONG = 18;
  private static final int MOST_DIGITS = 38;
  private static final int DECIMAL_BYTES = 16;
  private static final long MICROS_PER_SECOND = 1_000_000;

  /**
   * @throws IllegalArgumentException that says what is allowed
   */
  public static ColumnType parse(String text) {
    Matcher decimal = DECIMAL.matcher(text);
    if (decimal.matches()) {
      int precision = Integer.parseInt(decimal.group(1));
      int scale = Integer.parseInt(decimal.group(2));
      if (precision < 1 || precision > MOST_DIGITS || scale > precision) {
        throw new IllegalArgumentException(
            text + " is no type: a decimal has 1 to 38 digits, and no more behind the point");
      }
      return new ColumnType(Kind.DECIMAL, precision, scale);
    }
    return Arrays.stream(Kind.values())
        .filter(
            kind ->
                kind != Kind.DECIMAL && kind.name().toLowerCase(java.util.Locale.ROOT).equals(text))
        .findFirst()
        .map(kind -> new ColumnType(kind, 0, 0))
        .orElseThrow(
            () -> new IllegalArgumentException("'" + text + "' is no type; types are " + ALLOWED));
  }

  /** In words, what values it takes. */
  String takes() {
    return kind == Kind.DECIMAL
        ? "a number with at most "
            + (precision - scale)
            + " digits before and "
            + scale
            + " behind the point"
        : kind.takes;
  }

  /** The column in a file's schema. */
  Type schema(String name, boolean required) {
    Type.Repetition repetition = required ? Type.Repetition.REQUIRED : Type.Repetition.OPTIONAL;
    return switch (kind) {
      case STRING ->
          Types.primitive(PrimitiveTypeName.BINARY, repetition)
              .as(LogicalTypeAnnotation.stringType())
              .named(name);
      case JSON ->
          Types.primitive(PrimitiveTypeName.BINARY, repetition)
              .as(LogicalTypeAnnotation.jsonType())
              .named(name);
      case BINARY -> Types.primitive(PrimitiveTypeName.BINARY, repetition).named(name);
      case INT -> Types.primitive(PrimitiveTypeName.INT32, repetition).named(name);
      case LONG -> Types.primitive(PrimitiveTypeName.INT64, repetition).named(name);
      case FLOAT -> Types.primitive(PrimitiveTypeName.FLOAT, repetition).named(name);
      case DOUBLE -> Types.primitive(PrimitiveTypeName.DOUBLE, repetition).named(name);
      case BOOLEAN -> Types.primitive(PrimitiveTypeName.BOOLEAN, repetition).named(name);
      case TIMESTAMP ->
          Types.primitive(PrimitiveTypeName.INT64, repetition)
              .as(LogicalTypeAnnotation.timestampType(true, TimeUnit.MICROS))
              .named(name);
      case DATE ->
          Types.primitive(PrimitiveTypeName.INT32, repetition)
              .as(LogicalTypeAnnotation.dateType())
              .named(name);
      case DECIMAL ->
          precision <= MOST_DIGITS_IN_A_LONG
              ? Types.primitive(PrimitiveTypeName.INT64, repetition)
                  .as(LogicalTypeAnnotation.decimalType(scale, precision))
                  .named(name)
              : Types.primitive(PrimitiveTypeName.FIXED_LEN_BYTE_ARRAY, repetition)
                  .length(DECIMAL_BYTES)
                  .as(LogicalTypeAnnotation.decimalType(scale, precision))
                  .named(name);
    };
  }

  /**
   * The value as {@link #write} takes it.
   *
   * @return null if it is none that this type takes
   */
  Object value(JsonNode node) {
    try {
      return switch (kind) {
        case STRING -> node.isTextual() ? Binary.fromString(node.textValue()) : null;
        case JSON -> Binary.fromConstantByteArray(Json.write(node));
        case BINARY -> node.isTextual() ? Binary.fromConstantByteArray(node.binaryValue()) : null;
        case INT -> node.isNumber() ? (Object) node.decimalValue().intValueExact() : null;
        case LONG -> node.isNumber() ? (Object) node.decimalValue().longValueExact() : null;
        case FLOAT ->
            node.isNumber() && Float.isFinite(node.floatValue()) ? node.floatValue() : null;
        case DOUBLE ->
            node.isNumber() && Double.isFinite(node.doubleValue()) ? node.doubleValue() : null;
        case BOOLEAN -> node.isBoolean() ? (Object) node.booleanValue() : null;
        case TIMESTAMP -> timestamp(node);
        case DATE ->
            node.isTextual()
                ? (Object) Math.toIntExact(LocalDate.parse(node.textValue()).toEpochDay())
                : null;
        case DECIMAL -> node.isNumber() ? decimal(node.decimalValue()) : null;
      };
    } catch (ArithmeticException | DateTimeException | IOException e) {
      return null;
    }
  }

  private static Object timestamp(JsonNode node) {
    if (node.isNumber()) {
      return Math.multiplyExact(node.decimalValue().longValueExact(), 1_000L);
    }
    if (!node.isTextual()) {
      return null;
    }
    Instant instant = OffsetDateTime.parse(node.textValue()).toInstant();
    return Math.addExact(
        Math.multiplyExact(instant.getEpochSecond(), MICROS_PER_SECOND),
        instant.truncatedTo(ChronoUnit.MICROS).getNano() / 1_000L);
  }

  private Object decimal(BigDecimal number) {
    BigDecimal shortest = number.stripTrailingZeros();
    // before anything is multiplied: 1e1000000000 is a number too
    if (shortest.scale() > scale
        || (long) shortest.precision() - shortest.scale() > precision - scale) {
      return null;
    }
    BigInteger unscaled = shortest.setScale(scale).unscaledValue();
    if (precision <= MOST_DIGITS_IN_A_LONG) {
      return unscaled.longValueExact();
    }
    byte[] digits = unscaled.toByteArray();
    byte[] bytes = new byte[DECIMAL_BYTES];
    Arrays.fill(bytes, 0, DECIMAL_BYTES - digits.length, (byte) (unscaled.signum() < 0 ? -1 : 0));
    System.arraycopy(digits, 0, bytes, DECIMAL_BYTES - digits.length, digits.length);
    return Binary.fromConstantByteArray(bytes);
  }

  /** Writes what {@link #value} made. */
  void write(Object value, RecordConsumer consumer) {
    if (value instanceof Binary binary) {
      consumer.addBinary(binary);
    } else if (value instanceof Integer number) {
      consumer.addInteger(number);
    } else if (value instanceof Long number) {
      consumer.addLong(number);
    } else if (value instanceof Float number) {
      consumer.addFloat(number);
    } else if (value instanceof Double number) {
      consumer.addDouble(number);
    } else {
      consumer.addBoolean((Boolean) value);
    }
  }
}
