package io.millrace.connectors.redshift;

import java.net.URI;
import java.util.Objects;

/**
 * A file that is loaded.
 *
 * @param location {@code s3://bucket/key}
 * @param bytes its size as it is stored; COPY of Parquet asks for it in the manifest
 * @param rows in it
 * @param mandatory whether a load without it fails
 */
record LoadFile(URI location, long bytes, long rows, boolean mandatory) {
  LoadFile {
    Objects.requireNonNull(location, "location");
  }
}
