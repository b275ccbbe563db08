package io.millrace.connectors.redshift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.connectors.sink.Commit;
import io.millrace.embedded.redshift.Faults;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The transaction is cut, or its process is gone, at each of its statements. */
@Timeout(120)
class RedshiftKillPointsIT extends LoadOfTwoRows {
  static List<String> statements() {
    return List.of(
        "^LOCK TABLE",
        "^SELECT stream, shard",
        "^CREATE TEMPORARY",
        "^COPY",
        "^SELECT COUNT",
        "^INSERT INTO \"s_[0-9a-f]+\".\"clicks\"",
        "^INSERT INTO \"s_[0-9a-f]+\".\"millrace_load_history\"",
        "^COMMIT",
        "^BEGIN",
        "^SET statement_timeout");
  }

  @ParameterizedTest
  @MethodSource("statements")
  void a_connection_that_is_lost_before_a_statement_loads_once(String statement) {
    try (RedshiftSink sink = open()) {
      FAULTS.cutBefore(statement, 1);
      Commit commit = commit(sink, range(sink));
      assertThat(rows()).containsExactly("a|1", "b|2");
      assertThat(history()).isEqualTo(1);
      assertThat(commit.exclusions()).hasSize(1);
    }
  }

  @ParameterizedTest
  @MethodSource("statements")
  void a_connection_that_is_lost_after_a_statement_loads_once(String statement) {
    try (RedshiftSink sink = open()) {
      FAULTS.cutAfter(statement, 1);
      Commit commit = commit(sink, range(sink));
      assertThat(rows()).containsExactly("a|1", "b|2");
      assertThat(history()).isEqualTo(1);
      assertThat(commit.end()).isEqualTo(Ranges.at(3));
      assertThat(commit.exclusions()).hasSize(1);
      assertThat(commit.byThisCall())
          .as("only what was committed before its answer got lost is found")
          .isEqualTo(!statement.equals("^COMMIT"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"^LOCK TABLE", "^COPY", "^COMMIT"})
  void a_process_that_dies_holding_the_lock_is_succeeded(String statement) throws Exception {
    RedshiftSink dying = open();
    Faults.Hold hold = FAULTS.hold(statement, 1);
    CompletableFuture<Commit> never = dying.commit(range(dying)).toCompletableFuture();
    assertThat(hold.awaitReached(PATIENCE)).isTrue();
    dying.close();
    hold.release();
    assertThatThrownBy(never::get).isInstanceOf(ExecutionException.class);
    try (RedshiftSink successor = open()) {
      commit(successor, Ranges.attempt(range(successor), "00000000000000bb", 1));
    }
    assertThat(rows()).containsExactly("a|1", "b|2");
    assertThat(history()).isEqualTo(1);
  }

  @Test
  void a_zombie_that_goes_on_after_its_successor_finds_that_all_is_done() throws Exception {
    try (RedshiftSink zombie = open();
        RedshiftSink successor = open()) {
      commit(successor, Ranges.range(successor, 101, List.of(), 101)); // tables are there
      Faults.Hold hold = FAULTS.hold("^BEGIN", 1);
      CompletableFuture<Commit> late = zombie.commit(range(zombie)).toCompletableFuture();
      assertThat(hold.awaitReached(PATIENCE)).isTrue();
      commit(
          successor,
          Ranges.attempt(
              Ranges.range(
                  successor,
                  1,
                  "{\"id\":\"a\",\"n\":1}",
                  "bad",
                  "{\"id\":\"b\",\"n\":2}",
                  "{\"id\":\"c\",\"n\":3}"),
              "00000000000000bb",
              1));
      hold.release();
      assertThat(late.get().end()).as("adopted").isEqualTo(Ranges.at(4));
      assertThat(rows()).containsExactly("a|1", "b|2", "c|3");
    }
  }
}
