package io.millrace.embedded.redshift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Amazon's driver on the stand-in. */
class EmbeddedRedshiftTest {
  private static final String ROLE = " IAM_ROLE 'arn:aws:iam::000000000000:role/copy' ";

  private static FakeS3 s3;
  private static EmbeddedRedshift redshift;

  private Connection connection;

  @BeforeAll
  static void start() {
    s3 = new FakeS3();
    redshift = EmbeddedRedshift.start(s3.endpoint());
  }

  @AfterAll
  static void stop() {
    redshift.close();
    s3.close();
  }

  @BeforeEach
  void connect() throws SQLException {
    s3.clear();
    connection = newConnection();
  }

  @AfterEach
  void disconnect() throws SQLException {
    redshift.faults().clear();
    connection.close();
    try (Connection c = newConnection()) {
      execute(c, "DROP TABLE IF EXISTS t, history");
    }
  }

  private static Connection newConnection() throws SQLException {
    return DriverManager.getConnection(redshift.jdbcUrl(), redshift.user(), redshift.password());
  }

  private static void execute(Connection c, String... statements) throws SQLException {
    try (Statement s = c.createStatement()) {
      for (String sql : statements) {
        s.execute(sql);
      }
    }
  }

  private static List<String> rows(Connection c, String sql) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Statement s = c.createStatement();
        ResultSet found = s.executeQuery(sql)) {
      while (found.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= found.getMetaData().getColumnCount(); i++) {
          String value = found.getString(i);
          row.add(value == null ? "null" : value.stripTrailing());
        }
        rows.add(String.join("|", row));
      }
    }
    return rows;
  }

  @Test
  void a_manifest_of_csv_files_is_loaded_in_a_transaction() throws SQLException {
    s3.put("a.csv", "1,one\n2,\"two, quoted\"\n");
    s3.put("b.csv", "3,three\n");
    s3.put(
        "m",
        "{\"entries\":[{\"url\":\"s3://data/a.csv\",\"mandatory\":true},"
            + "{\"url\":\"s3://data/b.csv\",\"mandatory\":true}]}");
    execute(
        connection,
        "CREATE TABLE history (shard VARCHAR(64))",
        "CREATE TABLE t (id INT, name VARCHAR(20))");
    connection.setAutoCommit(false);
    execute(connection, "LOCK history", "CREATE TEMP TABLE stage (LIKE t)");
    execute(connection, "COPY stage (id, name) FROM 's3://data/m'" + ROLE + "MANIFEST CSV");
    assertThat(rows(connection, "SELECT pg_last_copy_count()")).containsExactly("3");
    execute(connection, "INSERT INTO t SELECT * FROM stage");
    try (PreparedStatement insert = connection.prepareStatement("INSERT INTO history VALUES (?)")) {
      insert.setString(1, "shardId-0");
      insert.executeUpdate();
    }
    connection.commit();
    assertThat(rows(connection, "SELECT id, name FROM t ORDER BY id"))
        .containsExactly("1|one", "2|two, quoted", "3|three");
    connection.rollback();
  }

  @Test
  void a_mandatory_file_that_is_missing_fails_the_copy_and_its_transaction() throws SQLException {
    s3.put("m", "{\"entries\":[{\"url\":\"s3://data/gone.csv\",\"mandatory\":true}]}");
    execute(connection, "CREATE TABLE t (id INT)");
    connection.setAutoCommit(false);
    execute(connection, "INSERT INTO t VALUES (1)");
    assertThatThrownBy(
            () -> execute(connection, "COPY t FROM 's3://data/m'" + ROLE + "MANIFEST CSV"))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("Mandatory url is not present in manifest file: s3://data/gone.csv");
    assertThatThrownBy(() -> execute(connection, "SELECT 1")).hasMessageContaining("aborted");
    connection.rollback();
    assertThat(rows(connection, "SELECT * FROM t")).isEmpty();
    connection.rollback();
  }

  @Test
  void json_is_loaded_by_the_names_of_keys() throws SQLException {
    s3.put("x.json", "{\"id\": 1, \"name\": \"a\"}\n{\"name\": \"b\\nc\", \"other\": []}\n");
    execute(connection, "CREATE TABLE t (id INT, name VARCHAR(20))");
    execute(connection, "COPY t FROM 's3://data/x'" + ROLE + "JSON 'auto'");
    assertThat(rows(connection, "SELECT id, name FROM t ORDER BY id"))
        .containsExactly("1|a", "null|b\nc");
  }

  /** Rows that cannot be loaded, in a file that is otherwise good. */
  private void putBadRows() {
    s3.put("bad.csv", "1,a\nx,b\n3,c\n4,toolong\n5,e,f\n6,f\n");
  }

  @Test
  void dropped_rows_are_in_the_views_even_for_a_transaction_that_began_before()
      throws SQLException {
    putBadRows();
    execute(connection, "CREATE TABLE t (id INT, name VARCHAR(5))");
    connection.setAutoCommit(false);
    assertThat(rows(connection, "SELECT count(*) FROM t")).containsExactly("0");
    execute(connection, "COPY t FROM 's3://data/bad'" + ROLE + "CSV MAXERROR 4");
    assertThat(rows(connection, "SELECT pg_last_copy_count()")).containsExactly("3");
    assertThat(
            rows(
                connection,
                "SELECT filename, line_number, colname, type, col_length, raw_line,"
                    + " raw_field_value, err_code, err_reason FROM stl_load_errors"
                    + " WHERE query = pg_last_copy_id() ORDER BY line_number"))
        .containsExactly(
            "s3://data/bad.csv|2|id|int4|0|x,b|x|1207|Invalid digit, Value 'x', Pos 0, Type:"
                + " Integer",
            "s3://data/bad.csv|4|name|varchar|5|4,toolong|toolong|1204|String length exceeds DDL"
                + " length",
            "s3://data/bad.csv|5||||5,e,f||1202|Extra column(s) found");
    assertThat(
            rows(
                connection,
                "SELECT file_name, line_number, column_name, error_code FROM"
                    + " sys_load_error_detail WHERE query_id = pg_last_copy_id() ORDER BY 2"))
        .containsExactly(
            "s3://data/bad.csv|2|id|1207",
            "s3://data/bad.csv|4|name|1204",
            "s3://data/bad.csv|5||1202");
    connection.rollback();
    assertThat(rows(connection, "SELECT count(*) FROM t")).containsExactly("0");
    connection.rollback();
  }

  @Test
  void as_many_bad_rows_as_maxerror_fail_the_copy_and_stay_in_the_views() throws SQLException {
    putBadRows();
    execute(connection, "CREATE TABLE t (id INT, name VARCHAR(5))");
    String before = rows(connection, "SELECT count(*) FROM stl_load_errors").get(0);
    for (String maxError : List.of("", "MAXERROR 0", "MAXERROR 3")) {
      assertThatThrownBy(
              () -> execute(connection, "COPY t FROM 's3://data/bad'" + ROLE + "CSV " + maxError))
          .hasMessageContaining(
              "Load into table 't' failed.  Check 'stl_load_errors' system table for details.");
    }
    assertThat(rows(connection, "SELECT count(*) FROM t")).containsExactly("0");
    assertThat(rows(connection, "SELECT count(*) FROM stl_load_errors"))
        .containsExactly(String.valueOf(Integer.parseInt(before) + 5));
  }

  @Test
  void files_are_unpacked_and_those_of_a_prefix_taken_together() throws Exception {
    for (int i = 0; i < 7; i++) {
      ByteArrayOutputStream packed = new ByteArrayOutputStream();
      try (OutputStream out = new GZIPOutputStream(packed)) {
        out.write((i + "|z\n").getBytes(StandardCharsets.UTF_8));
      }
      s3.put("p/x " + i + "+.gz", packed.toByteArray());
    }
    s3.put("q.zst", Zstd.compress("9|z\n".getBytes(StandardCharsets.UTF_8)));
    execute(connection, "CREATE TABLE t (id INT, name VARCHAR(5))");
    execute(connection, "COPY t FROM 's3://data/p/'" + ROLE + "GZIP");
    execute(connection, "COPY t FROM 's3://data/q'" + ROLE + "ZSTD");
    assertThat(rows(connection, "SELECT count(*), sum(id) FROM t")).containsExactly("8|30");
    assertThatThrownBy(() -> execute(connection, "COPY t FROM 's3://data/q'" + ROLE + "GZIP"))
        .hasMessageContaining("The file is not compressed with GZIP");
    assertThatThrownBy(() -> execute(connection, "COPY t FROM 's3://data/none'" + ROLE))
        .hasMessageContaining("The specified S3 prefix 'none' does not exist");
    assertThatThrownBy(() -> execute(connection, "COPY t FROM 's3://elsewhere/x'" + ROLE))
        .hasMessageContaining("The specified bucket does not exist");
  }

  @Test
  void parquet_is_loaded_by_the_order_of_its_columns() throws Exception {
    byte[] file = ParquetFiles.of(1_000);
    s3.put("f.parquet", file);
    s3.put(
        "m",
        "{\"entries\":[{\"url\":\"s3://data/f.parquet\",\"meta\":{\"content_length\":"
            + file.length
            + "}}]}");
    s3.put("no-length", "{\"entries\":[{\"url\":\"s3://data/f.parquet\"}]}");
    execute(
        connection,
        "CREATE TABLE t (id BIGINT, name VARCHAR(20), price DECIMAL(8,2), at TIMESTAMP, yes BOOL)");
    execute(connection, "COPY t FROM 's3://data/m'" + ROLE + "FORMAT AS PARQUET MANIFEST");
    assertThat(rows(connection, "SELECT count(*) FROM t")).containsExactly("1000");
    assertThat(rows(connection, "SELECT * FROM t WHERE id IN (6, 7) ORDER BY id"))
        .containsExactly(
            "6|null|0.06|2023-11-14 22:13:26.000001|t", "7|n7|0.07|2023-11-14 22:13:27.000001|f");
    assertThatThrownBy(
            () ->
                execute(
                    connection, "COPY t FROM 's3://data/no-length'" + ROLE + "PARQUET MANIFEST"))
        .hasMessageContaining("File size entry not found in manifest");
    assertThatThrownBy(
            () -> execute(connection, "COPY t (id, name) FROM 's3://data/f'" + ROLE + "PARQUET"))
        .hasMessageContaining(
            "Unmatched number of columns between table and file. Table columns: 2, Data columns: 5");
    s3.put("f.parquet", "nothing of that kind");
    assertThatThrownBy(() -> execute(connection, "COPY t FROM 's3://data/f'" + ROLE + "PARQUET"))
        .hasMessageContaining("is no Parquet file");
  }

  @Test
  void a_transaction_sees_its_snapshot_which_begins_after_the_lock() throws Exception {
    execute(connection, "CREATE TABLE history (n INT)");
    connection.setAutoCommit(false);
    execute(connection, "LOCK history");
    CompletableFuture<List<String>> second =
        CompletableFuture.supplyAsync(
            () -> {
              try (Connection other = newConnection()) {
                other.setAutoCommit(false);
                execute(other, "LOCK history");
                return rows(other, "SELECT n FROM history");
              } catch (SQLException e) {
                throw new IllegalStateException(e);
              }
            });
    await().until(() -> waitingForLocks() == 1);
    execute(connection, "INSERT INTO history VALUES (1)");
    connection.commit();
    assertThat(second.get(20, TimeUnit.SECONDS)).containsExactly("1");
    assertThat(rows(connection, "SELECT n FROM history")).containsExactly("1");
    try (Connection other = newConnection()) {
      execute(other, "INSERT INTO history VALUES (2)");
    }
    assertThat(rows(connection, "SELECT n FROM history")).containsExactly("1");
    connection.rollback();
    assertThat(rows(connection, "SELECT n FROM history ORDER BY n")).containsExactly("1", "2");
    connection.rollback();
  }

  private static int waitingForLocks() throws SQLException {
    try (Connection postgres = DriverManager.getConnection(redshift.postgresUrl())) {
      return Integer.parseInt(
          rows(postgres, "SELECT count(*) FROM pg_locks WHERE NOT granted").get(0));
    }
  }

  @Test
  void keys_are_hints_and_what_was_said_of_a_table_can_be_asked() throws SQLException {
    execute(
        connection,
        "CREATE TABLE t (id INT ENCODE raw PRIMARY KEY, doc SUPER) DISTKEY (id) SORTKEY (id)",
        "INSERT INTO t VALUES (1, NULL), (1, NULL)");
    assertThat(rows(connection, "SELECT count(*) FROM t")).containsExactly("2");
    assertThatThrownBy(() -> execute(connection, "INSERT INTO t VALUES (NULL, NULL)"))
        .hasMessageContaining("not-null");
    assertThat(redshift.createdTables())
        .contains(
            new CreatedTable(
                "t",
                List.of("DISTKEY (id)", "SORTKEY (id)"),
                List.of("id ENCODE raw", "id PRIMARY KEY")));
  }

  @Test
  void truncate_commits() throws SQLException {
    execute(connection, "CREATE TABLE t (id INT)", "CREATE TABLE history (id INT)");
    execute(connection, "INSERT INTO t VALUES (1)");
    connection.setAutoCommit(false);
    execute(connection, "INSERT INTO history VALUES (1)", "TRUNCATE t");
    connection.rollback();
    assertThat(rows(connection, "SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM history)"))
        .containsExactly("0|1");
    connection.rollback();
  }

  @Test
  void a_cut_before_commit_rolls_back_and_one_after_it_does_not() throws SQLException {
    execute(connection, "CREATE TABLE t (id INT)");
    for (int i = 0; i < 2; i++) {
      try (Connection cut = newConnection()) {
        cut.setAutoCommit(false);
        execute(cut, "INSERT INTO t VALUES (" + i + ")");
        if (i == 0) {
          redshift.faults().cutBefore("^commit", 1);
        } else {
          redshift.faults().cutAfter("^commit", 1);
        }
        assertThatThrownBy(cut::commit).isInstanceOf(SQLException.class);
      }
    }
    assertThat(rows(connection, "SELECT id FROM t")).containsExactly("1");
  }

  @Test
  void a_cut_after_a_copy_outside_of_a_transaction_leaves_its_rows() throws SQLException {
    s3.put("a", "1\n");
    execute(connection, "CREATE TABLE t (id INT)");
    redshift.faults().cutAfter("^copy", 2);
    for (int i = 0; i < 2; i++) {
      try (Connection cut = newConnection()) {
        if (i == 1) {
          assertThatThrownBy(() -> execute(cut, "COPY t FROM 's3://data/a'" + ROLE))
              .isInstanceOf(SQLException.class);
        } else {
          execute(cut, "COPY t FROM 's3://data/a'" + ROLE);
        }
      }
    }
    assertThat(rows(connection, "SELECT count(*) FROM t")).containsExactly("2");
  }

  @Test
  void a_cut_after_a_statement_of_a_transaction_rolls_it_back() throws SQLException {
    s3.put("a", "1\n");
    execute(connection, "CREATE TABLE t (id INT)");
    redshift.faults().cutAfter("^copy", 1);
    try (Connection cut = newConnection()) {
      cut.setAutoCommit(false);
      assertThatThrownBy(() -> execute(cut, "COPY t FROM 's3://data/a'" + ROLE))
          .isInstanceOf(SQLException.class);
    }
    assertThat(rows(connection, "SELECT count(*) FROM t")).containsExactly("0");
  }

  @Test
  void a_statement_is_refused_once_and_another_is_held_until_released() throws Exception {
    execute(connection, "CREATE TABLE t (id INT)");
    redshift.faults().refuse("insert", 1, "57014", "Query (1) cancelled on user's request");
    assertThatThrownBy(() -> execute(connection, "INSERT INTO t VALUES (1)"))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("57014"));
    Faults.Hold hold = redshift.faults().hold("insert", 1);
    CompletableFuture<Void> insert =
        CompletableFuture.runAsync(
            () -> {
              try (Connection other = newConnection()) {
                execute(other, "INSERT INTO t VALUES (2)");
              } catch (SQLException e) {
                throw new IllegalStateException(e);
              }
            });
    assertThat(hold.awaitReached(Duration.ofSeconds(20))).isTrue();
    assertThat(rows(connection, "SELECT count(*) FROM t")).containsExactly("0");
    hold.release();
    insert.get(20, TimeUnit.SECONDS);
    assertThat(rows(connection, "SELECT id FROM t")).containsExactly("2");
    assertThat(redshift.faults().statements()).contains("INSERT INTO t VALUES (2)");
  }

  @Test
  void a_wrong_password_an_unknown_user_and_a_missing_right_are_refused() throws SQLException {
    assertThatThrownBy(() -> DriverManager.getConnection(redshift.jdbcUrl(), "awsuser", "no"))
        .hasMessageContaining("password authentication failed for user \"awsuser\"");
    assertThatThrownBy(() -> DriverManager.getConnection(redshift.jdbcUrl(), "nobody", "no"))
        .hasMessageContaining("password authentication failed for user \"nobody\"");
    execute(connection, "CREATE TABLE t (id INT)", "CREATE USER reader PASSWORD 'Reader1'");
    try (Connection reader = DriverManager.getConnection(redshift.jdbcUrl(), "reader", "Reader1")) {
      s3.put("a", "1\n");
      assertThatThrownBy(() -> execute(reader, "COPY t FROM 's3://data/a'" + ROLE))
          .hasMessageContaining("permission denied");
    }
  }

  @Test
  void several_statements_in_one_text_and_a_batch_are_executed_in_order() throws SQLException {
    execute(
        connection, "CREATE TABLE t (id INT); INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)");
    connection.setAutoCommit(false);
    try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t VALUES (?)")) {
      for (int i = 0; i < 5_000; i++) {
        insert.setInt(1, i);
        insert.addBatch();
      }
      insert.executeBatch();
    }
    connection.commit();
    connection.setAutoCommit(true);
    assertThat(rows(connection, "SELECT count(*) FROM t")).containsExactly("5002");
    try (Statement s = connection.createStatement()) {
      s.setFetchSize(10);
      connection.setAutoCommit(false);
      int n = 0;
      try (ResultSet found = s.executeQuery("SELECT id, repeat('x', 1000) FROM t")) {
        while (found.next()) {
          n++;
        }
      }
      assertThat(n).isEqualTo(5002);
    }
    connection.rollback();
  }

  @Test
  void a_failed_statement_leaves_the_connection_usable() throws SQLException {
    execute(connection, "CREATE TABLE t (id INT)");
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> execute(connection, "COPY missing FROM 's3://data/a'" + ROLE))
          .hasMessageContaining("missing");
      assertThatThrownBy(
              () -> execute(connection, "INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING"))
          .hasMessageContaining("not supported by Redshift");
      assertThatThrownBy(() -> execute(connection, "SELECT nonsense"))
          .hasMessageContaining("nonsense");
      assertThat(rows(connection, "SELECT 1")).containsExactly("1");
    }
  }

  @Test
  void a_large_load_comes_in_pieces() throws SQLException {
    StringBuilder csv = new StringBuilder();
    for (int i = 0; i < 100_000; i++) {
      csv.append(i).append(",name of ").append(i).append('\n');
    }
    s3.put("large", csv.toString());
    execute(connection, "CREATE TABLE t (id INT, name VARCHAR(40))");
    execute(connection, "COPY t FROM 's3://data/large'" + ROLE + "CSV");
    assertThat(rows(connection, "SELECT count(*), max(id), max(length(name)) FROM t"))
        .containsExactly("100000|99999|13");
  }

  @Test
  void settings_and_views_of_redshift_are_there() throws SQLException {
    execute(connection, "SET query_group TO 'loader'", "SET statement_timeout TO 60000");
    assertThat(rows(connection, "SHOW query_group")).containsExactly("loader");
    assertThat(rows(connection, "SELECT count(*) FROM stv_slices")).containsExactly("2");
    assertThat(rows(connection, "SELECT current_database()")).containsExactly("dev");
    assertThat(rows(connection, "SELECT version()").get(0)).contains("Redshift");
    assertThat(rows(connection, "SELECT pg_last_copy_id()")).containsExactly("-1");
    execute(connection, "CREATE TABLE t (id INT NOT NULL)");
    assertThat(
            rows(
                connection,
                "SELECT schemaname, \"column\", type, \"notnull\" FROM pg_table_def WHERE"
                    + " tablename = 't'"))
        .containsExactly("public|id|integer|t");
    try (Statement s = connection.createStatement();
        ResultSet none = s.executeQuery("SELECT * FROM t WHERE false")) {
      assertThat(none.getMetaData().getColumnName(1)).isEqualTo("id");
      assertThat(none.getMetaData().getColumnTypeName(1)).isEqualTo("int4");
    }
  }

  @Test
  void merge_updates_and_inserts() throws SQLException {
    execute(
        connection,
        "CREATE TABLE t (id INT, name VARCHAR(9))",
        "INSERT INTO t VALUES (1, 'old')",
        "CREATE TEMP TABLE s (LIKE t)",
        "INSERT INTO s VALUES (1, 'new'), (2, 'two')",
        "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET name = s.name"
            + " WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, s.name)");
    assertThat(rows(connection, "SELECT id, name FROM t ORDER BY id"))
        .containsExactly("1|new", "2|two");
  }

  @Test
  void roles_and_keys_that_are_not_allowed_are_refused() {
    AllowedAccess some = new AllowedAccess(Set.of("arn:aws:iam::000000000000:role/a"), Set.of("K"));
    assertThat(some.allows(new CopyStatement.Access.Role("arn:aws:iam::000000000000:role/a")))
        .isTrue();
    assertThat(some.allows(new CopyStatement.Access.Role("default"))).isFalse();
    assertThat(some.allows(new CopyStatement.Access.Keys("K", "s", ""))).isTrue();
    assertThat(some.allows(new CopyStatement.Access.Keys("L", "s", ""))).isFalse();
  }
}
