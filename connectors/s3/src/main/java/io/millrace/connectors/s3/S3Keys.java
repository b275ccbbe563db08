package io.millrace.connectors.s3;

import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.Section;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.s3.model.StorageClass;

/** The keys of a config file. */
final class S3Keys {
  private static final int MOST_TAGS = 10;

  static final Key<String> BUCKET =
      Key.parsed("bucket", S3SinkBuilder.BUCKET_ALLOWED, S3Keys::bucket)
          .required()
          .describedAs("The bucket. It has to exist.");

  static final Key<String> REGION =
      Key.text("region").describedAs("The bucket's region, where it is not the stream's.");

  static final Key<URI> ENDPOINT =
      Key.parsed("endpoint", "a URL such as http://127.0.0.1:9000", S3Keys::url)
          .describedAs(
              "Where S3 is, if it is not Amazon's public endpoint. Buckets go by path there.");

  static final Key<String> PREFIX =
      Key.parsed("prefix", KeyPattern.ALLOWED, text -> KeyPattern.parse(text).text())
          .withDefault("")
          .describedAs(
              "What keys begin with. Times are those of the arrival of a range's first record."
                  + " Fields of records make dynamic partitions: several objects a range, and a"
                  + " manifest.");

  static final Key<String> MANIFEST_PREFIX =
      Key.parsed("manifestPrefix", "a folder, with '/' at its end", S3Keys::folder)
          .describedAs(
              "The folder of manifests and lists of exclusions. By default _millrace/ in the folder"
                  + " that prefix begins with. Two pipelines that read one stream need two.");

  static final Key<String> ERROR_PREFIX =
      Key.parsed("errorPrefix", "a folder, with '/' at its end", S3Keys::folder)
          .describedAs(
              "The folder of dead letters in the same bucket: short for a deadLetter section of type"
                  + " s3, and not allowed beside one.");

  static final Key<Format> FORMAT =
      Key.oneOf("format", Format.class)
          .withDefault(Format.NDJSON)
          .describedAs(
              "raw: the bytes of the records; ndjson: one JSON value a line; csv and parquet: fields"
                  + " of JSON objects, by columns.");

  static final Key<Compression> COMPRESSION =
      Key.oneOf("compression", Compression.class)
          .withDefault(Compression.NONE)
          .describedAs(
              "Every one goes with every format. snappy is its framing format; in Parquet the pages"
                  + " within the file are compressed.");

  static final Key<ZoneId> TIME_ZONE =
      Key.parsed("timeZone", "a zone such as UTC, Europe/Berlin or +02:00", S3Keys::zone)
          .withDefault(ZoneOffset.UTC)
          .describedAs("Of the times in prefix.");

  static final Key<String> RAW_DELIMITER =
      Key.parsed(
              "rawDelimiter",
              "characters, with \\n, \\r, \\t, \\0 and \\\\ for what cannot be written, or nothing",
              S3Keys::unescaped)
          .withDefault("\n")
          .describedAs("What stands behind each record of a raw file; a line feed if not given.");

  static final Key<List<String>> CSV_COLUMNS =
      Key.list("csvColumns")
          .describedAs(
              "The columns of a CSV file, in their order: NAME [required] [from FIELD]. Fields are"
                  + " names with dots between them.");

  static final Key<Character> CSV_DELIMITER =
      Key.parsed("csvDelimiter", "one character, or \\t; no quote and no line break", S3Keys::one)
          .withDefault(',')
          .describedAs("What stands between columns.");

  static final Key<Boolean> CSV_HEADER =
      Key.flag("csvHeader")
          .withDefault(true)
          .describedAs("Whether the first line of a file names the columns.");

  static final Key<CsvOptions.Quoting> CSV_QUOTING =
      Key.oneOf("csvQuoting", CsvOptions.Quoting.class)
          .withDefault(CsvOptions.Quoting.MINIMAL)
          .describedAs(
              "Which values stand in quotes: those that need it, all that are there, or all that are"
                  + " no numbers.");

  static final Key<List<String>> PARQUET_COLUMNS =
      Key.list("parquetColumns")
          .describedAs(
              "The columns of a Parquet file: NAME TYPE [required] [from FIELD]. Types are "
                  + ColumnType.ALLOWED
                  + ".");

