package io.millrace.cli;

import io.millrace.connectors.config.Chosen;
import io.millrace.connectors.config.PipelineConfig;
import io.millrace.connectors.config.SinkProvider;
import io.millrace.connectors.config.Values;
import io.millrace.embedded.redshift.EmbeddedRedshift;
import java.io.PrintWriter;
import java.net.URI;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The stand-in for Redshift that a trial run loads into. */
final class LocalRedshift implements AutoCloseable {

  private static final String SINK = "redshift";
  private static final String MANIFEST_SINK = "redshift-manifest";
  private static final int MOST_ROWS = 20;
  private static final int MOST_CHARACTERS = 160;

  private final EmbeddedRedshift redshift;

  private LocalRedshift(EmbeddedRedshift redshift) {
    this.redshift = redshift;
  }

  static LocalRedshift start(URI s3Endpoint) {
    return new LocalRedshift(EmbeddedRedshift.start(s3Endpoint));
  }

  static boolean isUsedBy(PipelineConfig config) {
    return config.sink().name().equals(SINK) || isStagedIn(config);
  }

  /** Whether there is a second stage, which reads what the first has announced. */
  static boolean isStagedIn(PipelineConfig config) {
    return config.sink().name().equals(MANIFEST_SINK);
  }

  /** The same with this database in place of the one that the file names. */
  PipelineConfig here(PipelineConfig config) {
    Chosen<SinkProvider> sink = config.sink();
    Values values =
        sink.values()
            .without(List.of("s3Endpoint"))
            .with("url", redshift.jdbcUrl())
            .with("user", redshift.user())
            .with("password", redshift.password())
            .with("createHistory", "true");
    if (isStagedIn(config)) {
      values = values.with("createAnnouncements", "true").with("run", "both");
    }
    return config.withSink(new Chosen<>(sink.provider(), values));
  }

  void show(PipelineConfig config, PrintWriter out) {
    String table = LocalResults.text(config.sink().values(), "table").orElseThrow();
    try (Connection connection = DriverManager.getConnection(redshift.postgresUrl());
        Statement statement = connection.createStatement()) {
      out.println(
          "Redshift table "
              + table
              + ": "
              + LocalResults.counted(count(statement, quoted(table)), "row"));
      try (ResultSet rows =
          statement.executeQuery(
              "SELECT * FROM " + quoted(table) + " ORDER BY 1 LIMIT " + MOST_ROWS)) {
        while (rows.next()) {
          out.println("  " + row(rows));
        }
      }
      LocalResults.more(count(statement, quoted(table)) - MOST_ROWS, out);
      out.println("COPY has run " + (copies() == 1 ? "once." : copies() + " times."));
    } catch (SQLException e) {
      out.println("  The table cannot be read: " + e.getMessage());
    }
  }

  private long copies() {
    return redshift.faults().statements().stream()
        .filter(sql -> sql.stripLeading().toLowerCase(Locale.ROOT).startsWith("copy "))
        .count();
  }

  private static int count(Statement statement, String table) throws SQLException {
    try (ResultSet found = statement.executeQuery("SELECT count(*) FROM " + table)) {
      found.next();
      return found.getInt(1);
    }
  }

  private static String quoted(String table) {
    return Arrays.stream(table.replace("\"", "").split("\\."))
        .map(part -> "\"" + part.toLowerCase(Locale.ROOT) + "\"")
        .collect(Collectors.joining("."));
  }

  private static String row(ResultSet rows) throws SQLException {
    StringBuilder row = new StringBuilder();
    for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
      row.append(i == 1 ? "" : "  ")
          .append(rows.getMetaData().getColumnName(i))
          .append('=')
          .append(rows.getString(i));
    }
    return row.length() <= MOST_CHARACTERS
        ? row.toString()
        : row.substring(0, MOST_CHARACTERS - 1) + "…";
  }

  @Override
  public void close() {
    redshift.close();
  }
}
