package io.millrace.connectors.redshift;

import java.net.URI;
import java.util.Objects;

/**
 * How COPY reads the files.
 *
 * @param format of the files
 * @param compression of the files
 * @param credentials with what right it reads them
 * @param region of the bucket; null if it is the cluster's
 * @param jsonPaths the file of JSONPaths; null for {@code auto}
 * @param timeFormat null for the format's default
 * @param truncateColumns whether texts that are too long are cut off
 * @param maxErrors rows that may be dropped; 0 for none
 */
record CopyOptions(
    FileFormat format,
    FileCompression compression,
    CopyCredentials credentials,
    String region,
    URI jsonPaths,
    String timeFormat,
    boolean truncateColumns,
    int maxErrors) {

  /** What stands for NULL in a CSV file; a text of the same characters cannot be stored. */
  static final String CSV_NULL = "<NULL>";

  CopyOptions {
    Objects.requireNonNull(format, "format");
    Objects.requireNonNull(compression, "compression");
    Objects.requireNonNull(credentials, "credentials");
  }
}
