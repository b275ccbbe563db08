package io.millrace.connectors.redshift;

/** How files are compressed: as a whole, or, in Parquet, the pages within. */
public enum FileCompression {
  NONE,
  GZIP,
  ZSTD
}
