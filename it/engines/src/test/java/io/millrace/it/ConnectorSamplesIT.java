package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Config files as users run them: real processes, on embedded services. */
@Tag("heavy")
class ConnectorSamplesIT {

  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Path SAMPLES = Path.of("..", "..", "samples");

  @TempDir Path folder;

  private Process process;

  @AfterEach
  void end() {
    if (process != null) {
      process.destroyForcibly();
    }
  }

  @Test
  void the_old_librarys_s3_sample_makes_objects() throws Exception {
    start("run", SAMPLES.resolve("s3.properties").toString(), "--local");

    assertThat(finished())
        .contains("Read 60 records: 0 filtered out, 0 dead; stored 60.")
        .contains("S3 bucket kinesis-to-s3-sample: ")
        .contains("\"name\": \"ada\"");
  }

  @Test
  void the_yaml_s3_sample_makes_compressed_objects_of_what_the_filter_keeps() throws Exception {
    start("run", SAMPLES.resolve("s3.yaml").toString(), "--local");

    assertThat(finished())
        .contains("Read 60 records: 32 filtered out, 0 dead; stored 28.")
        .containsPattern("  clicks/\\d{4}/\\d{2}/\\d{2}/\\d{2}/\\S+\\.ndjson\\.gz  ")
        .contains("\"likes_sports\":true")
        .doesNotContain("\"likes_sports\":false");
  }

  @Test
  void the_old_librarys_dynamodb_sample_makes_rows() throws Exception {
    start("run", SAMPLES.resolve("dynamodb.properties").toString(), "--local");

    assertThat(finished()).contains("DynamoDB table kinesisTable: 60 rows");
  }

  @Test
  void the_yaml_dynamodb_sample_makes_rows_of_the_fields_that_it_picks() throws Exception {
    start("run", SAMPLES.resolve("dynamodb.yaml").toString(), "--local");

    assertThat(finished())
        .contains("Read 60 records: 0 filtered out, 0 dead; stored 60.")
        .contains("DynamoDB table users: 60 rows")
        .contains("  city=Bergen  likes={sports=true}  name=ada  user_id=1000")
        .doesNotContain("age=");
  }

  @Test
  void a_pipeline_runs_until_it_is_told_to_stop_and_check_agrees_with_it() throws Exception {
    try (LocalEngines engines = new LocalEngines()) {
      String stream = engines.stream(2);
      Path file =
          Files.writeString(
              folder.resolve("rows.yaml"),
              """
              source:
                stream: %s
                application: rows-of-%s
                region: us-east-1
                kinesisEndpoint: %s
                dynamodbEndpoint: %s
              transform:
                - class: {name: %s}
              buffer: {age: 1 h}
              sink: {type: dynamodb, table: the-rows, partitionKey: text, createTable: true}
              """
                  .formatted(
                      stream,
                      stream,
                      engines.kinesis.endpoint(),
                      engines.dynamoDbEndpoint(),
                      TextAsJson.class.getName()));
      List<String> put = engines.put(stream, 100);
      start("run", file.toString());
      await().atMost(PATIENCE).until(() -> Files.readString(err()).contains("read 100 "));
      process.toHandle().destroy();

      finished();
      assertThat(
              engines.dynamoDbClient.scan(r -> r.tableName("the-rows")).join().items().stream()
                  .map(row -> row.get("text"))
                  .map(AttributeValue::s))
          .as("what was buffered was stored when it was told to stop")
          .containsExactlyInAnyOrderElementsOf(put);

      start("check", file.toString());
      assertThat(finished().lines()).hasSizeGreaterThan(4).allMatch(line -> line.startsWith("ok "));
    }
  }

  private void start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add("io.millrace.cli.Millrace");
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("AWS_ACCESS_KEY_ID", "test");
    builder.environment().put("AWS_SECRET_ACCESS_KEY", "test");
    process = builder.redirectOutput(out().toFile()).redirectError(err().toFile()).start();
  }

  /** What it wrote; it has to end well. */
  private String finished() throws IOException, InterruptedException {
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).as("it ends").isTrue();
    String said = Files.readString(out());
    assertThat(process.exitValue()).as(said + Files.readString(err())).isZero();
    return said;
  }

  private Path out() {
    return folder.resolve("out");
  }

  private Path err() {
    return folder.resolve("err");
  }
}
