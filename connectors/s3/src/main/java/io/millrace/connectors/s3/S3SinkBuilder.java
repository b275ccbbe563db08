package io.millrace.connectors.s3;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.connectors.config.Key;
import io.millrace.connectors.sink.RangeStart;
import io.millrace.connectors.sink.SinkException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.services.s3.S3AsyncClient;

/**
 * Sets up an {@link S3Sink}. The names of the methods are those of the keys in a config file, where
 * {@link #build} finds something that does not go together. Not for use by several threads.
 */
public final class S3SinkBuilder {
  static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");
  static final String BUCKET_ALLOWED =
      "3 to 63 lower-case letters, digits, hyphens and dots, without s3:// in front";

  /** What RangeSink#nameFor may have. */
  private static final int MAX_NAME_CHARACTERS = 1_024;

  static final int DEFAULT_MAX_PARTITIONS = 500;
  static final long DEFAULT_MULTIPART_THRESHOLD = 64L << 20;
  static final long DEFAULT_PART_BYTES = 16L << 20;
  static final long DEFAULT_SPILL_THRESHOLD = 8L << 20;
  static final long DEFAULT_SPILL_MEMORY = 128L << 20;
  static final long DEFAULT_ROW_GROUP_BYTES = 32L << 20;
  static final long MOST_PUT_BYTES = 5L << 30;
  static final Duration DEFAULT_REQUEST_TIMEOUT = Duration.ofMinutes(2);
  static final int DEFAULT_CONCURRENCY = 64;

  final String bucket;
  final String region;
  final AwsCredentialsProvider credentials;
  S3AsyncClient client;
  URI endpoint;
  KeyPattern prefix = KeyPattern.parse("");
  String manifestPrefix;
  Format format = Format.NDJSON;
  Compression compression = Compression.NONE;
  ZoneId timeZone = ZoneOffset.UTC;
  byte[] rawDelimiter = {'\n'};
  List<Column> csvColumns = List.of();
  char csvDelimiter = ',';
  boolean csvHeader = true;
  String csvNull;
  CsvOptions.Quoting csvQuoting = CsvOptions.Quoting.MINIMAL;
  List<Column> parquetColumns = List.of();
  long rowGroupBytes = DEFAULT_ROW_GROUP_BYTES;
  String suffix;
  int maxPartitions = DEFAULT_MAX_PARTITIONS;
  long multipartThreshold = DEFAULT_MULTIPART_THRESHOLD;
  long partBytes = DEFAULT_PART_BYTES;
  long spillThreshold = DEFAULT_SPILL_THRESHOLD;
  long spillMemory = DEFAULT_SPILL_MEMORY;
  Path spillDirectory = Path.of(System.getProperty("java.io.tmpdir"), "millrace");
  ObjectOptions.Encryption encryption = ObjectOptions.Encryption.BUCKET_DEFAULT;
  String kmsKeyId;
  String storageClass;
  Map<String, String> tags = Map.of();
  Duration requestTimeout = DEFAULT_REQUEST_TIMEOUT;
  int concurrency = DEFAULT_CONCURRENCY;

  S3SinkBuilder(String bucket, String region, AwsCredentialsProvider credentials) {
    this.bucket = checkedBucket(Objects.requireNonNull(bucket, "bucket"));
    this.region = Objects.requireNonNull(region, "region");
    this.credentials = Objects.requireNonNull(credentials, "credentials");
  }

  static String checkedBucket(String bucket) {
    if (!BUCKET.matcher(bucket).matches()) {
      throw new IllegalArgumentException(
          "'" + bucket + "' is no name of a bucket; allowed are " + BUCKET_ALLOWED);
    }
    return bucket;
  }

  /** Where S3 is, if not at the public endpoint of the region; buckets go by path then. */
  public S3SinkBuilder endpoint(URI endpoint) {
    this.endpoint = endpoint;
    return this;
  }

  /** A client in place of the sink's own; not closed by the sink. */
  public S3SinkBuilder client(S3AsyncClient client) {
    this.client = client;
    return this;
  }

