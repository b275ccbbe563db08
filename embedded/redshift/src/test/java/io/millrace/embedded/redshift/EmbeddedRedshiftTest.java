package io.millrace.embedded.redshift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
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
}
