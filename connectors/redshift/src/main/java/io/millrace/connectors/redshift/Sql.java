package io.millrace.connectors.redshift;

/** Quoting, for what cannot be bound. */
final class Sql {
  private Sql() {}

  /** A name, whatever is in it. */
  static String name(String name) {
    refuseNul("name", name);
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  /**
   * A text.
   *
   * @throws IllegalArgumentException if it has a backslash: Redshift reads one as an escape and
   *     PostgreSQL does not, and no form means the same to both
   */
  static String literal(String text) {
    refuseNul("text", text);
    if (text.indexOf('\\') >= 0) {
      throw new IllegalArgumentException(
          "A text of SQL cannot have a backslash, which some servers read as an escape");
    }
    return "'" + text.replace("'", "''") + "'";
  }

  private static void refuseNul(String kind, String value) {
    if (value.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("A " + kind + " of SQL cannot have the character NUL");
    }
  }
}
