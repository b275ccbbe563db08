package io.millrace.connectors.redshift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.connectors.application.ConnectorApplication;
import io.millrace.connectors.config.ConfigException;
import io.millrace.connectors.config.Modules;
import io.millrace.connectors.config.PipelineConfig;
import io.millrace.connectors.config.PipelineKeys.Buffer;
import io.millrace.connectors.config.PipelineKeys.Source;
import io.millrace.connectors.config.Stage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManifestSinkProviderTest {

  private static final String SOURCE =
      """
      source: {stream: clicks, application: clicks-app, startAt: latest, workerId: w}
      """;

  private static final String SINK =
      """
      sink:
        type: redshift-manifest
        announcements: clicks-files
        url: jdbc:redshift://host:5439/dev
        user: loader
        password: secret
        table: public.clicks
        columns: [id required, n]
        bucket: my-staging
        prefix: clicks/
      """;

  @TempDir private Path directory;

  private PipelineConfig config(String text) throws IOException {
    return PipelineConfig.read(
        Files.writeString(directory.resolve("clicks.yaml"), text),
        Modules.installed(),
        name -> null);
  }

  @Test
  void a_file_describes_two_applications_with_leases_of_their_own() throws IOException {
    PipelineConfig config =
        config(
            """
            source:
              stream: arn:aws:kinesis:eu-west-1:123456789012:stream/clicks
              application: clicks-app
              leaseTable: leases
              startAt: latest
              workerId: w
            transform: [flatten]
            buffer: {records: 77, workerBytes: 1 GiB}
            """
                + SINK
                + "  loadFiles: 500\n  loadAge: 2 m\n");

    List<Stage> stages = config.stages();

    assertThat(stages)
        .extracting(Stage::name)
        .containsExactly("First stage: files", "Second stage: loads");
    PipelineConfig files = stages.get(0).config();
    assertThat(files.source().get(Source.STREAM)).endsWith("stream/clicks");
    assertThat(files.source().get(Source.LEASE_TABLE)).isEqualTo("leases");
    assertThat(files.buffer().get(Buffer.RECORDS)).isEqualTo(77);
    assertThat(files.transform()).hasSize(1);
    PipelineConfig load = stages.get(1).config();
    assertThat(load.source().get(Source.STREAM)).isEqualTo("clicks-files");
    assertThat(load.source().get(Source.APPLICATION)).isEqualTo("clicks-app-load");
    assertThat(load.source().find(Source.LEASE_TABLE)).isEmpty();
    assertThat(load.source().get(Source.REGION)).isEqualTo("eu-west-1");
    assertThat(load.source().get(Source.START_AT)).hasToString("trim-horizon");
    assertThat(load.source().get(Source.WORKER_ID)).isEqualTo("w-load");
    assertThat(load.buffer().get(Buffer.RECORDS)).isEqualTo(500);
    assertThat(load.buffer().get(Buffer.AGE)).isEqualTo(Duration.ofMinutes(2));
    assertThat(load.buffer().get(Buffer.WORKER_BYTES)).isEqualTo(1L << 30);
    assertThat(load.transform()).isEmpty();
  }

  @Test
  void each_stage_can_run_alone() throws IOException {
    assertThat(config(SOURCE + SINK + "  run: files\n").stages())
        .extracting(Stage::name)
        .containsExactly("First stage: files");
    assertThat(config(SOURCE + SINK + "  run: load\n").stages())
        .extracting(Stage::name)
        .containsExactly("Second stage: loads");
  }

  @Test
  void explain_goes_through_both_stages() throws IOException {
    List<String> sentences =
        ConnectorApplication.explain(
            config(
                SOURCE
                    + SINK
                    + "  createAnnouncements: true\n  mergeKey: [id]\n  maxErrors: 10\n"
                    + "  slices: 8\n"));
    assertThat(sentences)
        .startsWith("--- First stage: files")
        .contains(
            "Stores each range of a shard as one CSV file below s3://my-staging/clicks/staged/,"
                + " with the columns id, n.",
            "Announces each file in the stream clicks-files, which it creates if it is missing,"
                + " before the range's checkpoint.",
            "--- Second stage: loads",
            "Where there are more files than 8 slices, those below 1000000 B are merged before,"
                + " into files of up to 1000000000 B below s3://my-staging/clicks/merged/.",
            "A record replaces the row that has the same id; the last record of a key wins.");
    assertThat(String.join("\n", sentences))
        .contains("application clicks-app-load", "none of them is loaded again")
        .doesNotContain("secret");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "announcements: clicks | sink.announcements: it is the stream that is read",
        "announcements: a/b | sink.announcements: 'a/b' is not allowed",
        "loadApplication: clicks-app | sink.loadApplication: 'clicks-app' is the first stage's",
        "loadApplication: x | sink.loadApplication: 'x' is not allowed",
        "mergeUpTo: 1 MB | sink.mergeUpTo: it has to be at least twice mergeBelow",
        "run: loads | sink.run: 'loads' is not allowed",
        "loadFiles: 0 | sink.loadFiles: '0' is not allowed",
        "slices: many | sink.slices: 'many' is not allowed"
      })
  void mistakes_are_refused_with_their_line(String line, String message) {
    String key = line.substring(0, line.indexOf(':'));
    String sink =
        SINK.lines()
            .filter(other -> !other.strip().startsWith(key + ":"))
            .reduce("", (all, one) -> all + one + "\n");
    assertThatThrownBy(() -> config(SOURCE + sink + "  " + line + "\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith(directory.resolve("clicks.yaml") + ":")
        .hasMessageContaining(message);
  }

  @Test
  void dead_letters_of_either_stage_may_not_go_into_what_it_reads() {
    assertThatThrownBy(
            () -> config(SOURCE + SINK + "deadLetter: {type: kinesis, stream: clicks-files}\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("deadLetter.stream");
  }

  @Test
  void a_file_of_the_old_library_with_an_output_stream_is_the_manifest_flow() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("RedshiftManifest.properties"),
            """
            appName = KinesisConnector
            connectorDestination = redshift
            kinesisInputStream = clicks
            kinesisOutputStream = clicks-files
            kinesisOutputStreamShardCount = 2
            createKinesisOutputStream = true
            s3Bucket = my-staging
            redshiftURL = jdbc:postgresql://host:5439/dev
            redshiftUsername = loader
            redshiftPassword = secret
            redshiftDataTable = users
            sink.columns = id,n
            """);
    PipelineConfig config = PipelineConfig.read(file, Modules.installed(), name -> null);
    assertThat(config.sink().name()).isEqualTo("redshift-manifest");
    assertThat(config.sink().values().get(ManifestKeys.ANNOUNCEMENTS)).isEqualTo("clicks-files");
    assertThat(config.sink().values().get(ManifestKeys.ANNOUNCEMENT_SHARDS)).isEqualTo(2);
    assertThat(config.sink().values().get(ManifestKeys.CREATE_ANNOUNCEMENTS)).isTrue();
    assertThat(config.stages().get(1).config().source().get(Source.APPLICATION))
        .isEqualTo("KinesisConnector-load");
  }
}