  /**
   * What keys begin with: text and {@code !{timestamp:yyyy/MM/dd/HH}} (when the range's first
   * record arrived), {@code !{shardId}}, {@code !{stream}}, {@code !{random-string}}, {@code
   * !{partitionKey:user.country}} (a field of each record). Empty by default.
   *
   * @throws IllegalArgumentException if it is anything else
   */
  public S3SinkBuilder prefix(String prefix) {
    this.prefix = KeyPattern.parse(prefix);
    return this;
  }

  /** The folder of manifests; by default {@code _millrace/} in the folder that the prefix names. */
  public S3SinkBuilder manifestPrefix(String manifestPrefix) {
    this.manifestPrefix = manifestPrefix;
    return this;
  }

  /** NDJSON by default. */
  public S3SinkBuilder format(Format format) {
    this.format = Objects.requireNonNull(format, "format");
    return this;
  }

  /** None by default; every one goes with every format. */
  public S3SinkBuilder compression(Compression compression) {
    this.compression = Objects.requireNonNull(compression, "compression");
    return this;
  }

  /** Of timestamps in the prefix; UTC by default. */
  public S3SinkBuilder timeZone(ZoneId timeZone) {
    this.timeZone = Objects.requireNonNull(timeZone, "timeZone");
    return this;
  }

  /** What stands behind each record of a raw file: a line feed by default, maybe nothing. */
  public S3SinkBuilder rawDelimiter(String delimiter) {
    this.rawDelimiter = delimiter.getBytes(StandardCharsets.UTF_8);
    return this;
  }

  /**
   * The columns of CSV: {@code NAME [required] [from FIELD]} each.
   *
   * @throws IllegalArgumentException if one is anything else
   */
  public S3SinkBuilder csvColumns(List<String> columns) {
    this.csvColumns = Column.csv(columns);
    return this;
  }

  /** A comma by default. */
  public S3SinkBuilder csvDelimiter(char delimiter) {
    if (delimiter == '"' || delimiter == '\n' || delimiter == '\r') {
      throw new IllegalArgumentException("A quote or a line break cannot stand between columns");
    }
    this.csvDelimiter = delimiter;
    return this;
  }

  /** Whether the first line names the columns; true by default. */
  public S3SinkBuilder csvHeader(boolean header) {
    this.csvHeader = header;
    return this;
  }

  /** Format, compression and columns, as files of a layout have them: CSV without a header. */
  public S3SinkBuilder layout(RecordFiles.Layout layout) {
    csvNull = layout.csvNull();
    csvColumns = layout.format() == Format.CSV ? layout.columns() : List.of();
    parquetColumns = layout.format() == Format.PARQUET ? layout.columns() : List.of();
    return csvHeader(false).format(layout.format()).compression(layout.compression());
  }

  S3SinkBuilder csvQuoting(CsvOptions.Quoting quoting) {
    this.csvQuoting = quoting;
    return this;
  }

  /** Puts every value of CSV in quotes, or only those that need it, the default. */
  public S3SinkBuilder csvQuoteAll(boolean all) {
    return csvQuoting(all ? CsvOptions.Quoting.ALL : CsvOptions.Quoting.MINIMAL);
  }

  /**
   * The columns of Parquet: {@code NAME TYPE [required] [from FIELD]} each; types are string, int,
   * long, float, double, boolean, binary, timestamp, date, decimal(P,S), json.
   *
   * @throws IllegalArgumentException if one is anything else
   */
  public S3SinkBuilder parquetColumns(List<String> columns) {
    this.parquetColumns = Column.parquet(columns);
    return this;
  }

  /** Bytes of a row group of Parquet, which are held in memory; 32 MiB by default. */
  public S3SinkBuilder rowGroupBytes(long bytes) {
    this.rowGroupBytes = positive("rowGroupBytes", bytes);
    return this;
  }

  /** What keys end with; by default {@code .ndjson.gz} and the like. */
  public S3SinkBuilder suffix(String suffix) {
    this.suffix = suffix;
    return this;
  }

  /** The most partitions that one range may make, apart from the one for all others; 500. */
  public S3SinkBuilder maxPartitions(int partitions) {
    this.maxPartitions = Math.toIntExact(positive("maxPartitions", partitions));
    return this;
  }

  /** Objects with more bytes go in parts; 64 MiB by default. */
  public S3SinkBuilder multipartThreshold(long bytes) {
    this.multipartThreshold = positive("multipartThreshold", bytes);
    return this;
  }

