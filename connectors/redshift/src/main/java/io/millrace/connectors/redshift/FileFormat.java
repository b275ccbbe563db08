package io.millrace.connectors.redshift;

/** What the files are that COPY reads. */
public enum FileFormat {
  CSV,
  /** One object a line. */
  JSON,
  PARQUET
}
