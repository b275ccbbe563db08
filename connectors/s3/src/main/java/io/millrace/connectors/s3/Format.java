package io.millrace.connectors.s3;

import java.util.List;

/** What is in an object. */
public enum Format {
  /** The bytes of the records, one after another, with a delimiter behind each. */
  RAW("", "application/octet-stream"),
  /** One JSON value a line. */
  NDJSON(".ndjson", "application/x-ndjson"),
  /** Fields of JSON objects, by a list of columns. */
  CSV(".csv", "text/csv"),
  /** Fields of JSON objects, by a list of columns with types. */
  PARQUET(".parquet", "application/vnd.apache.parquet");

  private final String suffix;
  private final String contentType;

  Format(String suffix, String contentType) {
    this.suffix = suffix;
    this.contentType = contentType;
  }

  String contentType() {
    return contentType;
  }

  /** What names end with. Parquet compresses within the file, so its files are not renamed. */
  String suffix(Compression compression) {
    return this == PARQUET ? suffix : suffix + compression.suffix();
  }

  /** Those that list their columns. */
  static List<Format> withColumns() {
    return List.of(CSV, PARQUET);
  }
}