  /** Bytes of a part, at least 5 MiB; 16 MiB by default, more where parts would be too many. */
  public S3SinkBuilder partBytes(long bytes) {
    this.partBytes = positive("partBytes", bytes);
    return this;
  }

  /** Bytes of an object that stay in memory; 8 MiB by default. */
  public S3SinkBuilder spillThreshold(long bytes) {
    this.spillThreshold = bytes;
    return this;
  }

  /** Bytes of all objects together that stay in memory; 128 MiB by default. */
  public S3SinkBuilder spillMemory(long bytes) {
    this.spillMemory = bytes;
    return this;
  }

  /** Where the rest is kept until it is stored; the machine's temporary folder by default. */
  public S3SinkBuilder spillDirectory(Path directory) {
    this.spillDirectory = Objects.requireNonNull(directory, "directory");
    return this;
  }

  S3SinkBuilder encryption(ObjectOptions.Encryption encryption) {
    this.encryption = encryption;
    return this;
  }

  /** Keys of S3 encrypt (SSE-S3), whatever the bucket is set to. */
  public S3SinkBuilder encryptedByS3() {
    return encryption(ObjectOptions.Encryption.S3);
  }

  /**
   * A key of KMS encrypts (SSE-KMS).
   *
   * @param keyId null for the account's default key
   */
  public S3SinkBuilder encryptedByKms(String keyId) {
    this.kmsKeyId = keyId;
    return encryption(ObjectOptions.Encryption.KMS);
  }

  /** Null, the default, for the bucket's. */
  public S3SinkBuilder storageClass(String storageClass) {
    this.storageClass = storageClass;
    return this;
  }

  /** Tags of every object, at most ten. */
  public S3SinkBuilder tags(Map<String, String> tags) {
    this.tags = new LinkedHashMap<>(tags);
    return this;
  }

  /** How long one attempt of a request may take, its body included; 2 minutes by default. */
  public S3SinkBuilder requestTimeout(Duration timeout) {
    this.requestTimeout = Objects.requireNonNull(timeout, "timeout");
    return this;
  }

  /** Requests at a time; 64 by default. */
  public S3SinkBuilder concurrency(int concurrency) {
    this.concurrency = Math.toIntExact(positive("concurrency", concurrency));
    return this;
  }

  /**
   * @throws IllegalArgumentException if values do not go together; the message names the key
   */
  public S3Sink build() {
    problem()
        .ifPresent(
            p -> {
              throw new IllegalArgumentException(p.key().name() + ": " + p.why());
            });
    return new S3Sink(this);
  }

  /** A value that does not go with the others. */
  record Problem(Key<?> key, String why) {}

  Optional<Problem> problem() {
    if (format == Format.CSV && csvColumns.isEmpty()) {
      return problem(
          S3Keys.CSV_COLUMNS, "format csv needs it: " + Column.ALLOWED_CSV + ", in their order");
    }
    if (format == Format.PARQUET && parquetColumns.isEmpty()) {
      return problem(
          S3Keys.PARQUET_COLUMNS,
          "format parquet needs it: "
              + Column.ALLOWED_PARQUET
              + "; types are "
              + ColumnType.ALLOWED);
    }
    if (prefix.isDynamic() && format == Format.RAW) {
      return problem(
          S3Keys.PREFIX,
          "!{partitionKey:...} reads fields of JSON, and format is raw, which may be anything;"
              + " write ndjson, or take the expression out");
    }
    if (partBytes < ObjectStore.LEAST_PART_BYTES) {
      return problem(
          S3Keys.PART_SIZE, "S3 takes no part below 5 MiB, and it is " + Key.sizeText(partBytes));
    }
    if (multipartThreshold > MOST_PUT_BYTES) {
      return problem(
          S3Keys.MULTIPART_THRESHOLD,
          "S3 takes no more than 5 GiB at once, and it is " + Key.sizeText(multipartThreshold));
    }
    if (kmsKeyId != null && encryption != ObjectOptions.Encryption.KMS) {
      return problem(S3Keys.KMS_KEY_ID, "it goes with encryption kms only");
    }
    return longestNames();
  }

