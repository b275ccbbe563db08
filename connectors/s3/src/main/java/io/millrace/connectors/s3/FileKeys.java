package io.millrace.connectors.s3;

import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.Values;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;

/**
 * The keys of a config file about a bucket and the objects in it, for sinks that write {@link
 * RecordFiles} on their way to somewhere else.
 */
public final class FileKeys {

  /** Required. */
  public static final Key<String> BUCKET = S3Keys.BUCKET;

  /** The bucket's, where it is not the stream's. */
  public static final Key<String> REGION = S3Keys.REGION;

  /** As {@link S3Keys#ENDPOINT}, for a section that has another endpoint too. */
  public static final Key<URI> S3_ENDPOINT =
      Key.parsed("s3Endpoint", S3Keys.ENDPOINT.allowed(), S3Keys::url)
          .describedAs(S3Keys.ENDPOINT.description());

  private FileKeys() {}

  /** How objects are built and stored. */
  public static List<Key<?>> storage() {
    return List.of(
        S3Keys.ROW_GROUP_SIZE,
        S3Keys.MULTIPART_THRESHOLD,
        S3Keys.PART_SIZE,
        S3Keys.SPILL_THRESHOLD,
        S3Keys.SPILL_MEMORY,
        S3Keys.SPILL_DIRECTORY,
        S3Keys.ENCRYPTION,
        S3Keys.KMS_KEY_ID,
        S3Keys.STORAGE_CLASS,
        S3Keys.TAGS,
        S3Keys.REQUEST_TIMEOUT,
        S3Keys.CONCURRENCY);
  }

  /**
   * Takes over what a section with all of {@link #storage} says.
   *
   * @throws io.millrace.connectors.config.ConfigException if values do not go together
   */
  public static S3SinkBuilder fill(Values values, S3SinkBuilder builder) {
    builder
        .rowGroupBytes(values.get(S3Keys.ROW_GROUP_SIZE))
        .multipartThreshold(values.get(S3Keys.MULTIPART_THRESHOLD))
        .partBytes(values.get(S3Keys.PART_SIZE))
        .spillThreshold(values.get(S3Keys.SPILL_THRESHOLD))
        .spillMemory(values.get(S3Keys.SPILL_MEMORY))
        .encryption(values.get(S3Keys.ENCRYPTION))
        .tags(values.get(S3Keys.TAGS))
        .requestTimeout(values.get(S3Keys.REQUEST_TIMEOUT))
        .concurrency(Math.toIntExact(values.get(S3Keys.CONCURRENCY)));
    values.find(S3Keys.STORAGE_CLASS).ifPresent(builder::storageClass);
    values.find(S3Keys.KMS_KEY_ID).ifPresent(key -> builder.kmsKeyId = key);
    values.find(S3Keys.SPILL_DIRECTORY).ifPresent(builder::spillDirectory);
    builder
        .problem()
        .ifPresent(
            problem -> {
              throw values.refuse(problem.key(), problem.why());
            });
    return builder;
  }

  /** A relative spill directory is below this one. */
  public static void within(S3SinkBuilder builder, Path workingDirectory) {
    builder.spillDirectory(workingDirectory.resolve(builder.spillDirectory));
  }
}
