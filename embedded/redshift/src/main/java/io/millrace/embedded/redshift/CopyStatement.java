package io.millrace.embedded.redshift;

import java.util.List;

/**
 * A COPY from S3, as written.
 *
 * @param table quoted for PostgreSQL, with its schema if one was given
 * @param tableName its name alone, for messages
 * @param columns empty for all of the table
 * @param from where the data is
 * @param access by which right it is read
 * @param format how the files are to be read
 * @param values how their fields become values
 * @param maxErrors as many rows that cannot be loaded make the statement fail, at least 1
 */
record CopyStatement(
    String table,
    String tableName,
    List<String> columns,
    From from,
    Access access,
    Format format,
    ValueOptions values,
    int maxErrors) {

  enum Compression {
    NONE,
    GZIP,
    ZSTD
  }

  /**
   * @param url an object if it is a manifest, otherwise the beginning of the keys of objects
   * @param noLoad only to check the data
   */
  record From(String url, boolean manifest, Compression compression, boolean noLoad) {}

  sealed interface Access {
    /**
     * @param arn an ARN, or {@code default}
     */
    record Role(String arn) implements Access {}

    /**
     * @param sessionToken empty for none
     */
    record Keys(String accessKeyId, String secretAccessKey, String sessionToken)
        implements Access {}
  }

  sealed interface Format {
    record Csv(char delimiter, char quote, Lines lines) implements Format {}

    record Delimited(char delimiter, boolean escape, boolean removeQuotes, Lines lines)
        implements Format {}

    /**
     * @param paths {@code auto}, {@code auto ignorecase}, or the URL of a file of JSONPaths
     */
    record Json(String paths) implements Format {}

    record Parquet() implements Format {}
  }

  /**
   * @param header lines at the beginning of a file that are no data
   * @param fill whether missing fields at the end are NULL
   */
  record Lines(int header, boolean ignoreBlank, boolean fill) {}

  /**
   * @param nullText the text that means NULL
   * @param timeFormat empty for the default
   * @param dateFormat empty for the default
   * @param invalidCharacter in place of each byte that is not UTF-8; null to refuse it
   */
  record ValueOptions(
      String nullText,
      boolean emptyAsNull,
      boolean blanksAsNull,
      boolean trimBlanks,
      boolean truncate,
      String timeFormat,
      String dateFormat,
      Character invalidCharacter) {}

  /** What PostgreSQL is told in its place. */
  String forPostgres() {
    StringBuilder sql = new StringBuilder("COPY ").append(table);
    if (!columns.isEmpty()) {
      sql.append(" (");
      for (int i = 0; i < columns.size(); i++) {
        sql.append(i == 0 ? "" : ", ").append(Dialect.quote(columns.get(i)));
      }
      sql.append(')');
    }
    return sql.append(" FROM STDIN").toString();
  }
}
