package io.millrace.embedded.redshift;

import io.millrace.embedded.redshift.CopyStatement.ValueOptions;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * A column that is loaded, and which texts Redshift takes for it.
 *
 * @param type as Redshift names it
 * @param length in bytes for texts, digits for numbers; -1 for none
 * @param scale digits after the point
 */
record Column(String name, Type type, int length, int scale, boolean notNull, String tableId) {

  enum Type {
    INT2("int2"),
    INT4("int4"),
    INT8("int8"),
    NUMERIC("numeric"),
    FLOAT4("float4"),
    FLOAT8("float8"),
    BOOL("bool"),
    CHAR("char"),
    VARCHAR("varchar"),
    DATE("date"),
    TIMESTAMP("timestamp"),
    TIMESTAMPTZ("timestamptz"),
    SUPER("super"),
    VARBYTE("varbyte"),
    OTHER("other");

    private final String text;

    Type(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }

    boolean isText() {
      return this == CHAR || this == VARCHAR;
    }
  }

  /** A field that cannot be loaded: the code and the reason that Redshift gives. */
  static final class BadField extends Exception {
    private static final long serialVersionUID = 1;
    private final int code;

    BadField(int code, String reason) {
      super(reason, null, false, false);
      this.code = code;
    }

    int code() {
      return code;
    }
  }

  private static final BigInteger INT8_MIN = BigInteger.valueOf(Long.MIN_VALUE);
  private static final BigInteger INT8_MAX = BigInteger.valueOf(Long.MAX_VALUE);

  /**
   * @param pgType PostgreSQL's name of the type
   * @param modifier PostgreSQL's type modifier, -1 for none
   */
  static Column of(String name, String pgType, int modifier, boolean notNull, String tableId) {
    Type type =
        switch (pgType) {
          case "int2" -> Type.INT2;
          case "int4" -> Type.INT4;
          case "int8" -> Type.INT8;
          case "numeric" -> Type.NUMERIC;
          case "float4" -> Type.FLOAT4;
          case "float8" -> Type.FLOAT8;
          case "bool" -> Type.BOOL;
          case "bpchar" -> Type.CHAR;
          case "varchar", "text" -> Type.VARCHAR;
          case "date" -> Type.DATE;
          case "timestamp" -> Type.TIMESTAMP;
          case "timestamptz" -> Type.TIMESTAMPTZ;
          case "jsonb", "json" -> Type.SUPER;
          case "bytea" -> Type.VARBYTE;
          default -> Type.OTHER;
        };
    int length = -1;
    int scale = 0;
    if (modifier >= 4 && type.isText()) {
      length = modifier - 4;
    } else if (modifier >= 4 && type == Type.NUMERIC) {
      length = (modifier - 4) >> 16;
      scale = (modifier - 4) & 0x7ff;
    }
    return new Column(name, type, length, scale, notNull, tableId);
  }

  /** The length as the load-error views show it. */
  String lengthText() {
    if (length < 0) {
      return "0";
    }
    return type == Type.NUMERIC ? length + "," + scale : String.valueOf(length);
  }

  /**
   * The text that PostgreSQL is given.
   *
   * @param field null for NULL
   * @return null for NULL
   */
  String convert(String field, ValueOptions options) throws BadField {
    String value = nullable(field, options);
    if (value == null) {
      if (notNull) {
        throw new BadField(1213, "Missing data for not-null field");
      }
      return null;
    }
    return switch (type) {
      case INT2, INT4, INT8 -> integer(value.strip());
      case NUMERIC -> numeric(value.strip());
      case FLOAT4, FLOAT8 -> floating(value.strip());
      case BOOL -> bool(value.strip());
      case CHAR, VARCHAR -> text(value, options);
      case DATE -> Times.date(value, options.dateFormat());
      case TIMESTAMP -> Times.timestamp(value, options.timeFormat(), false);
      case TIMESTAMPTZ -> Times.timestamp(value, options.timeFormat(), true);
      case SUPER -> Json.checked(value);
      case VARBYTE -> hex(value.strip());
      case OTHER -> value;
    };
  }

