package io.millrace.connectors.s3;

import io.millrace.connectors.sink.Commit;
import java.util.Objects;

/**
 * Where a range is, once its commit record is there.
 *
 * @param commit what the commit record says
 * @param bucket of the object
 * @param key of the range's one object, or of its manifest
 * @param bytes of the object; -1 with a manifest
 * @param rows in the object; -1 with a manifest, and for objects of versions that did not count
 * @param format of the objects
 * @param compression of the objects
 */
public record StoredRange(
    Commit commit,
    String bucket,
    String key,
    long bytes,
    long rows,
    Format format,
    Compression compression) {
  public StoredRange {
    Objects.requireNonNull(commit, "commit");
    Objects.requireNonNull(bucket, "bucket");
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(format, "format");
    Objects.requireNonNull(compression, "compression");
  }
}
