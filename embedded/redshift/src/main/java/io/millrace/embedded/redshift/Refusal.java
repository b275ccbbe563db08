package io.millrace.embedded.redshift;

import java.io.Serial;

/** A statement that Redshift would refuse, and how it would say so. */
final class Refusal extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  static final String SYNTAX_ERROR = "42601";
  static final String NOT_SUPPORTED = "0A000";
  static final String UNDEFINED_TABLE = "42P01";
  static final String INTERNAL_ERROR = "XX000";

  private final String sqlState;
  private final String detail;

  Refusal(String sqlState, String message) {
    this(sqlState, message, "");
  }

  /**
   * @param detail empty for none
   */
  Refusal(String sqlState, String message, String detail) {
    super(message);
    this.sqlState = sqlState;
    this.detail = detail;
  }

  String sqlState() {
    return sqlState;
  }

  String detail() {
    return detail;
  }
}
