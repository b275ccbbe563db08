package io.millrace.connectors.s3;

import java.util.List;
import org.apache.commons.csv.QuoteMode;

/**
 * What CSV files look like.
 *
 * @param columns in their order
 * @param delimiter between columns
 * @param header whether the first line names them
 * @param quoting which values stand in quotes
 * @param nullText what stands for a missing value, and cannot be a value then; null for nothing
 */
record CsvOptions(
    List<Column> columns, char delimiter, boolean header, Quoting quoting, String nullText) {

  CsvOptions {
    columns = List.copyOf(columns);
  }

  /** Which values stand in quotes. */
  public enum Quoting {
    /** Those that need it: they have a delimiter, a quote or a line break. */
    MINIMAL(QuoteMode.MINIMAL),
    /** All but missing ones. */
    ALL(QuoteMode.ALL_NON_NULL),
    /** Texts. */
    NON_NUMERIC(QuoteMode.NON_NUMERIC);

    private final QuoteMode mode;

    Quoting(QuoteMode mode) {
      this.mode = mode;
    }

    QuoteMode mode() {
      return mode;
    }
  }
}
