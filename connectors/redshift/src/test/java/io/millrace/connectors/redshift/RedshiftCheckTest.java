package io.millrace.connectors.redshift;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.connectors.config.Finding;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What {@code check} finds out about a database. */
@Timeout(60)
class RedshiftCheckTest {
  private final String schema = LocalRedshift.newSchema();

  @AfterEach
  void noFaults() {
    LocalRedshift.SERVER.faults().clear();
  }

  private RedshiftSinkBuilder builder() {
    return RedshiftSink.builder(
            LocalRedshift.SERVER.jdbcUrl(), schema + ".clicks", LocalRedshift.storage("logs"))
        .user(LocalRedshift.SERVER.user(), LocalRedshift.SERVER.password())
        .columns(List.of("id", "n"));
  }

  private void createTables() {
    LocalRedshift.execute(
        "CREATE TABLE " + schema + ".clicks (id varchar(64), n bigint)",
        Statements.createHistory(new TableName(schema, "millrace_load_history")));
  }

  private static List<Finding> check(RedshiftSinkBuilder builder) {
    return new DatabaseCheck(builder).run();
  }

  @Test
  void what_works_is_said_and_nothing_is_changed() {
    createTables();
    LocalRedshift.execute("INSERT INTO " + schema + ".clicks VALUES ('a', 1)");
    List<Finding> findings = check(builder().mergeKey(List.of("id")).deleteWhen("op=x"));
    assertThat(findings).allMatch(Finding::ok);
    assertThat(findings)
        .extracting(Finding::text)
        .containsExactly(
            "The database at "
                + LocalRedshift.SERVER.jdbcUrl().split("[?]")[0]
                + " can be reached.",
            "The history " + schema + ".millrace_load_history can be locked, read and written to.",
            "The table " + schema + ".clicks has the columns id, n, and can be written to.",
            "Nothing was loaded: whether Redshift itself may read the bucket shows with the first"
                + " load.");
    assertThat(LocalRedshift.rows("SELECT id FROM " + schema + ".clicks")).containsExactly("a");
    assertThat(LocalRedshift.rows("SELECT * FROM " + schema + ".millrace_load_history")).isEmpty();
  }

  @Test
  void tables_that_are_missing_are_bad_unless_they_are_created() {
    assertThat(check(builder()))
        .filteredOn(f -> !f.ok())
        .extracting(Finding::text)
        .hasSize(2)
        .allMatch(text -> text.contains("createTable: true or createHistory: true"));
    assertThat(
            check(
                builder()
                    .createTable(LocalRedshift.columns(), null, List.of())
                    .createHistory(true)))
        .allMatch(Finding::ok)
        .extracting(Finding::text)
        .contains(
            schema + ".clicks is not there yet, and is created at the first load.",
            schema + ".millrace_load_history is not there yet, and is created at the first load.");
  }

  @Test
  void a_column_that_is_missing_is_named() {
    createTables();
    assertThat(check(builder().columns(List.of("id", "colour"))))
        .filteredOn(f -> !f.ok())
        .singleElement()
        .extracting(Finding::text)
        .asString()
        .contains("42703", "colour", "look at columns, mergeKey and deleteWhen");
  }

  @Test
  void a_table_that_is_no_history_is_bad() {
    createTables();
    LocalRedshift.execute("CREATE TABLE " + schema + ".files (file varchar(255))");
    assertThat(check(builder().historyTable(schema + ".files")))
        .filteredOn(f -> !f.ok())
        .hasSize(1);
  }

  @Test
  void a_right_that_is_missing_is_bad() {
    createTables();
    String user = "u" + UUID.randomUUID().toString().replace("-", "");
    LocalRedshift.execute(
        "CREATE USER " + user + " PASSWORD 'Secret1word'",
        "GRANT USAGE ON SCHEMA " + schema + " TO " + user,
        "GRANT SELECT ON " + schema + ".clicks TO " + user,
        "GRANT SELECT ON " + schema + ".millrace_load_history TO " + user);
    assertThat(check(builder().user(user, "Secret1word")))
        .filteredOn(f -> !f.ok())
        .extracting(Finding::text)
        .hasSize(2)
        .allMatch(text -> text.contains("42501") && text.contains("the user lacks a right"));
    LocalRedshift.execute(
        "GRANT INSERT, SELECT ON " + schema + ".clicks TO " + user,
        "GRANT INSERT, SELECT, UPDATE, DELETE ON " + schema + ".millrace_load_history TO " + user);
    assertThat(check(builder().user(user, "Secret1word"))).allMatch(Finding::ok);
  }

  @Test
  void a_wrong_password_and_a_server_that_is_not_there_say_what_to_look_at() {
    assertThat(check(builder().user("nobody", "wrong")))
        .singleElement()
        .extracting(Finding::text)
        .asString()
        .contains("look at user, password and url")
        .doesNotContain("wrong");
    assertThat(
            check(
                RedshiftSink.builder(
                        "jdbc:redshift://127.0.0.1:1/dev?ssl=false",
                        "clicks",
                        LocalRedshift.storage("logs"))
                    .user("u", "p")
                    .columns(List.of("id"))))
        .singleElement()
        .extracting(Finding::text)
        .asString()
        .contains("Could not connect to jdbc:redshift://127.0.0.1:1/dev");
  }
}
