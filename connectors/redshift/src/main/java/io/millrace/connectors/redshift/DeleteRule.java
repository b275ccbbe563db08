package io.millrace.connectors.redshift;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.connectors.s3.FieldPath;

/**
 * Says that a record deletes the row that has its key.
 *
 * @param field of the record
 * @param value what it says then, as text
 */
record DeleteRule(FieldPath field, String value) {

  static final String ALLOWED = "FIELD=VALUE, such as op=delete";

  /**
   * @throws IllegalArgumentException that says what is wrong
   */
  static DeleteRule parse(String text) {
    int equals = text.indexOf('=');
    if (equals <= 0 || equals == text.length() - 1) {
      throw new IllegalArgumentException(
          equals < 0 ? "there is no '='" : "there is nothing on one side of the '='");
    }
    return new DeleteRule(
        FieldPath.parse(text.substring(0, equals).strip()), text.substring(equals + 1).strip());
  }

  boolean deletes(JsonNode record) {
    return field
        .of(record)
        .filter(node -> node.isValueNode() && node.asText().equals(value))
        .isPresent();
  }

  @Override
  public String toString() {
    return field + "=" + value;
  }
}