  private static Optional<Problem> problem(Key<?> key, String why) {
    return Optional.of(new Problem(key, why));
  }

  /** Names of the longest stream and shard there may be; a range could not be refused later. */
  private Optional<Problem> longestNames() {
    int key = 0;
    int name = 0;
    // names of months and days differ in length
    for (int day = 0; day < 366; day++) {
      RangeStart longest =
          new RangeStart(
              "s".repeat(128),
              "s".repeat(128),
              Checkpoint.at(
                  SequenceNumber.of("9".repeat(SequenceNumber.MAX_DIGITS)), Long.MAX_VALUE),
              Instant.EPOCH.plus(Duration.ofDays(day)),
              Instant.EPOCH);
      RangeName names = nameFor(longest);
      key = Math.max(key, RangeName.bytes(names.commitKey()));
      if (names.isManifest()) {
        String head =
            names.dataKey(
                KeyPattern.parse(names.dataPrefix()).forOverflow(),
                longest,
                "0".repeat(16),
                999_999);
        key = Math.max(key, RangeName.bytes(head));
      }
      name = Math.max(name, names.text().length());
      if (!prefix.hasTimestamp()) {
        break;
      }
    }
    if (key > RangeName.MAX_KEY_BYTES) {
      return problem(
          S3Keys.PREFIX,
          "keys could have "
              + key
              + " bytes with the longest names of streams and shards, and S3 takes 1024; shorten"
              + " it by "
              + (key - RangeName.MAX_KEY_BYTES));
    }
    if (name > MAX_NAME_CHARACTERS) {
      return problem(
          S3Keys.PREFIX,
          "what has to be remembered of a range could have "
              + name
              + " characters, and 1024 are kept; shorten prefix and manifestPrefix by "
              + (name - MAX_NAME_CHARACTERS)
              + " together");
    }
    return Optional.empty();
  }

  RangeName nameFor(RangeStart start) {
    KeyPattern filled = prefix.forRange(start, timeZone);
    String end = suffix == null ? format.suffix(compression) : suffix;
    String identity = RangeName.identity(start);
    return prefix.isDynamic()
        ? new RangeName(
            bucket, manifestsPrefix() + identity + ".json", format, compression, filled.text(), end)
        : new RangeName(bucket, filled.text() + identity + end, format, compression, null, end);
  }

  /** The folder of everything that is no data. */
  String bookkeepingPrefix() {
    if (manifestPrefix != null) {
      return manifestPrefix;
    }
    String head = prefix.literalHead();
    return head.substring(0, head.lastIndexOf('/') + 1) + "_millrace/";
  }

  String manifestsPrefix() {
    return bookkeepingPrefix() + "manifests/";
  }

  String exclusionsPrefix() {
    return bookkeepingPrefix() + "exclusions/";
  }

  /**
   * The format of a range, which may have been prepared with another configuration.
   *
   * @throws SinkException if this one does not know the columns
   */
  ObjectFormat<?> objectFormat(Format wanted, Compression how) {
    List<Column> columns = wanted == Format.CSV ? csvColumns : parquetColumns;
    if (Format.withColumns().contains(wanted) && columns.isEmpty()) {
      throw SinkException.needsSomebody(
          "A range was prepared as "
              + Key.show(wanted)
              + " before the configuration was changed, and has to be finished so: name the columns"
              + " of "
              + Key.show(wanted)
              + " beside the new format until it is",
          null);
    }
    return switch (wanted) {
      case RAW -> new RawFormat(how, rawDelimiter);
      case NDJSON -> new NdjsonFormat(how);
      case CSV ->
          new CsvFormat(
              how, new CsvOptions(csvColumns, csvDelimiter, csvHeader, csvQuoting, csvNull));
      case PARQUET -> new ParquetFormat(how, parquetColumns, rowGroupBytes);
    };
  }

  /** The given client, or a new one, which whoever asks has to close. */
  S3AsyncClient openClient() {
    return client == null
        ? S3Clients.open(region, endpoint, credentials, concurrency, requestTimeout)
        : client;
  }

  ObjectOptions options() {
    return new ObjectOptions(encryption, kmsKeyId, storageClass, tags);
  }

  private static long positive(String name, long value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " must be positive, but is " + value);
    }
    return value;
  }
}
