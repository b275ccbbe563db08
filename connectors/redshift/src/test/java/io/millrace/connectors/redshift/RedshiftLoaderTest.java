package io.millrace.connectors.redshift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.connectors.sink.Commit;
import io.millrace.connectors.sink.SinkException;
import io.millrace.embedded.redshift.Faults;
import io.millrace.kcl.time.Clock;
import java.net.URI;
import java.sql.Connection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.core.async.AsyncRequestBody;

/** Transactions that are cut, collide, and wait for each other. */
@Timeout(120)
class RedshiftLoaderTest extends LoadOfTwoRows {
  /** The statements of the history of this test, and whatever else came meanwhile. */
  private static List<String> transaction(List<String> statements) {
    int begin = statements.lastIndexOf("BEGIN");
    return statements.subList(begin, statements.size());
  }

  // --- the order of the statements ---

  @Test
  void the_history_is_locked_first_and_written_last() {
    try (RedshiftSink sink = open()) {
      commit(sink, range(sink));
      List<String> statements = transaction(FAULTS.statements());
      assertThat(statements.stream().map(s -> s.split(" \\(\"| \\(target| FROM")[0]).toList())
          .containsExactly(
              "BEGIN",
              "LOCK TABLE " + Sql.name(schema) + ".\"millrace_load_history\"",
              "SELECT stream, shard, first_position, part, end_position, row_count, exclusions",
              statements.get(3).split(" \\(\"| \\(target| FROM")[0],
              "COPY \"millrace_staging\"",
              "SELECT COUNT(*)",
              "INSERT INTO " + Sql.name(schema) + ".\"clicks\"",
              "INSERT INTO " + Sql.name(schema) + ".\"millrace_load_history\"",
              "COMMIT");
      assertThat(statements.get(3)).startsWith("CREATE TEMPORARY TABLE \"millrace_staging\" AS");
    }
  }

  // --- what is tried again, and how often ---

  @Test
  void a_collision_runs_the_same_transaction_again() {
    try (RedshiftSink sink = open()) {
      FAULTS.refuse(
          "^INSERT INTO \"s_[0-9a-f]+\".\"clicks\"",
          1,
          "XX000",
          "1023 DETAIL: Serializable isolation violation on table - 100");
      FAULTS.refuse("^COPY", 2, "40001", "could not serialize access");
      commit(sink, range(sink));
      assertThat(rows()).containsExactly("a|1", "b|2");
    }
  }

  @Test
  void attempts_are_bounded_and_what_passes_is_the_pipelines_turn() {
    try (RedshiftSink sink = open()) {
      commit(sink, Ranges.range(sink, 101, List.of(), 101));
      for (int i = 0; i < RedshiftLoader.ATTEMPTS; i++) {
        FAULTS.cutBefore("^COPY", i + 1);
      }
      assertThatThrownBy(() -> commit(sink, range(sink)))
          .cause()
          .isInstanceOfSatisfying(SinkException.class, e -> assertThat(e.needsSomebody()).isFalse())
          .hasMessageContaining("Could not load clicks/" + Ranges.SHARD + " from ")
          .hasMessageContaining("(COPY s3://" + bucket);
      assertThat(rows()).isEmpty();
      commit(sink, Ranges.attempt(range(sink), Ranges.WRITER, 2));
      assertThat(rows()).containsExactly("a|1", "b|2");
    }
  }

  @Test
  void a_refusal_is_not_tried_again() {
    try (RedshiftSink sink = open()) {
      FAULTS.refuse("^LOCK TABLE", 1, "42501", "permission denied for relation h");
      assertThatThrownBy(() -> commit(sink, range(sink)))
          .cause()
          .isInstanceOfSatisfying(SinkException.class, e -> assertThat(e.needsSomebody()).isTrue())
          .hasMessageContaining("(lock the history " + schema + ".millrace_load_history)")
          .hasMessageContaining("the user lacks a right");
    }
  }