  private String nullable(String field, ValueOptions options) {
    if (field == null) {
      return null;
    }
    if (!type.isText() || options.blanksAsNull()) {
      boolean blank = field.isBlank();
      if (blank && (!field.isEmpty() || !type.isText())) {
        return null;
      }
    }
    if (field.isEmpty() && options.emptyAsNull()) {
      return null;
    }
    return field;
  }

  private String integer(String value) throws BadField {
    String name =
        switch (type) {
          case INT2 -> "Short";
          case INT4 -> "Integer";
          default -> "Long";
        };
    int start = value.startsWith("-") || value.startsWith("+") ? 1 : 0;
    for (int i = start; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c < '0' || c > '9') {
        throw new BadField(1207, "Invalid digit, Value '" + c + "', Pos " + i + ", Type: " + name);
      }
    }
    if (start == value.length()) {
      throw new BadField(1207, "Invalid digit, Value '" + value + "', Pos 0, Type: " + name);
    }
    BigInteger number = new BigInteger(value.substring(value.startsWith("+") ? 1 : 0));
    BigInteger least =
        switch (type) {
          case INT2 -> BigInteger.valueOf(Short.MIN_VALUE);
          case INT4 -> BigInteger.valueOf(Integer.MIN_VALUE);
          default -> INT8_MIN;
        };
    BigInteger most =
        switch (type) {
          case INT2 -> BigInteger.valueOf(Short.MAX_VALUE);
          case INT4 -> BigInteger.valueOf(Integer.MAX_VALUE);
          default -> INT8_MAX;
        };
    if (number.compareTo(least) < 0 || number.compareTo(most) > 0) {
      throw new BadField(1204, "Overflow, Column type: " + name);
    }
    return number.toString();
  }

  private String numeric(String value) throws BadField {
    BigDecimal number;
    try {
      number = new BigDecimal(value);
    } catch (NumberFormatException e) {
      throw new BadField(1209, "Invalid DECIMAL or NUMERIC value '" + shortened(value) + "'");
    }
    if (length >= 0) {
      // more digits than the column has are cut off, unless ROUNDEC is said
      number = number.setScale(scale, RoundingMode.DOWN);
      if (number.precision() > length) {
        throw new BadField(1204, "Overflow for NUMERIC(" + length + "," + scale + ")");
      }
    }
    return number.toPlainString();
  }

  private static String floating(String value) throws BadField {
    try {
      double parsed = Double.parseDouble(value);
      boolean hexOrSuffixed = !value.matches("[-+0-9.eE]+");
      if (!hexOrSuffixed || !Double.isFinite(parsed)) {
        return value;
      }
    } catch (NumberFormatException e) {
      // the same reason
    }
    throw new BadField(1208, "Invalid FLOAT value '" + shortened(value) + "'");
  }

  private static String bool(String value) throws BadField {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "t", "true", "y", "yes", "1", "on" -> "t";
      case "f", "false", "n", "no", "0", "off" -> "f";
      default -> throw new BadField(1210, "Unknown boolean format");
    };
  }

  private String text(String field, ValueOptions options) throws BadField {
    String value = options.trimBlanks() || type == Type.CHAR ? field.stripTrailing() : field;
    if (value.indexOf('\0') >= 0) {
      throw new BadField(1220, "Invalid null byte - field longer than 1 byte");
    }
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    if (type == Type.CHAR && bytes.length != value.length()) {
      throw new BadField(
          1215, "Multibyte character not supported for CHAR (Hint: try using VARCHAR)");
    }
    if (length < 0 || bytes.length <= length) {
      return value;
    }
    if (!options.truncate()) {
      throw new BadField(1204, "String length exceeds DDL length");
    }
    int end = length;
    while (end > 0 && (bytes[end] & 0xC0) == 0x80) {
      end--;
    }
    return new String(bytes, 0, end, StandardCharsets.UTF_8);
  }

  private static String hex(String value) throws BadField {
    if (value.length() % 2 != 0 || !value.matches("[0-9a-fA-F]*")) {
      throw new BadField(1219, "Invalid hexadecimal value for VARBYTE");
    }
    return "\\x" + value;
  }

  private static String shortened(String value) {
    return value.length() > 30 ? value.substring(0, 30) + "..." : value;
  }
}
