package io.millrace.connectors.s3;

import io.millrace.connectors.config.Chosen;
import io.millrace.connectors.config.Finding;
import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.OwnDeadLetters;
import io.millrace.connectors.config.Section;
import io.millrace.connectors.config.SinkProvider;
import io.millrace.connectors.config.Surroundings;
import io.millrace.connectors.config.Values;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Sink;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;

/** {@code sink.type: s3}. */
public final class S3SinkProvider implements SinkProvider {

  @Override
  public Section section() {
    return S3Keys.SINK;
  }

  @Override
  public Sink<Message> open(Values values, Surroundings surroundings) {
    return builder(values, surroundings).build();
  }

  @Override
  public List<Finding> check(Values values, Surroundings surroundings) {
    S3SinkBuilder builder = builder(values, surroundings);
    try (BucketCheck check = new BucketCheck(builder)) {
      return check.run();
    }
  }

  @Override
  public Optional<OwnDeadLetters> deadLetters(Values values) {
    return values
        .find(S3Keys.ERROR_PREFIX)
        .map(
            prefix ->
                new OwnDeadLetters(
                    S3Keys.ERROR_PREFIX,
                    new Chosen<>(new S3DeadLetterProvider(), lettersIn(prefix, values))));
  }

  private static Values lettersIn(String prefix, Values values) {
    Map<String, Object> letters = new LinkedHashMap<>();
    for (Key<?> shared : List.of(S3Keys.BUCKET, S3Keys.REGION, S3Keys.ENDPOINT)) {
      values.find(shared).ifPresent(value -> letters.put(shared.name(), value));
    }
    letters.put(S3Keys.LETTERS_PREFIX.name(), prefix);
    return new Values(S3Keys.DEAD_LETTERS, letters, values::refuse);
  }

  @Override
  public List<String> explain(Values values) {
    S3SinkBuilder builder =
        filled(
            values,
            S3Sink.builder(
                values.get(S3Keys.BUCKET),
                values.find(S3Keys.REGION).orElse("us-east-1"),
                AnonymousCredentialsProvider.create()));
    List<String> sentences = new ArrayList<>();
    sentences.add(
        "Stores "
            + contents(builder)
            + " in bucket "
            + builder.bucket
            + (values.isSet(S3Keys.REGION) ? " in " + builder.region : "")
            + ".");
    String suffix =
        builder.suffix == null ? builder.format.suffix(builder.compression) : builder.suffix;
    if (builder.prefix.isDynamic()) {
      sentences.add(
          "Each range of a shard becomes one object for each value of "
              + String.join(", ", builder.prefix.fields().stream().map(FieldPath::text).toList())
              + ", "
              + builder.maxPartitions
              + " at most and one for the rest, under keys "
              + builder.prefix.text()
              + "STREAM-SHARD-POSITION-WRITER-ATTEMPT"
              + suffix
              + ".");
      sentences.add(
          "A manifest below "
              + builder.manifestsPrefix()
              + " commits a range; readers honour only objects that a manifest names.");
    } else {
      sentences.add(
          "Each range of a shard becomes one object under the key "
              + builder.prefix.text()
              + "STREAM-SHARD-POSITION"
              + suffix
              + ", which is never overwritten; readers take all of them.");
    }
    if (builder.prefix.hasTimestamp()) {
      sentences.add(
          "Times in keys are when a range's first record arrived, in " + builder.timeZone + ".");
    }
    sentences.add(
        "A record that does not fit the format becomes a dead letter; the rest of its range is"
            + " stored.");
    sentences.add(
        "Objects above "
            + Key.sizeText(builder.spillThreshold)
            + " wait in files below "
            + builder.spillDirectory
            + " while they are built, and go in parts above "
            + Key.sizeText(builder.multipartThreshold)
            + ".");
    switch (builder.encryption) {
      case S3 -> sentences.add("Keys of S3 encrypt them.");
      case KMS ->
          sentences.add(
              "KMS encrypts them with "
                  + (builder.kmsKeyId == null ? "the account's default key" : builder.kmsKeyId)
                  + ".");
      case BUCKET_DEFAULT -> {}
    }
    return sentences;
  }

  private static String contents(S3SinkBuilder builder) {
    String compressed =
        builder.compression == Compression.NONE
            ? ""
            : ", compressed with " + Key.show(builder.compression) + ",";
    return switch (builder.format) {
          case RAW -> "the bytes of the records";
          case NDJSON -> "records as lines of JSON";
          case CSV -> "the columns " + names(builder.csvColumns) + " as CSV";
          case PARQUET -> "the columns " + names(builder.parquetColumns) + " as Parquet";
        }
        + compressed;
  }

  private static String names(List<Column> columns) {
    return String.join(", ", columns.stream().map(Column::name).toList());
  }

  static S3SinkBuilder builder(Values values, Surroundings surroundings) {
    S3SinkBuilder builder =
        S3Sink.builder(
            values.get(S3Keys.BUCKET),
            values.find(S3Keys.REGION).orElse(surroundings.region()),
            surroundings.credentials());
    URI endpoint = values.find(S3Keys.ENDPOINT).or(() -> surroundings.endpoint("s3")).orElse(null);
    builder.endpoint(endpoint);
    filled(values, builder);
    FileKeys.within(builder, surroundings.workingDirectory());
    return builder;
  }

  private static S3SinkBuilder filled(Values values, S3SinkBuilder builder) {
    builder
        .prefix(values.get(S3Keys.PREFIX))
        .format(values.get(S3Keys.FORMAT))
        .compression(values.get(S3Keys.COMPRESSION))
        .timeZone(values.get(S3Keys.TIME_ZONE))
        .rawDelimiter(values.get(S3Keys.RAW_DELIMITER))
        .csvDelimiter(values.get(S3Keys.CSV_DELIMITER))
        .csvHeader(values.get(S3Keys.CSV_HEADER))
        .csvQuoting(values.get(S3Keys.CSV_QUOTING))
        .maxPartitions(Math.toIntExact(values.get(S3Keys.MAX_PARTITIONS)));
    values.find(S3Keys.SUFFIX).ifPresent(builder::suffix);
    values.find(S3Keys.MANIFEST_PREFIX).ifPresent(builder::manifestPrefix);
    columns(
        values,
        S3Keys.CSV_COLUMNS,
        () -> values.find(S3Keys.CSV_COLUMNS).ifPresent(builder::csvColumns));
    columns(
        values,
        S3Keys.PARQUET_COLUMNS,
        () -> values.find(S3Keys.PARQUET_COLUMNS).ifPresent(builder::parquetColumns));
    return FileKeys.fill(values, builder);
  }

  private static void columns(Values values, Key<?> key, Runnable reader) {
    try {
      reader.run();
    } catch (IllegalArgumentException e) {
      throw values.refuse(key, e.getMessage());
    }
  }
}