  @Test
  void nothing_that_is_said_has_a_secret() {
    try (RedshiftSink sink =
        LocalRedshift.sink(bucket, schema)
            .copyKeys("AKIA", "very/secret", "very-secret-token")
            .build()) {
      FAULTS.refuse("^COPY", 1, "XX000", "S3ServiceException:Access Denied,Status 403");
      assertThatThrownBy(() -> commit(sink, range(sink)))
          .hasMessageContaining("look at iamRole (or accessKeyId")
          .satisfies(
              e -> {
                for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                  assertThat(cause.toString()).doesNotContain("very", "secret-token");
                }
              });
      assertThat(sink.toString()).doesNotContain("very", LocalRedshift.SERVER.password());
    }
  }

  @Test
  void jdbc_blocks_threads_of_the_loader_only() throws Exception {
    try (RedshiftSink sink = open()) {
      Faults.Hold hold = FAULTS.hold("^COPY", 1);
      CompletableFuture<Commit> loading = sink.commit(range(sink)).toCompletableFuture();
      assertThat(hold.awaitReached(PATIENCE)).isTrue();
      assertThat(loading).isNotDone();
      assertThat(Thread.getAllStackTraces().entrySet())
          .filteredOn(
              t ->
                  java.util.Arrays.stream(t.getValue())
                      .anyMatch(f -> f.getClassName().startsWith("com.amazon.redshift")))
          .allMatch(t -> t.getKey().getName().startsWith("millrace-redshift-"))
          .isNotEmpty();
      hold.release();
      loading.get();
    }
  }

  // --- two loaders at once ---

  /** Locks not at all, too late, or as it should be. */
  private enum Locking {
    NONE,
    LATE,
    FIRST
  }

  private Statements statements(LoadTarget target, CopyOptions options, Locking locking) {
    return new Statements(target, options) {
      @Override
      String lock() {
        String look = "SELECT COUNT(*) AS looked FROM " + target.history().quoted();
        return switch (locking) {
          case NONE -> look;
          case LATE ->
              "SELECT COUNT(*) AS looked FROM " + target.table().quoted() + "; " + super.lock();
          case FIRST -> super.lock();
        };
      }
    };
  }

  /** The first one is held at its COPY until the second one has done what it can do meanwhile. */
  private void twoAtOnce(Locking locking) throws Exception {
    LoadTarget target =
        new LoadTarget(
            TableName.parse(schema + ".clicks"),
            TableName.parse(schema + ".h_" + locking),
            List.of("id", "n"),
            WriteMode.INSERT,
            List.of(),
            false);
    LocalRedshift.execute(
        "CREATE TABLE " + schema + ".clicks (id varchar(64), n bigint)",
        Statements.createHistory(target.history()));
    Load load = load();
    Faults.Hold hold = FAULTS.hold("^COPY", 1);
    CompletableFuture<LoadResult> first = start(target, locking, load);
    assertThat(hold.awaitReached(PATIENCE)).isTrue();
    CompletableFuture<LoadResult> second = start(target, locking, load);
    if (locking == Locking.NONE) {
      second.get();
    } else {
      String lock = "LOCK TABLE " + target.history().quoted();
      await()
          .atMost(PATIENCE)
          .until(() -> FAULTS.statements().stream().filter(s -> s.endsWith(lock)).count() == 2);
      assertThat(second).isNotDone();
    }
    hold.release();
    first.get();
    second.get();
  }

  private CompletableFuture<LoadResult> start(LoadTarget target, Locking locking, Load load) {
    CopyOptions options =
        new CopyOptions(
            FileFormat.CSV,
            FileCompression.NONE,
            new CopyCredentials.IamRole("default"),
            null,
            null,
            null,
            false,
            0);
    CompletableFuture<LoadResult> result = new CompletableFuture<>();
    AtomicReference<Thread> thread = new AtomicReference<>();
    thread.set(
        new Thread(
            () -> {
              try (Connection connection = LocalRedshift.connector().open()) {
                result.complete(
                    new Transaction(
                            statements(target, options, locking),
                            target,
                            options,
                            (file, errors) -> List.of(),
                            Clock.system(),
                            load)
                        .run(connection));
              } catch (Exception e) {
                result.completeExceptionally(new CompletionException(e));
              }
            },
            "loader"));
    thread.get().setDaemon(true);
    thread.get().start();
    return result;
  }

  private Load load() {
    String row = "a,1,clicks/" + Ranges.SHARD + "," + Ranges.sortable(1, 0) + "\n";
    LoadFile file = new LoadFile(URI.create("s3://" + bucket + "/f.csv"), row.length(), 1, true);
    put("f.csv", row.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    put("f.manifest", CopyManifest.of(List.of(file)));
    return new Load(
        List.of(
            new SourceRange(Ranges.STREAM, Ranges.SHARD, Ranges.at(1), Ranges.at(1), List.of(), 1)),
        List.of(file),
        URI.create("s3://" + bucket + "/f.manifest"));
  }

  private void put(String key, byte[] bytes) {
    LocalRedshift.CLIENT
        .putObject(r -> r.bucket(bucket).key(key), AsyncRequestBody.fromBytes(bytes))
        .join();
  }

  @Test
  void two_loaders_at_once_load_once_since_the_history_is_locked_first() throws Exception {
    twoAtOnce(Locking.FIRST);
    assertThat(rows()).containsExactly("a|1");
  }

  @Test
  void without_the_lock_two_loaders_at_once_double_the_rows() throws Exception {
    twoAtOnce(Locking.NONE);
    assertThat(rows()).containsExactly("a|1", "a|1");
  }

  @Test
  void with_the_lock_behind_another_statement_they_double_them_too() throws Exception {
    twoAtOnce(Locking.LATE);
    assertThat(rows()).containsExactly("a|1", "a|1");
  }
}
