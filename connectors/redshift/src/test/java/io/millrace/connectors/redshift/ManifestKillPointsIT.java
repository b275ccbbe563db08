package io.millrace.connectors.redshift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.connectors.sink.Commit;
import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.embedded.redshift.Faults;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Loads of many files, whose transaction is cut, or whose process is gone, at any statement. */
@Timeout(240)
class ManifestKillPointsIT {
  private static final Faults FAULTS = LocalRedshift.SERVER.faults();
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String ONE = "00000000000000aa";
  private static final String TWO = "00000000000000bb";

  private final ManifestDestination destination = LocalManifest.newDestination();
  private final List<String> texts = new ArrayList<>();

  @TempDir private Path letters;

  /** Files of three shards, announced. */
  @BeforeEach
  void announce() {
    List<Announcement> announced = new ArrayList<>();
    RedshiftSinkBuilder settings = destination.settings();
    RowShape shape = settings.shape();
    try (AnnouncingSink files =
        new AnnouncingSink(
            settings.storage.layout(settings.layout()).prefix("staged/").build(),
            shape,
            settings.table.toString(),
            announcement -> {
              announced.add(announcement);
              return CompletableFuture.completedFuture(null);
            },
            () -> {})) {
      for (String shard : List.of("a", "b", "c")) {
        files.commit(ManifestSetup.source(files, shard, 1, 5, ONE, 1)).toCompletableFuture().join();
      }
    }
    texts.addAll(Announcements.texts(announced.toArray(new Announcement[0])));
  }

  @AfterEach
  void noFaults() {
    FAULTS.clear();
  }

  private static List<String> all() {
    return List.of("a", "b", "c").stream()
        .flatMap(shard -> IntStream.rangeClosed(1, 5).mapToObj(n -> shard + "-" + n))
        .sorted()
        .toList();
  }

  private List<String> ids() throws Exception {
    return destination.ids().stream().sorted().toList();
  }

  private static Commit commit(ManifestSink sink, List<String> texts, String writer) {
    return sink.commit(Announcements.named(sink, 1_000, texts, writer))
        .toCompletableFuture()
        .join();
  }

  static List<String> statements() {
    return List.of(
        "^LOCK TABLE",
        "^SELECT stream, shard",
        "^COPY",
        "^INSERT INTO \"s_[0-9a-f]+\".\"clicks\"",
        "^INSERT INTO \"s_[0-9a-f]+\".\"millrace_load_history\"",
        "^COMMIT");
  }

  @ParameterizedTest
  @MethodSource("statements")
  void a_connection_that_is_lost_around_a_statement_loads_each_file_once(String statement)
      throws Exception {
    try (ManifestSink sink = destination.secondStage()) {
      FAULTS.cutBefore(statement, 1);
      commit(sink, texts.subList(0, 2), ONE);
      FAULTS.cutAfter(statement, 1);
      Commit commit =
          sink.commit(Announcements.named(sink, 2_000, texts, ONE)).toCompletableFuture().join();
      assertThat(commit.end()).isEqualTo(Announcements.at(2_002));
      assertThat(ids()).isEqualTo(all());
    }
  }

  @ParameterizedTest
  @MethodSource("statements")
  void a_worker_that_is_gone_at_a_statement_is_succeeded_by_one_with_other_limits(String statement)
      throws Exception {
    ManifestSink dying = destination.secondStage();
    Faults.Hold hold = FAULTS.hold(statement, 1);
    CompletableFuture<Commit> never =
        dying.commit(Announcements.named(dying, 1_000, texts, ONE)).toCompletableFuture();
    assertThat(hold.awaitReached(PATIENCE)).isTrue();
    dying.close();
    hold.release();
    assertThatThrownBy(never::get).isInstanceOf(ExecutionException.class);
    try (ManifestSink successor = destination.secondStage()) {
      commit(successor, texts.subList(0, 2), TWO);
      successor
          .commit(Announcements.named(successor, 1_002, texts.subList(2, 3), TWO))
          .toCompletableFuture()
          .join();
    }
    assertThat(ids()).isEqualTo(all());
  }

  @Test
  void a_zombie_that_wakes_up_in_the_middle_of_its_transaction_changes_nothing() throws Exception {
    try (ManifestSink zombie = destination.secondStage();
        ManifestSink owner = destination.secondStage()) {
      Faults.Hold hold = FAULTS.hold("^LOCK TABLE", 1);
      CompletableFuture<Commit> late =
          zombie
              .commit(Announcements.named(zombie, 1_000, texts.subList(0, 2), ONE))
              .toCompletableFuture();
      assertThat(hold.awaitReached(PATIENCE)).isTrue();
      commit(owner, texts, TWO);
      hold.release();
      assertThat(late.get().byThisCall()).isFalse();
      assertThat(late.get().end()).as("as far as it goes").isEqualTo(Announcements.at(1_001));
      assertThat(ids()).isEqualTo(all());
    }
  }

  // ---- processes that are killed

  private final List<Process> processes = new ArrayList<>();

  @AfterEach
  void killAll() {
    processes.forEach(Process::destroyForcibly);
  }

  @Test
  void processes_that_are_killed_inside_their_transactions_lose_and_double_nothing()
      throws Exception {
    String stream = "to-kill-" + destination.schema();
    LocalManifest.KINESIS.createStream(stream, 1);
    List<String> expected = new ArrayList<>();
    for (int n = 1; n <= 60; n++) {
      String id = "good-" + n;
      expected.add(id);
      LocalManifest.KINESIS.put(
          stream,
          "key",
          ("{\"id\":\"" + id + "\",\"n\":" + n + "}").getBytes(StandardCharsets.UTF_8));
    }
    try (DynamoDbLocal dynamoDb = DynamoDbLocal.start()) {
      int worker = 0;
      for (String statement : List.of("^COPY", "^COMMIT")) {
        Faults.Hold hold = FAULTS.hold(statement, 1);
        Process process = start(dynamoDb, stream, worker++);
        assertThat(hold.awaitReached(PATIENCE)).as(statement).isTrue();
        process.destroyForcibly().waitFor();
        hold.release();
      }
      Process last = start(dynamoDb, stream, worker);
      await().atMost(PATIENCE).until(() -> destination.ids().size() >= expected.size());
      last.destroy();
      last.waitFor();
    }
    assertThat(ids()).isEqualTo(expected.stream().sorted().toList());
  }

  private Process start(DynamoDbLocal dynamoDb, String stream, int number) throws IOException {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            "io.millrace.connectors.contract.ContractWorker",
            ManifestLoadDriver.class.getName(),
            destination.text(),
            stream,
            "w" + number,
            LocalManifest.KINESIS.endpoint().toString(),
            dynamoDb.endpoint().toString(),
            letters.toString(),
            "never",
            "0",
            Integer.toString(8 + number));
    Process process =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    processes.add(process);
    return process;
  }
}
