package io.millrace.connectors.application;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.connectors.config.Chosen;
import io.millrace.connectors.config.ConfigException;
import io.millrace.connectors.config.DeadLetterSource;
import io.millrace.connectors.config.Finding;
import io.millrace.connectors.config.Modules;
import io.millrace.connectors.config.PipelineConfig;
import io.millrace.connectors.config.PipelineKeys.Source;
import io.millrace.connectors.config.Section;
import io.millrace.connectors.config.SinkProvider;
import io.millrace.connectors.config.Stage;
import io.millrace.connectors.config.Surroundings;
import io.millrace.connectors.config.Values;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Sink;
import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.embedded.EmbeddedKinesis;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;

/** Config files at work, on an embedded Kinesis and DynamoDB Local. */
class ConnectorApplicationTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static EmbeddedKinesis kinesis;
  private static DynamoDbLocal dynamoDb;

  @TempDir private Path directory;
  private final MemorySink sink = new MemorySink();
  private final MeterRegistry registry = new SimpleMeterRegistry();

  @BeforeAll
  static void start() {
    kinesis = EmbeddedKinesis.start();
    dynamoDb = DynamoDbLocal.start();
  }

  @AfterAll
  static void stop() {
    dynamoDb.close();
    kinesis.close();
  }

  private PipelineConfig config(String text) throws IOException {
    Modules installed = Modules.installed();
    return PipelineConfig.read(
        Files.writeString(directory.resolve("clicks.yaml"), text),
        new Modules(List.of(sink), installed.deadLetters().values(), installed.steps().values()),
        name -> null);
  }

  private Host host() {
    return new Host(
        StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")),
        Map.<String, URI>of("kinesis", kinesis.endpoint(), "dynamodb", dynamoDb.endpoint()),
        registry);
  }

  private static Thread run(ConnectorApplication application) {
    Thread thread = new Thread(() -> application.worker().run(), "application-under-test");
    thread.start();
    return thread;
  }

  private double count(String meter) {
    return registry.find("millrace.connector." + meter).counters().stream()
        .mapToDouble(c -> c.count())
        .sum();
  }

  @Test
  void a_file_becomes_a_pipeline_that_transforms_filters_stores_and_keeps_dead_letters()
      throws Exception {
    kinesis.createStream("clicks", 2);
    PipelineConfig config =
        config(
            """
            source: {stream: clicks, application: clicks-to-memory}
            transform:
              - split: lines
              - metadata: {shardId: shard, stream: from}
              - drop: [secret]
            filter:
              - jmespath: n >= `10`
            buffer: {records: 7, age: 200 ms}
            sink: {type: memory}
            deadLetter: {type: file, directory: dead}
            metrics: {log: 1 h}
            """);
    IntStream.range(0, 50)
        .forEach(
            i -> put("clicks", "{\"n\":" + 2 * i + ",\"secret\":1}\n{\"n\":" + (2 * i + 1) + "}"));
    put("clicks", "no json");

    try (ConnectorApplication application = ConnectorApplication.open(config, host())) {
      Thread worker = run(application);
      await().atMost(PATIENCE).until(() -> sink.texts().size() == 90 && count("records.dead") == 1);
      assertThat(application.worker().startGracefulShutdown().get()).isTrue();
      worker.join();
    }

    assertThat(sink.texts())
        .hasSize(90)
        .allMatch(
            text ->
                text.matches("\\{\"n\":[1-9][0-9],\"shard\":\"shardId-.*\",\"from\":\"clicks\"}"));
    assertThat(sink.closed()).isTrue();
    assertThat(count("records.in")).isEqualTo(51);
    assertThat(count("records.filtered")).isEqualTo(5);
    assertThat(errors(config)).hasSize(1).first().asString().startsWith("no json: not JSON: ");
  }

  private List<String> errors(PipelineConfig config) throws Exception {
    List<String> errors = new ArrayList<>();
    try (DeadLetterSource letters =
        config
            .deadLetter()
            .orElseThrow()
            .provider()
            .source(
                config.deadLetter().orElseThrow().values(),
                ConnectorApplication.surroundings(config, host()))) {
      letters.read(
          letter -> {
            errors.add(
                StandardCharsets.UTF_8.decode(letter.payload()) + ": " + letter.errorMessage());
            return true;
          });
    }
    return errors;
  }

  @Test
  void a_key_of_the_sink_can_say_where_dead_letters_go() throws Exception {
    kinesis.createStream("own", 1);
    PipelineConfig config =
        config(
            """
            source: {stream: own, application: own-to-memory}
            transform: [flatten]
            sink: {type: memory, errors: dead}
            """);
    put("own", "no json");
    put("own", "{}");

    assertThat(ConnectorApplication.check(config, host()))
        .hasSize(5)
        .last()
        .satisfies(
            finding ->
                assertThat(finding.text())
                    .startsWith("dead letters: " + directory.resolve("dead")));
    assertThat(ConnectorApplication.explain(config))
        .last()
        .asString()
        .startsWith("A record that cannot be transformed or stored becomes a line in a file");
    try (ConnectorApplication application = ConnectorApplication.open(config, host())) {
      Thread worker = run(application);
      await().atMost(PATIENCE).until(() -> count("records.in") == 2);
      application.worker().startGracefulShutdown().get();
      worker.join();
    }
    assertThat(sink.texts()).containsExactly("{}");
    assertThat(errors(config)).hasSize(1).first().asString().startsWith("no json: not JSON: ");
  }

  @Test
  void a_key_of_the_sink_and_a_section_that_both_say_where_dead_letters_go_are_refused() {
    assertThatThrownBy(
            () ->
                config(
                    """
                    source: {stream: s, application: app}
                    sink: {type: memory, errors: dead}
                    deadLetter: {type: skip}
                    """))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            directory.resolve("clicks.yaml")
                + ":2: sink.errors: the file has a section deadLetter too, and dead letters go to"
                + " one place; say one of them");
  }

  @Test
  void the_second_start_goes_on_where_the_first_one_stopped() throws Exception {
    kinesis.createStream("again", 1);
    PipelineConfig config =
        config("source: {stream: again, application: again-to-memory}\nsink: {type: memory}\n");
    for (int start = 0; start < 2; start++) {
      put("again", "record " + start);
      int expected = start + 1;
      try (ConnectorApplication application = ConnectorApplication.open(config, host())) {
        Thread worker = run(application);
        await().atMost(PATIENCE).until(() -> count("records.in") == expected);
        application.worker().startGracefulShutdown().get();
        worker.join();
      }
    }

    assertThat(sink.texts()).containsExactly("record 0", "record 1");
  }

  @Test
  void check_finds_what_is_there_and_what_is_not() throws IOException {
    kinesis.createStream("checked", 3);
    String text =
        """
        source: {stream: %s, application: nobody-yet, createLeaseTable: %s}
        sink: {type: memory}
        deadLetter: {type: file, directory: dead}
        """;

    List<Finding> good =
        ConnectorApplication.check(config(text.formatted("checked", "true")), host());
    assertThat(good).allMatch(Finding::ok).hasSize(5);
    assertThat(good.get(0).text())
        .isEqualTo("stream checked is ACTIVE, with 3 open shards and a retention of 24 h");
    assertThat(good.get(2).text())
        .startsWith("lease table nobody-yet does not exist yet; the first start creates it");
    assertThat(good.get(3).text()).isEqualTo("memory is there");
    assertThat(good.get(4).text()).startsWith("dead letters: " + directory.resolve("dead"));

    List<Finding> bad =
        ConnectorApplication.check(config(text.formatted("missing", "false")), host());
    assertThat(bad.get(0).ok()).isFalse();
    assertThat(bad.get(0).text())
        .startsWith("stream missing in us-east-1: ResourceNotFoundException")
        .endsWith("; correct source.stream or source.region, or create the stream");
    assertThat(bad.get(1).ok()).isFalse();
    assertThat(bad.get(1).text())
        .startsWith("lease table nobody-yet: ResourceNotFoundException")
        .endsWith("; create it, or say source.createLeaseTable: true");
  }

  @Test
  void check_says_so_when_nobody_answers_at_an_endpoint() throws IOException {
    PipelineConfig config =
        config(
            """
            source:
              stream: s
              application: app
              kinesisEndpoint: http://127.0.0.1:1
            sink: {type: memory}
            """);

    assertThat(ConnectorApplication.check(config, host()).get(0))
        .satisfies(
            finding -> {
              assertThat(finding.ok()).isFalse();
              assertThat(finding.text())
                  .endsWith("; look at the endpoint, the network and the credentials");
            });
  }

  @Test
  void explain_says_everything_that_counts_in_sentences() throws IOException {
    List<String> sentences =
        ConnectorApplication.explain(
            config(
                """
                source: {stream: clicks, application: app, startAt: latest, leaseTable: leases}
                transform:
                  - gunzip
                filter:
                  - jmespath: a > `1`
                buffer: {records: 500, bytes: 5 MiB, age: 2 m}
                retry: {attempts: 3, age: 1 h}
                sink: {type: memory}
                """));

    assertThat(sentences)
        .containsExactly(
            "Reads the stream clicks as the application app, together with every other process of"
                + " this application.",
            "An application that has no checkpoints yet begins with what arrives from its first"
                + " start on; any other goes on where it stopped, whatever the file says here.",
            "Keeps leases and checkpoints in the DynamoDB table leases, which it creates if it is"
                + " missing.",
            "Step 1: Unpacks gzip, up to 10 MiB for a message.",
            "Step 2: Keeps the messages for which a > `1`.",
            "Stores what was collected of a shard at 500 messages, at 5 MiB, or 2 m after the first of"
                + " them, whichever comes first.",
            "All shards of this process together buffer at most 64 MiB; then shards wait.",
            "Moves a shard's checkpoint when its records are stored, and over records that were"
                + " filtered out within 10 s.",
            "Keeps what it gets in memory.",
            "A record that the sink asks to try again is tried 3 times in all, or until it is 1 h old,"
                + " with a pause of 200 ms at first; while the sink as a whole is in trouble the"
                + " shards wait, and nothing is given up.",
            "There is no deadLetter: a shard waits before a record that cannot be transformed or"
                + " stored, until somebody does something about it.");
  }

  @Test
  void values_that_do_not_go_together_are_refused_with_their_line_when_they_are_opened()
      throws IOException {
    PipelineConfig config =
        config(
            """
            source: {stream: s, application: app}
            sink: {type: memory, refuse: true}
            """);

    assertThatThrownBy(() -> ConnectorApplication.open(config, host()))
        .isInstanceOf(ConfigException.class)
        .hasMessage(directory.resolve("clicks.yaml") + ":2: sink.refuse: it was asked to");
  }

  /** A sink whose file describes a second application, over the stream {@code STREAM-2}. */
  private final class TwoStages implements SinkProvider {
    @Override
    public Section section() {
      return new Section("two", "Two of them.", List.of());
    }

    @Override
    public List<Stage> stages(PipelineConfig file) {
      Chosen<SinkProvider> own =
          new Chosen<>(sink, new Values(sink.section(), Map.of(), refusals()));
      Values source = file.source();
      return List.of(
          new Stage("one", file.withSink(own), false),
          new Stage(
              "two",
              file.with(
                      source
                          .with("stream", source.get(Source.STREAM) + "-2")
                          .with("application", source.get(Source.APPLICATION) + "-2"))
                  .withoutSteps()
                  .withSink(own),
              true));
    }

    private Values.Refusal refusals() {
      return (key, why) -> new ConfigException(key.name() + ": " + why);
    }

    @Override
    public Sink<Message> open(Values values, Surroundings surroundings) {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<Finding> check(Values values, Surroundings surroundings) {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<String> explain(Values values) {
      throw new UnsupportedOperationException();
    }
  }

  private PipelineConfig twoStages(String stream) throws IOException {
    return PipelineConfig.read(
        Files.writeString(
            directory.resolve("two.yaml"),
            "source: {stream: %s, application: %s-app}\ntransform: [flatten]\nbuffer: {age: 1 s}\nsink: {type: two}\n"
                .formatted(stream, stream)),
        new Modules(List.of(new TwoStages()), List.of(), Modules.installed().steps().values()),
        name -> null);
  }

  @Test
  void a_file_that_describes_two_applications_runs_both() throws Exception {
    kinesis.createStream("staged", 1);
    kinesis.createStream("staged-2", 1);
    PipelineConfig config = twoStages("staged");
    assertThat(ConnectorApplication.check(config, host())).hasSize(8).allMatch(Finding::ok);
    assertThat(ConnectorApplication.explain(config)).contains("--- one", "--- two");
    assertThatThrownBy(() -> ConnectorApplication.open(config, host()))
        .hasMessageContaining("describes 2 applications: one, two; open it with StagedApplication");
    put("staged", "{\"a\":{\"b\":1}}");
    put("staged-2", "not JSON, and no step looks at it");
    try (StagedApplication both = StagedApplication.open(config, host())) {
      Thread running = new Thread(both::run, "applications-under-test");
      running.start();
      await().atMost(PATIENCE).until(() -> sink.texts().size() == 2 && both.bufferedBytes() == 0);
      assertThat(both.shardHealth().toCompletableFuture().get()).hasSize(2);
      assertThat(both.stopGracefully()).isTrue();
      running.join();
    }
    assertThat(sink.texts())
        .containsExactlyInAnyOrder("{\"a_b\":1}", "not JSON, and no step looks at it");
  }

  @Test
  void when_one_of_two_applications_cannot_go_on_the_other_is_stopped() throws Exception {
    kinesis.createStream("halved", 1);
    PipelineConfig config = twoStages("halved");
    assertThat(ConnectorApplication.check(config, host()))
        .filteredOn(finding -> finding.text().startsWith("stream halved-2"))
        .extracting(Finding::text)
        .containsExactly(
            "stream halved-2 does not exist yet; the first start creates it, which needs"
                + " kinesis:CreateStream (not tried here)");
    try (StagedApplication both = StagedApplication.open(config, host())) {
      assertThatThrownBy(both::run).hasMessageContaining("halved-2");
    }
  }

  private static void put(String stream, String text) {
    kinesis.put(stream, Integer.toString(text.hashCode()), text.getBytes(StandardCharsets.UTF_8));
  }
}
