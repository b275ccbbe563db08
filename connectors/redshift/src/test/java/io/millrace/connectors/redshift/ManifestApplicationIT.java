package io.millrace.connectors.redshift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.connectors.application.ConnectorApplication;
import io.millrace.connectors.application.Host;
import io.millrace.connectors.application.StagedApplication;
import io.millrace.connectors.config.Finding;
import io.millrace.connectors.config.Modules;
import io.millrace.connectors.config.PipelineConfig;
import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.kcl.aws.AwsClients;
import io.millrace.kcl.deadletter.DeadLetter;
import io.millrace.kcl.deadletter.DeadLetterFiles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One config file, both stages, all real but the services. */
@Timeout(240)
class ManifestApplicationIT {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  @TempDir private Path directory;

  private final String schema = LocalRedshift.newSchema();
  private final String bucket = LocalRedshift.newBucket();
  private final String stream = "clicks-" + UUID.randomUUID();
  private final String files = stream + "-files";

  private PipelineConfig config(String more) throws Exception {
    return PipelineConfig.read(
        Files.writeString(
            directory.resolve("clicks.yaml"),
            """
            source: {stream: %s, application: app-%s}
            buffer: {records: 10, age: 300 ms}
            sink:
              type: redshift-manifest
              announcements: %s
              createAnnouncements: true
              loadFiles: 20
              loadAge: 500 ms
              url: %s
              user: %s
              password: %s
              table: %s.clicks
              columns: [id required, n]
              bucket: %s
              createHistory: true
              createTable: true
              tableColumns: {id: varchar(64), n: bigint}
              mergeKey: [id]
              maxErrors: 5
              accessKeyId: test
              secretAccessKey: test
            %s
            deadLetter: {type: file, directory: dead}
            """
                .formatted(
                    stream,
                    stream,
                    files,
                    LocalRedshift.SERVER.jdbcUrl(),
                    LocalRedshift.SERVER.user(),
                    LocalRedshift.SERVER.password(),
                    schema,
                    bucket,
                    more)),
        Modules.installed(),
        name -> null);
  }

  private void put(String to, String key, String text) {
    LocalManifest.KINESIS.put(to, key, text.getBytes(StandardCharsets.UTF_8));
  }

  private List<String> rows() {
    return LocalRedshift.rows("SELECT id, n FROM " + schema + ".clicks ORDER BY n");
  }

  private boolean isThere(String sql) {
    try {
      return !LocalRedshift.rows(sql).isEmpty();
    } catch (IllegalStateException e) {
      return false; // not yet
    }
  }

  private List<DeadLetter> dead() throws Exception {
    List<DeadLetter> dead = new ArrayList<>();
    DeadLetterFiles.read(directory.resolve("dead"), dead::add);
    return dead;
  }

  @Test
  void a_stream_that_is_resharded_is_in_the_table_once_and_what_does_not_fit_is_dead()
      throws Exception {
    LocalManifest.KINESIS.createStream(stream, 2);
    try (DynamoDbLocal dynamoDb = DynamoDbLocal.start()) {
      Host host =
          new Host(
              LocalRedshift.CREDENTIALS,
              Map.of(
                  "kinesis", LocalManifest.KINESIS.endpoint(),
                  "dynamodb", dynamoDb.endpoint(),
                  "s3", LocalRedshift.endpoint()),
              new SimpleMeterRegistry());
      PipelineConfig config = config("");
      assertThat(ConnectorApplication.check(config, host)).allMatch(Finding::ok, "ok");

      for (int n = 0; n < 100; n++) {
        put(stream, "key-" + n, "{\"id\":\"id-" + n + "\",\"n\":" + n + "}");
      }
      put(stream, "bad", "no JSON");
      put(stream, "wide", "{\"id\":\"wide\",\"n\":\"no number\"}");
      StagedApplication both = StagedApplication.open(config, host);
      Thread running = new Thread(both::run, "application-under-test");
      running.start();
      try {
        LocalManifest.KINESIS.split(stream, "shardId-000000000000");
        for (int n = 100; n < 200; n++) {
          put(stream, "key-" + n, "{\"id\":\"id-" + n + "\",\"n\":" + n + "}");
        }
        // the last record of a key wins, also in a load of its own
        put(stream, "key-7", "{\"id\":\"id-7\",\"n\":1007}");
        put(files, "anything", "rubbish");
        await()
            .atMost(PATIENCE)
            .until(
                () ->
                    isThere("SELECT 1 FROM " + schema + ".clicks WHERE n = 1007")
                        && rows().size() == 200
                        && dead().size() == 3);
        assertThat(both.stopGracefully()).isTrue();
      } finally {
        both.shutdown();
        running.join();
        both.close();
      }
      List<String> expected = new ArrayList<>();
      IntStream.range(0, 200).filter(n -> n != 7).forEach(n -> expected.add("id-" + n + "|" + n));
      expected.add("id-7|1007");
      assertThat(rows()).isEqualTo(expected);
      assertThat(dead())
          .extracting(DeadLetter::stream)
          .containsExactlyInAnyOrder(stream, stream, files);
      assertThat(dead())
          .filteredOn(letter -> letter.errorMessage().startsWith("COPY dropped it"))
          .singleElement()
          .satisfies(
              letter ->
                  assertThat(StandardCharsets.UTF_8.decode(letter.payload()).toString())
                      .isEqualTo("{\"id\":\"wide\",\"n\":\"no number\"}"));

      // the stages apart
      put(stream, "late", "{\"id\":\"late\",\"n\":5000}");
      int before = announced();
      runUntil(config("  run: files"), host, () -> announced() > before);
      assertThat(rows()).hasSize(200);
      runUntil(config("  run: load"), host, () -> rows().size() == 201);
    }
  }

  private int announced() {
    try (AwsClients clients =
        AwsClients.builder()
            .credentialsProvider(LocalRedshift.CREDENTIALS)
            .regionName("us-east-1")
            .kinesisEndpoint(LocalManifest.KINESIS.endpoint())
            .threadNamePrefix("announced")
            .build()) {
      return ManifestFilesDriver.announced(clients, files).size();
    }
  }

  private static void runUntil(
      PipelineConfig config, Host host, java.util.concurrent.Callable<Boolean> condition)
      throws Exception {
    try (StagedApplication application = StagedApplication.open(config, host)) {
      assertThat(application.parts()).hasSize(1);
      Thread running = new Thread(application::run, "stage-under-test");
      running.start();
      await().atMost(PATIENCE).until(condition);
      application.stopGracefully();
      running.join();
    }
  }
}