  static final Key<Long> ROW_GROUP_SIZE =
      Key.bytes("parquetRowGroupSize", 1L << 20, 512L << 20)
          .withDefault(S3SinkBuilder.DEFAULT_ROW_GROUP_BYTES)
          .describedAs("Bytes of a row group, which are held in memory while it is built.");

  static final Key<String> SUFFIX =
      Key.parsed("suffix", "the end of a name, such as .json.gz", S3Keys::suffix)
          .describedAs("What keys end with, if not with .ndjson.gz and the like.");

  static final Key<Long> MAX_PARTITIONS =
      Key.number("maxPartitions", 1, 10_000)
          .withDefault((long) S3SinkBuilder.DEFAULT_MAX_PARTITIONS)
          .describedAs(
              "The most partitions of one range. Records of any further one go together to a"
                  + " partition whose fields have the value "
                  + KeyPattern.OVERFLOW
                  + ".");

  static final Key<Long> MULTIPART_THRESHOLD =
      Key.bytes("multipartThreshold", 5L << 20, S3SinkBuilder.MOST_PUT_BYTES)
          .withDefault(S3SinkBuilder.DEFAULT_MULTIPART_THRESHOLD)
          .describedAs("Larger objects are sent in parts.");

  static final Key<Long> PART_SIZE =
      Key.bytes("partSize", ObjectStore.LEAST_PART_BYTES, S3SinkBuilder.MOST_PUT_BYTES)
          .withDefault(S3SinkBuilder.DEFAULT_PART_BYTES)
          .describedAs("Bytes of a part; more where there would be over 10,000.");

  static final Key<Long> SPILL_THRESHOLD =
      Key.bytes("spillThreshold", 0, 1L << 30)
          .withDefault(S3SinkBuilder.DEFAULT_SPILL_THRESHOLD)
          .describedAs("Larger objects wait in a file, not in memory, until they are stored.");

  static final Key<Long> SPILL_MEMORY =
      Key.bytes("spillMemory", 0, 64L << 30)
          .withDefault(S3SinkBuilder.DEFAULT_SPILL_MEMORY)
          .describedAs("What all objects that wait may take of the memory together.");

  static final Key<Path> SPILL_DIRECTORY =
      Key.parsed("spillDirectory", "a directory that can be written to", Path::of)
          .describedAs(
              "Where these files are; a folder of the machine's temporary one if not given.");

  static final Key<ObjectOptions.Encryption> ENCRYPTION =
      Key.oneOf("encryption", ObjectOptions.Encryption.class)
          .withDefault(ObjectOptions.Encryption.BUCKET_DEFAULT)
          .describedAs("As the bucket is set to, keys of S3 (SSE-S3), or a key of KMS (SSE-KMS).");

  static final Key<String> KMS_KEY_ID =
      Key.text("kmsKeyId")
          .describedAs(
              "Id, ARN or alias of the key for encryption kms; the account's default if not given.");

  static final Key<String> STORAGE_CLASS =
      Key.parsed(
              "storageClass",
              String.join(
                  ", ", StorageClass.knownValues().stream().map(Enum::name).sorted().toList()),
              S3Keys::storageClass)
          .describedAs("The storage class; the bucket's default if not given.");

  static final Key<Map<String, String>> TAGS =
      Key.<Map<String, String>>map("tags", "at most ten names with a text each", S3Keys::tags)
          .withDefault(Map.of())
          .describedAs("Tags of every object.");

  static final Key<Duration> REQUEST_TIMEOUT =
      Key.duration("requestTimeout", Duration.ofMillis(100), Duration.ofHours(1))
          .withDefault(S3SinkBuilder.DEFAULT_REQUEST_TIMEOUT)
          .describedAs("How long one attempt of a request may take, its body included.");

  static final Key<Long> CONCURRENCY =
      Key.number("concurrency", 1, 1_024)
          .withDefault((long) S3SinkBuilder.DEFAULT_CONCURRENCY)
          .describedAs("Requests at a time.");

