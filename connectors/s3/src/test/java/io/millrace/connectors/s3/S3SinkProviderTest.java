package io.millrace.connectors.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.connectors.application.ConnectorApplication;
import io.millrace.connectors.config.Chosen;
import io.millrace.connectors.config.ConfigException;
import io.millrace.connectors.config.DeadLetterProvider;
import io.millrace.connectors.config.Finding;
import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.Modules;
import io.millrace.connectors.config.PipelineConfig;
import io.millrace.connectors.config.Section;
import io.millrace.connectors.config.SinkProvider;
import io.millrace.connectors.config.Surroundings;
import io.millrace.connectors.config.Values;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Commit;
import io.millrace.connectors.sink.RecordRange;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class S3SinkProviderTest {

  @TempDir Path directory;

  /** As a file's parser makes them. */
  static Values values(Section section, Map<String, Object> texts) {
    Map<String, Object> read = new LinkedHashMap<>();
    for (Key<?> key : section.keys()) {
      if (texts.containsKey(key.name())) {
        try {
          read.put(key.name(), key.read(texts.get(key.name())));
        } catch (IllegalArgumentException e) {
          throw new ConfigException(
              key.name() + ": " + e.getMessage() + "; allowed is " + key.allowed(), e);
        }
      }
    }
    return new Values(
        section, read, (key, why) -> new ConfigException("file:7: " + key.name() + ": " + why));
  }

  private Surroundings surroundings() {
    return new Surroundings(
        "us-east-1", LocalS3.CREDENTIALS, Map.of("s3", LocalS3.endpoint()), directory, "worker");
  }

  private static String refusal(String... keysAndTexts) {
    Map<String, Object> texts = new LinkedHashMap<>();
    texts.put("bucket", "logs");
    for (int i = 0; i < keysAndTexts.length; i += 2) {
      texts.put(
          keysAndTexts[i],
          keysAndTexts[i].endsWith("Columns")
              ? List.of(keysAndTexts[i + 1].split(";"))
              : keysAndTexts[i + 1]);
    }
    try {
      new S3SinkProvider().explain(values(S3Keys.SINK, texts));
    } catch (ConfigException e) {
      return e.getMessage();
    }
    throw new AssertionError("it was accepted");
  }

  @Test
  void config_files_find_sink_and_dead_letters() {
    assertThat(ServiceLoader.load(SinkProvider.class))
        .hasAtLeastOneElementOfType(S3SinkProvider.class);
    assertThat(ServiceLoader.load(DeadLetterProvider.class))
        .hasAtLeastOneElementOfType(S3DeadLetterProvider.class);
    assertThat(new S3SinkProvider().section().name()).isEqualTo("s3");
  }

  @Test
  void values_that_are_not_allowed_are_refused_with_what_is() {
    assertThat(refusal("bucket", "s3://logs"))
        .isEqualTo(
            "bucket: it is a URL; write the name alone, and the rest in prefix; allowed is 3 to 63"
                + " lower-case letters, digits, hyphens and dots, without s3:// in front");
    assertThat(refusal("prefix", "a/!{shard}/"))
        .isEqualTo(
            "prefix: !{shard} is not known; allowed is "
                + KeyPattern.ALLOWED
                + "; allowed is "
                + KeyPattern.ALLOWED);
    assertThat(refusal("format", "avro"))
        .isEqualTo("format: it is none of them; allowed is raw, ndjson, csv, parquet");
    assertThat(refusal("compression", "lz4"))
        .isEqualTo("compression: it is none of them; allowed is none, gzip, zstd, snappy");
    assertThat(refusal("timeZone", "Europe/Berlín"))
        .isEqualTo(
            "timeZone: there is no such zone; allowed is a zone such as UTC, Europe/Berlin or"
                + " +02:00");
    assertThat(refusal("csvDelimiter", "||"))
        .isEqualTo(
            "csvDelimiter: it is not one character; allowed is one character, or \\t; no quote and"
                + " no line break");
    assertThat(refusal("partSize", "1 MiB"))
        .isEqualTo(
            "partSize: it is too small; allowed is a size such as 512 KiB or 5 MiB, from 5 MiB to 5"
                + " GiB");
    assertThat(refusal("storageClass", "COLD"))
        .startsWith("storageClass: there is no such storage class; allowed is ")
        .contains("STANDARD_IA");
    assertThat(refusal("endpoint", "localhost:9000"))
        .isEqualTo(
            "endpoint: it is no URL of a server; allowed is a URL such as http://127.0.0.1:9000");
    assertThat(refusal("manifestPrefix", "m"))
        .isEqualTo(
            "manifestPrefix: it does not end with '/'; allowed is a folder, with '/' at its end");
    assertThat(refusal("rawDelimiter", "\\x"))
        .startsWith("rawDelimiter: a \\ stands before something else; allowed is characters");
    assertThat(refusal("maxPartitions", "0"))
        .isEqualTo("maxPartitions: it is too small; allowed is a whole number from 1 to 10000");
  }

  @Test
  void values_that_do_not_go_together_are_refused_with_file_and_line() {
    assertThat(refusal("format", "csv"))
        .isEqualTo(
            "file:7: csvColumns: format csv needs it: columns such as 'user', 'user required',"
                + " 'user from u.name', in their order");
    assertThat(refusal("format", "parquet"))
        .isEqualTo(
            "file:7: parquetColumns: format parquet needs it: columns such as 'user string',"
                + " 'clicks long required', 'country string from geo.country'; types are string,"
                + " int, long, float, double, boolean, binary, timestamp, date, decimal(P,S), json");
    assertThat(refusal("format", "raw", "prefix", "!{partitionKey:a}/"))
        .isEqualTo(
            "file:7: prefix: !{partitionKey:...} reads fields of JSON, and format is raw, which may"
                + " be anything; write ndjson, or take the expression out");
    assertThat(refusal("kmsKeyId", "alias/a"))
        .isEqualTo("file:7: kmsKeyId: it goes with encryption kms only");
    assertThat(refusal("prefix", "p".repeat(700)))
        .isEqualTo(
            "file:7: prefix: keys could have 1117 bytes with the longest names of streams and"
                + " shards, and S3 takes 1024; shorten it by 93");
    assertThat(refusal("prefix", "p".repeat(300) + "/!{partitionKey:a}/"))
        .startsWith("file:7: prefix: what has to be remembered of a range could have ");
  }

  @Test
  void columns_that_are_not_understood_are_refused() {
    assertThat(refusal("format", "csv", "csvColumns", "a form b"))
        .isEqualTo(
            "file:7: csvColumns: the column 'a form b': 'form b' is not understood; write NAME"
                + " [required] [from FIELD]");
    assertThat(refusal("format", "csv", "csvColumns", "a;a"))
        .isEqualTo("file:7: csvColumns: the column a is there twice");
    assertThat(refusal("format", "parquet", "parquetColumns", "a"))
        .isEqualTo(
            "file:7: parquetColumns: the column 'a' has no type; types are " + ColumnType.ALLOWED);
    assertThat(refusal("format", "parquet", "parquetColumns", "a varchar"))
        .isEqualTo(
            "file:7: parquetColumns: the column 'a varchar': 'varchar' is no type; types are "
                + ColumnType.ALLOWED);
    assertThat(refusal("format", "parquet", "parquetColumns", "a decimal(50,2)"))
        .isEqualTo(
            "file:7: parquetColumns: the column 'a decimal(50,2)': decimal(50,2) is no type: a"
                + " decimal has 1 to 38 digits, and no more behind the point");
    assertThat(refusal("format", "parquet", "parquetColumns", "a.b string"))
        .isEqualTo(
            "file:7: parquetColumns: the column 'a.b string': a name has letters, digits, _ and -; a"
                + " field of another name is said with 'from'");
  }

  @Test
  void a_builder_says_the_same() {
    S3SinkBuilder builder = LocalS3.sink("logs").format(Format.CSV);

    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("csvColumns: format csv needs it");
    assertThatThrownBy(() -> LocalS3.sink("Logs"))
        .hasMessageStartingWith("'Logs' is no name of a bucket");
  }

  @Test
  void a_sink_of_a_file_stores() throws Exception {
    String bucket = LocalS3.newBucket();
    Values values =
        values(
            S3Keys.SINK,
            Map.of(
                "bucket",
                bucket,
                "format",
                "csv",
                "csvColumns",
                List.of("a"),
                "csvDelimiter",
                "\\t",
                "csvHeader",
                "false",
                "csvQuoting",
                "all",
                "spillDirectory",
                "spill",
                "spillThreshold",
                "0",
                "suffix",
                ".tsv",
                "tags",
                Map.of("a", "b")));
    try (S3Sink sink = (S3Sink) new S3SinkProvider().open(values, surroundings())) {
      RecordRange<Message> range = Ranges.range(sink, "{\"a\":1}");
      Commit commit = sink.commit(range).toCompletableFuture().get(30, TimeUnit.SECONDS);

      assertThat(commit.byThisCall()).isTrue();
      String key = LocalS3.keys(bucket).get(0);
      assertThat(key).endsWith(".tsv");
      assertThat(LocalS3.get(bucket, key)).asString().isEqualTo("\"1\"\n");
      assertThat(directory.resolve("spill")).isNotEmptyDirectory();
    }
    assertThat(directory.resolve("spill")).isEmptyDirectory();
  }

  @Test
  void an_error_prefix_stands_for_a_section_of_dead_letters_in_the_same_bucket() throws Exception {
    String bucket = LocalS3.newBucket();
    PipelineConfig config = config(bucket, "sink.errorPrefix = errors/");
    Chosen<DeadLetterProvider> letters = config.deadLetter().orElseThrow();

    try (S3DeadLetters destination =
        (S3DeadLetters) letters.provider().open(letters.values(), surroundings())) {
      destination.store(S3DeadLettersTest.letter(1, "s", "e")).toCompletableFuture().get();
    }
    assertThat(LocalS3.keys(bucket))
        .containsExactly(
            "errors/clicks/s/"
                + RangeName.position(S3DeadLettersTest.letter(1, "s", "e").position())
                + ".json");
    assertThat(ConnectorApplication.explain(config))
        .contains(
            "Dead letters become objects s3://"
                + bucket
                + "/errors/STREAM/SHARD/POSITION.json, each with its payload, error and position as"
                + " JSON.")
        .noneMatch(sentence -> sentence.startsWith("There is no deadLetter"));
    assertThat(config(bucket, "").deadLetter()).isEmpty();
  }

  @Test
  void an_error_prefix_beside_a_section_of_dead_letters_is_refused() {
    assertThatThrownBy(() -> config("logs", "sink.errorPrefix = errors/\ndeadLetter.type = skip"))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            directory.resolve("a.properties")
                + ":5: sink.errorPrefix: the file has a section deadLetter too, and dead letters go"
                + " to one place; say one of them");
    assertThatThrownBy(() -> config("", "sink.errorPrefix = errors/\ndeadLetter.type = skip"))
        .as("with other mistakes")
        .hasMessageContaining(":4: sink.bucket: has no value")
        .hasMessageContaining(":5: sink.errorPrefix: the file has a section deadLetter too");
  }

  private PipelineConfig config(String bucket, String lines) throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("a.properties"),
            "source.stream = clicks\nsource.application = app\nsink.type = s3\nsink.bucket = "
                + bucket
                + "\n"
                + lines
                + "\n");
    return PipelineConfig.read(file, Modules.installed(), name -> null);
  }

  @Test
  void check_finds_a_good_bucket_good_and_leaves_nothing() {
    String bucket = LocalS3.newBucket();

    List<Finding> findings =
        new S3SinkProvider()
            .check(
                values(S3Keys.SINK, Map.of("bucket", bucket, "prefix", "logs/!{shardId}/")),
                surroundings());

    assertThat(findings).allMatch(Finding::ok).hasSize(4);
    assertThat(findings.get(0).text())
        .isEqualTo("Bucket " + bucket + " is there, in region us-east-1.");
    assertThat(findings.get(2).text()).contains("an upload was begun and aborted");
    assertThat(LocalS3.keys(bucket)).isEmpty();
    assertThat(LocalS3.openUploads(bucket)).isEmpty();
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void check_says_what_to_do_about_a_missing_bucket() {
    assertThat(
            new S3SinkProvider()
                .check(values(S3Keys.SINK, Map.of("bucket", "not-there")), surroundings()))
        .first()
        .isEqualTo(
            Finding.bad(
                "There is no bucket not-there: create it, or name another one with bucket."));
  }

  @Test
  void check_says_what_is_not_allowed() throws Exception {
    String bucket = LocalS3.newBucket();
    try (FaultProxy proxy = new FaultProxy(LocalS3.endpoint())) {
      proxy.refuse("POST /" + bucket + "/_millrace/check?uploads", 403, "AccessDenied");
      Surroundings guarded =
          new Surroundings(
              "us-east-1",
              LocalS3.CREDENTIALS,
              Map.of("s3", URI.create(proxy.endpoint().toString())),
              directory,
              "worker");

      List<Finding> findings =
          new S3SinkProvider().check(values(S3Keys.SINK, Map.of("bucket", bucket)), guarded);

      assertThat(findings.get(2))
          .isEqualTo(
              Finding.bad(
                  "Could not begin and abort an upload to s3://"
                      + bucket
                      + "/_millrace/check: S3 says 403 AccessDenied (planted); these credentials need"
                      + " s3:PutObject, s3:GetObject, s3:AbortMultipartUpload and s3:ListBucket (with"
                      + " tags also s3:PutObjectTagging) on bucket "
                      + bucket));
    }
  }

  @Test
  void explain_speaks_in_sentences() {
    List<String> sentences =
        new S3SinkProvider()
            .explain(
                values(
                    S3Keys.SINK,
                    Map.of(
                        "bucket",
                        "logs",
                        "prefix",
                        "!{timestamp:yyyy}/!{partitionKey:user}/",
                        "compression",
                        "gzip",
                        "timeZone",
                        "Europe/Berlin")));

    assertThat(sentences)
        .startsWith(
            "Stores records as lines of JSON, compressed with gzip, in bucket logs.",
            "Each range of a shard becomes one object for each value of user, 500 at most and one"
                + " for the rest, under keys"
                + " !{timestamp:yyyy}/!{partitionKey:user}/STREAM-SHARD-POSITION-WRITER-ATTEMPT.ndjson.gz.",
            "A manifest below _millrace/manifests/ commits a range; readers honour only objects that"
                + " a manifest names.",
            "Times in keys are when a range's first record arrived, in Europe/Berlin.");
  }
}
