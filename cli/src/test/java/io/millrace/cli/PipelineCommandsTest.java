package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that work on config files, in this JVM. */
class PipelineCommandsTest {

  private static final Path SAMPLES = Path.of("..", "samples");

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int execute(Object... arguments) {
    return Millrace.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(List.of(arguments).stream().map(Object::toString).toArray(String[]::new));
  }

  @Test
  void a_sample_runs_on_this_machine_and_shows_the_rows_that_it_made() {
    assertThat(execute("run", SAMPLES.resolve("dynamodb.yaml"), "--local")).isZero();
    assertThat(out.toString())
        .contains("Read 60 records: 0 filtered out, 0 dead; stored 60.")
        .contains("DynamoDB table users: 60 rows")
        .contains("  city=Bergen  likes={sports=true}  name=ada  user_id=1000")
        .contains("  ... 40 more");
  }

  @Test
  void lines_that_do_not_fit_are_shown_as_dead_letters(@TempDir Path directory) throws IOException {
    Path file = Files.copy(SAMPLES.resolve("dynamodb.yaml"), directory.resolve("a.yaml"));
    Path data =
        Files.writeString(
            directory.resolve("data"), "{\"user_id\": 1, \"name\": \"ada\"}\n\nno json\n");

    assertThat(execute("run", file, "--local", "--data", data)).isZero();
    assertThat(out.toString())
        .contains("Read 2 records: 0 filtered out, 1 dead; stored 1.")
        .contains("  name=ada  user_id=1")
        .contains("Dead letters (file), those of earlier runs included, the first ones:")
        .contains(": not JSON: ");
  }

  @Test
  void every_sample_can_be_explained() {
    for (String sample :
        List.of(
            "s3.properties",
            "s3.yaml",
            "dynamodb.properties",
            "dynamodb.yaml",
            "redshift-basic.properties",
            "redshift-manifest.properties")) {
      out.getBuffer().setLength(0);
      assertThat(execute("explain", SAMPLES.resolve(sample))).as(sample).isZero();
      assertThat(out.toString().lines())
          .as(sample)
          .hasSizeGreaterThan(7)
          .allMatch(sentence -> sentence.matches("(?s)[A-Z].*[.:]|--- [A-Z].*"));
    }
  }

  @Test
  void what_means_nothing_any_more_is_one_warning() {
    assertThat(execute("explain", SAMPLES.resolve("s3.properties"))).isZero();
    assertThat(err.toString().lines())
        .containsExactly(
            "Warning: "
                + SAMPLES.resolve("s3.properties")
                + ": these keys mean nothing here and are ignored: createS3Bucket (line 15),"
                + " createKinesisInputStream (line 24), createStreamSource (line 25)");
  }

  @Test
  void a_file_with_mistakes_is_refused_by_each_command_with_all_of_them(@TempDir Path directory)
      throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("a.yaml"),
            "source: {stream: clicks, aplication: app}\nsink: {type: dynamodb, table: rows}\n");
    for (String command : List.of("run", "check", "explain")) {
      err.getBuffer().setLength(0);
      assertThat(execute(command, file)).as(command).isEqualTo(2);
      assertThat(err.toString().lines())
          .as(command)
          .hasSize(3)
          .allMatch(l -> l.startsWith(file + ":"));
      assertThat(err.toString())
          .contains("source.aplication: there is no such key; did you mean 'application'?")
          .contains("source.application: is missing")
          .contains("sink.partitionKey: is missing")
          .doesNotContain("Exception");
    }
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void check_says_what_cannot_be_reached_and_fails(@TempDir Path directory) throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("a.yaml"),
            """
            source:
              stream: clicks
              application: app
              region: us-east-1
              kinesisEndpoint: http://127.0.0.1:1
              dynamodbEndpoint: http://127.0.0.1:1
            sink: {type: dynamodb, table: rows, partitionKey: id}
            """);

    assertThat(execute("check", file)).isEqualTo(1);
    assertThat(out.toString().lines())
        .anyMatch(line -> line.equals("ok       " + file + " is well-formed"))
        .anyMatch(line -> line.startsWith("PROBLEM  stream clicks in us-east-1: "))
        .anyMatch(line -> line.startsWith("PROBLEM  lease table app: "));
  }

  @Test
  void a_trial_needs_data_and_says_so(@TempDir Path directory) throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("a.yaml"),
            "source: {stream: clicks, application: app}\n"
                + "sink: {type: dynamodb, table: rows, partitionKey: id}\n");

    assertThat(execute("run", file, "--local")).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo(
            file
                + " names no data, so there is nothing to try out; say --data FILE, or local.data"
                + " (inputStreamFile) in the file.\n");
    err.getBuffer().setLength(0);
    assertThat(execute("run", file, "--local", "--data", directory.resolve("none"))).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo(
            "The data cannot be read from "
                + directory.resolve("none")
                + ": name a text file, with --data or in the file.\n");
  }
}