  static final Section SINK =
      new Section(
          "s3",
          "Stores each range of a shard's records as an object, or as several and a manifest,"
              + " exactly once.",
          List.of(
              BUCKET,
              REGION,
              ENDPOINT,
              PREFIX,
              FORMAT,
              COMPRESSION,
              TIME_ZONE,
              SUFFIX,
              RAW_DELIMITER,
              CSV_COLUMNS,
              CSV_DELIMITER,
              CSV_HEADER,
              CSV_QUOTING,
              PARQUET_COLUMNS,
              ROW_GROUP_SIZE,
              MAX_PARTITIONS,
              MANIFEST_PREFIX,
              ERROR_PREFIX,
              MULTIPART_THRESHOLD,
              PART_SIZE,
              SPILL_THRESHOLD,
              SPILL_MEMORY,
              SPILL_DIRECTORY,
              ENCRYPTION,
              KMS_KEY_ID,
              STORAGE_CLASS,
              TAGS,
              REQUEST_TIMEOUT,
              CONCURRENCY));

  static final Key<String> LETTERS_PREFIX =
      Key.parsed("prefix", "a folder, with '/' at its end", S3Keys::folder)
          .withDefault("dead-letters/")
          .describedAs("The folder of the letters, with '/' at its end.");

  static final Section DEAD_LETTERS =
      new Section(
          "s3",
          "Stores each dead letter as an object, named by stream, shard and position.",
          List.of(BUCKET, REGION, ENDPOINT, LETTERS_PREFIX));

  private S3Keys() {}

  private static String bucket(String text) {
    if (text.startsWith("s3://")) {
      throw new IllegalArgumentException(
          "it is a URL; write the name alone, and the rest in prefix");
    }
    if (!S3SinkBuilder.BUCKET.matcher(text).matches()) {
      throw new IllegalArgumentException("it is no name of a bucket");
    }
    return text;
  }

  static URI url(String text) {
    try {
      URI uri = new URI(text.trim());
      if (uri.getHost() == null
          || !("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
        throw new IllegalArgumentException("it is no URL of a server");
      }
      return uri;
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("it is no URL", e);
    }
  }

  private static String folder(String text) {
    if (!text.endsWith("/") || text.startsWith("/")) {
      throw new IllegalArgumentException(
          text.startsWith("/") ? "it begins with '/'" : "it does not end with '/'");
    }
    if (text.contains("!{")) {
      throw new IllegalArgumentException("it has an expression, and stays the same for all ranges");
    }
    return text;
  }

  private static ZoneId zone(String text) {
    try {
      return ZoneId.of(text.trim());
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("there is no such zone", e);
    }
  }

  private static String suffix(String text) {
    if (text.contains("/") || text.contains("!{") || text.length() > 64) {
      throw new IllegalArgumentException("it has a '/', an expression, or over 64 characters");
    }
    return text;
  }

  private static Character one(String text) {
    String unescaped = unescaped(text);
    if (unescaped.length() != 1 || "\"\r\n".contains(unescaped)) {
      throw new IllegalArgumentException(
          unescaped.length() == 1 ? "it cannot stand between columns" : "it is not one character");
    }
    return unescaped.charAt(0);
  }

  static String unescaped(String text) {
    StringBuilder unescaped = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '\\') {
        unescaped.append(c);
        continue;
      }
      i++;
      int which = i == text.length() ? -1 : "nrt0\\".indexOf(text.charAt(i));
      if (which < 0) {
        throw new IllegalArgumentException("a \\ stands before something else");
      }
      unescaped.append("\n\r\t\0\\".charAt(which));
    }
    return unescaped.toString();
  }

  private static String storageClass(String text) {
    String name = text.trim();
    if (StorageClass.knownValues().stream().noneMatch(known -> known.name().equals(name))) {
      throw new IllegalArgumentException("there is no such storage class");
    }
    return name;
  }

  private static Map<String, String> tags(Map<String, Object> map) {
    if (map.size() > MOST_TAGS) {
      throw new IllegalArgumentException("there are " + map.size());
    }
    Map<String, String> tags = new LinkedHashMap<>();
    map.forEach(
        (name, value) -> {
          if (!(value instanceof String text)) {
            throw new IllegalArgumentException("the tag " + name + " has no text");
          }
          tags.put(name, text);
        });
    return tags;
  }
}
