package io.millrace.connectors.s3;

/** How objects are compressed: whole files, or, in Parquet, the pages within. */
public enum Compression {
  NONE(""),
  GZIP(".gz"),
  /** Frames of Zstandard. */
  ZSTD(".zst"),
  /** Snappy's framing format; in Parquet blocks of Snappy, as that format says. */
  SNAPPY(".sz");

  private final String suffix;

  Compression(String suffix) {
    this.suffix = suffix;
  }

  String suffix() {
    return suffix;
  }
}
