package io.millrace.connectors.redshift;

import io.millrace.connectors.config.Finding;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * Looks whether a load could work, by doing what it does in a transaction that is rolled back: lock
 * the history, make the temporary table, write to table and history. COPY is not tried, since there
 * is no file.
 */
final class DatabaseCheck {
  private final RedshiftSinkBuilder settings;
  private final List<Finding> findings = new ArrayList<>();

  DatabaseCheck(RedshiftSinkBuilder settings) {
    this.settings = settings;
  }

  List<Finding> run() {
    try (Connection connection = new Database(settings.address(), List.of()).open()) {
      findings.add(Finding.good("The database at " + settings.address() + " can be reached."));
      tables(connection);
    } catch (SQLException e) {
      bad(e, "connect to " + settings.address());
    }
    return findings;
  }

  private void tables(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    Statements statements = new Statements(settings.target(), settings.copyOptions(null));
    boolean history =
        look(
            connection,
            settings.history,
            settings.createHistory,
            "lock and write to the history " + settings.history,
            "The history " + settings.history + " can be locked, read and written to.",
            List.of(
                statements.lock(),
                statements.lookUp(1).replace("?", "''"),
                Statements.emptyHistory(settings.history)));
    boolean table =
        look(
            connection,
            settings.table,
            settings.newTable != null,
            "read and write to " + settings.table,
            "The table "
                + settings.table
                + " has the columns "
                + String.join(", ", settings.columnNames())
                + ", and can be written to.",
            tableStatements(statements));
    if (history && table) {
      findings.add(
          Finding.good(
              "Nothing was loaded: whether Redshift itself may read the bucket shows with the first"
                  + " load."));
    }
  }

  private static List<String> tableStatements(Statements statements) {
    List<String> all = new ArrayList<>();
    all.add(statements.createStaging());
    all.addAll(statements.apply());
    return all;
  }

  private boolean look(
      Connection connection,
      TableName name,
      boolean isCreated,
      String doing,
      String good,
      List<String> statements)
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
      findings.add(Finding.good(good));
      return true;
    } catch (SQLException e) {
      if (isCreated && "42P01".equals(e.getSQLState())) {
        findings.add(Finding.good(name + " is not there yet, and is created at the first load."));
        return true;
      }
      bad(e, doing);
      return false;
    } finally {
      connection.rollback();
    }
  }

  private void bad(SQLException e, String doing) {
    findings.add(Finding.bad(SqlErrors.translate(e, doing).getMessage()));
  }
}
