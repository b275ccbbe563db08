package io.millrace.embedded.redshift;

import java.io.Closeable;
import java.io.IOException;

/**
 * A row of a file, before its fields are looked at.
 *
 * @param line where it begins, from 1
 * @param raw as it stands in the file
 * @param fields one a column, null for NULL; empty if the row is bad
 * @param bad null if it can be cut into fields
 */
record Row(long line, String raw, String[] fields, Bad bad) {

  /**
   * Why a row cannot be loaded.
   *
   * @param column the index of the column, -1 for none
   * @param field the text of the field, empty for none
   */
  record Bad(int code, String reason, int column, String field) {}

  static Row good(long line, String raw, String[] fields) {
    return new Row(line, raw, fields, null);
  }

  static Row bad(long line, String raw, int code, String reason) {
    return new Row(line, raw, new String[0], new Bad(code, reason, -1, ""));
  }

  /** The rows of one file. */
  interface Source extends Closeable {
    /** The next row, null at the end. */
    Row next() throws IOException;
  }
}
