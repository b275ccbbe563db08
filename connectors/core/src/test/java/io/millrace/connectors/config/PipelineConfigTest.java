package io.millrace.connectors.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PipelineConfigTest {

  private static final Map<String, String> ENVIRONMENT =
      Map.of("BUCKET", "from-environment", "EMPTY", "");

  @TempDir private Path directory;

  private PipelineConfig read(String name, String text) throws IOException {
    return PipelineConfig.read(
        Files.writeString(directory.resolve(name), text), FakeSink.modules(), ENVIRONMENT::get);
  }

  private PipelineConfig yaml(String text) throws IOException {
    return read("a.yaml", "source: {stream: clicks, application: app}\n" + text);
  }

  private PipelineConfig properties(String text) throws IOException {
    return read("a.properties", text);
  }

  @Test
  void a_yaml_file_says_everything() throws IOException {
    Files.writeString(directory.resolve("password"), "very-secret\n");
    PipelineConfig config =
        read(
            "all.yml",
            """
            source:
              stream: arn:aws:kinesis:eu-west-1:123456789012:stream/clicks
              application: clicks-to-s3
              startAt: 2026-11-01T12:00:00+01:00
              kinesisEndpoint: kinesis.example.com:8443
              failoverTime: 10 s
            transform:
              - gunzip
              - pick: [id, name]
              - rename: {id: key}
            filter:
              - jmespath: "name"
            buffer: {records: 500, bytes: 5 MiB, age: 90 s, workerBytes: 1 GiB}
            retry: {attempts: 5, age: 1 h}
            sink:
              type: s3
              bucket: ${env:BUCKET}
              password: ${file:password}
              tags:
                team: ${env:TEAM:-none}
                nested: {a: [1, 2]}
              columns: [a, b]
            deadLetter: {type: file, directory: dead}
            checkpoint: {interval: 5 s}
            metrics: {log: 1 m}
            local: {shards: 2, data: users.txt}
            """);

    assertThat(config.source().get(PipelineKeys.Source.START_AT))
        .isEqualTo(new StartAt.Time(Instant.parse("2026-11-01T11:00:00Z")));
    assertThat(config.source().get(PipelineKeys.Source.KINESIS_ENDPOINT))
        .hasToString("https://kinesis.example.com:8443");
    assertThat(config.transform())
        .extracting(Chosen::name)
        .containsExactly("gunzip", "pick", "rename");
    assertThat(config.filter()).extracting(Chosen::name).containsExactly("jmespath");
    assertThat(config.buffer().get(PipelineKeys.Buffer.BYTES)).isEqualTo(5L << 20);
    assertThat(config.buffer().get(PipelineKeys.Buffer.AGE)).isEqualTo(Duration.ofSeconds(90));
    assertThat(config.retry().get(PipelineKeys.Retry.ATTEMPTS)).isEqualTo(5);
    Values sink = config.sink().values();
    assertThat(sink.get(FakeSink.BUCKET)).isEqualTo("from-environment");
    assertThat(sink.get(FakeSink.PASSWORD)).isEqualTo("very-secret");
    assertThat(sink.get(FakeSink.TAGS))
        .isEqualTo(Map.of("team", "none", "nested", Map.of("a", List.of("1", "2"))));
    assertThat(sink.get(FakeSink.COLUMNS)).containsExactly("a", "b");
    assertThat(config.deadLetter()).map(Chosen::name).contains("file");
    assertThat(config.metrics().find(PipelineKeys.Metrics.LOG)).contains(Duration.ofMinutes(1));
    assertThat(config.warnings()).isEmpty();
    assertThat(config.toString()).doesNotContain("secret");
  }

  @Test
  void the_least_file_has_defaults() throws IOException {
    PipelineConfig config = yaml("sink: {type: s3, bucket: b}\n");

    assertThat(config.source().get(PipelineKeys.Source.START_AT))
        .isEqualTo(new StartAt.TrimHorizon());
    assertThat(config.source().get(PipelineKeys.Source.FAILOVER_TIME))
        .isEqualTo(Duration.ofSeconds(6));
    assertThat(config.buffer().get(PipelineKeys.Buffer.RECORDS)).isEqualTo(1_000);
    assertThat(config.retry().find(PipelineKeys.Retry.ATTEMPTS)).isEmpty();
    assertThat(config.deadLetter()).isEmpty();
    assertThat(config.transform()).isEmpty();
  }

  @Test
  void a_dollar_can_be_written_and_an_empty_default_is_one() throws IOException {
    PipelineConfig config =
        yaml("sink: {type: s3, bucket: \"a$${b}$c${env:NONE:-}${env:EMPTY}d\"}\n");

    assertThat(config.sink().values().get(FakeSink.BUCKET)).isEqualTo("a${b}$cd");
  }

  @Test
  void what_an_old_file_leaves_out_is_what_the_old_library_took() throws IOException {
    PipelineConfig config =
        properties("connectorDestination = s3\nkinesisInputStream = clicks\ns3Bucket = b\n");

    assertThat(config.source().get(PipelineKeys.Source.APPLICATION)).isEqualTo("KinesisConnector");
    assertThat(config.source().get(PipelineKeys.Source.REGION)).isEqualTo("us-east-1");
    assertThat(config.source().get(PipelineKeys.Source.FAILOVER_TIME))
        .isEqualTo(Duration.ofSeconds(30));
    assertThat(config.buffer().get(PipelineKeys.Buffer.RECORDS)).isEqualTo(1_000);
    assertThat(config.buffer().get(PipelineKeys.Buffer.BYTES)).isEqualTo(1_048_576);
    assertThat(config.buffer().get(PipelineKeys.Buffer.AGE)).isEqualTo(Duration.ofHours(1));
    assertThat(config.retry().get(PipelineKeys.Retry.ATTEMPTS)).isEqualTo(3);
    assertThat(config.retry().get(PipelineKeys.Retry.BACKOFF)).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void a_file_of_the_old_library_is_read_as_it_is() throws IOException {
    PipelineConfig config =
        properties(
            """
            ! comments of both kinds
            # and a \\
            appName = clicks\\
              -to-dynamodb
            regionName:eu-west-1
            kinesisInputStream cli\\u0063ks
            kinesisEndpoint = kinesis.eu-west-1.amazonaws.com
            dynamoDBDataTableName = rows
            dynamoDBEndpoint = https\\://dynamodb.eu-west-1.amazonaws.com
            bufferRecordCountLimit = 25\t
            bufferMillisecondsLimit = 5000
            initialPositionInStream = LATEST
            kinesisInputStreamShardCount = 2
            inputStreamFile = users.txt
            """);

    assertThat(config.source().get(PipelineKeys.Source.APPLICATION))
        .isEqualTo("clicks-to-dynamodb");
    assertThat(config.source().get(PipelineKeys.Source.STREAM)).isEqualTo("clicks");
    assertThat(config.source().get(PipelineKeys.Source.KINESIS_ENDPOINT))
        .hasToString("https://kinesis.eu-west-1.amazonaws.com");
    assertThat(config.source().get(PipelineKeys.Source.START_AT)).isEqualTo(new StartAt.Latest());
    assertThat(config.sink().name()).isEqualTo("dynamodb");
    assertThat(config.sink().values().get(FakeSink.FakeDynamoDb.TABLE)).isEqualTo("rows");
    assertThat(config.buffer().get(PipelineKeys.Buffer.RECORDS)).isEqualTo(25);
    assertThat(config.buffer().get(PipelineKeys.Buffer.AGE)).isEqualTo(Duration.ofSeconds(5));
    assertThat(config.local().get(PipelineKeys.Local.SHARDS)).isEqualTo(2);
    assertThat(config.local().get(PipelineKeys.Local.DATA)).isEqualTo("users.txt");
    assertThat(config.warnings()).isEmpty();
  }

  @Test
  void every_name_of_the_old_library_is_accepted_and_what_means_nothing_is_said_once()
      throws IOException {
    StringBuilder text = new StringBuilder();
    Set<String> said = new HashSet<>();
    for (OldKey<?> old : OldKey.all()) {
      String name = old.key().name();
      if (!said.add(name)) {
        continue; // it is there for two destinations
      }
      String value =
          switch (name) {
            case "connectorDestination" -> "s3";
            case "createDynamoDBDataTable", "createRedshiftDataTable" -> "true";
            case "kinesisInputStream" -> "clicks";
            case "parentShardPollInterval", "shardSyncInterval" -> "10000";
            default -> old.key().defaultValue().map(Key::show).orElse("something");
          };
      text.append(name).append(" = ");
      text.append(name.equals("initialPositionInStream") ? "TRIM_HORIZON" : value).append('\n');
    }

    PipelineConfig config = properties(text.toString());

    assertThat(config.warnings()).hasSize(1);
    assertThat(config.warnings().get(0))
        .startsWith(
            directory.resolve("a.properties") + ": these keys mean nothing here and are ignored: ")
        .contains("cloudWatchNamespace (line ", "redshiftURL (line ", "dynamoDBEndpoint (line ")
        .doesNotContain("s3Bucket", "bufferByteSizeLimit");
  }

  @Test
  void both_ends_of_what_an_old_number_may_be_are_allowed_by_the_key_that_it_becomes()
      throws IOException {
    for (OldKey<?> old : OldKey.all()) {
      String[] bounds = old.key().allowed().split("from ");
      if (bounds.length == 2) {
        for (String bound : bounds[1].split(" to ")) {
          String text =
              "connectorDestination = s3\nkinesisInputStream = clicks\ns3Bucket = b\n"
                  + "buffer.workerBytes = 6 GiB\n"
                  + old.key().name()
                  + " = "
                  + bound
                  + "\n";
          assertThat(properties(text)).as(text).isNotNull();
        }
      }
    }
  }

  @Test
  void a_property_file_can_say_everything_in_the_names_of_the_yaml_form() throws IOException {
    PipelineConfig config =
        properties(
            """
            source.stream = clicks
            source.application = app
            transform.2.pick = id, name
            transform.1 = gunzip
            transform.10.flatten = .
            sink.type = s3
            sink.bucket = b
            sink.columns = a, b
            sink.tags.team = clicks
            filter.1.jmespath = contains(keys(@), 'id')
            deadLetter.type = skip
            """);

    assertThat(config.transform())
        .extracting(Chosen::name)
        .containsExactly("gunzip", "pick", "flatten");
    assertThat(config.sink().values().get(FakeSink.COLUMNS)).containsExactly("a", "b");
    assertThat(config.sink().values().get(FakeSink.TAGS)).isEqualTo(Map.of("team", "clicks"));
    assertThat(config.source().get(PipelineKeys.Source.FAILOVER_TIME))
        .as("no name of the old library, none of its defaults")
        .isEqualTo(Duration.ofSeconds(6));
    assertThat(config.source().find(PipelineKeys.Source.REGION)).isEmpty();
  }

  @Test
  void an_arn_in_an_old_file_says_the_region() throws IOException {
    PipelineConfig config =
        properties(
            "kinesisInputStream = arn:aws:kinesis:eu-west-1:123456789012:stream/c\ns3Bucket = b\n");

    assertThat(config.source().find(PipelineKeys.Source.REGION)).isEmpty();
    assertThat(config.sink().name()).isEqualTo("s3");
  }

  @Test
  void an_old_file_may_be_in_the_old_encoding() throws IOException {
    Path file =
        Files.write(
            directory.resolve("old.properties"),
            "# größe\nkinesisInputStream = clicks\ns3Bucket = b\n"
                .getBytes(StandardCharsets.ISO_8859_1));

    assertThat(PipelineConfig.read(file, FakeSink.modules(), ENVIRONMENT::get)).isNotNull();
  }

  @Test
  void a_value_that_is_refused_later_has_its_line_too() throws IOException {
    PipelineConfig config = yaml("sink:\n  type: s3\n  bucket: b\n");

    assertThat(config.sink().values().refuse(FakeSink.BUCKET, "it is gone"))
        .hasMessage(directory.resolve("a.yaml") + ":4: sink.bucket: it is gone");
    assertThat(config.sink().values().refuse(FakeSink.PASSWORD, "it is needed"))
        .hasMessage(directory.resolve("a.yaml") + ":2: sink.password: it is needed");
  }
}
