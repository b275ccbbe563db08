package io.millrace.connectors.redshift;

import io.millrace.connectors.sink.Exclusion;
import io.millrace.connectors.sink.Positions;
import io.millrace.connectors.sink.SinkException;
import io.millrace.kcl.time.Clock;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One run of a load's transaction, on one connection, by one thread. */
final class Transaction {
  private final Statements statements;
  private final LoadTarget target;
  private final CopyOptions options;
  private final FileRows fileRows;
  private final Clock clock;
  private final Load load;
  private String step = "connect, and create tables on request";

  Transaction(
      Statements statements,
      LoadTarget target,
      CopyOptions options,
      FileRows fileRows,
      Clock clock,
      Load load) {
    this.statements = statements;
    this.target = target;
    this.options = options;
    this.fileRows = fileRows;
    this.clock = clock;
    this.load = load;
  }

  /** What it is, or was, about to do, for messages. */
  String doing() {
    return "load " + load.describe() + " into " + target.table() + " (" + step + ")";
  }

  LoadResult run(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    step = "lock the history " + target.history();
    execute(connection, statements.lock());
    step = "look into the history " + target.history();
    List<SourceRange> found = lookUp(connection);
    if (!found.isEmpty()) {
      connection.rollback();
      return new LoadResult.Found(found);
    }
    List<SourceRange> ranges = load.ranges();
    if (!load.files().isEmpty()) {
      step = "create a temporary table like " + target.table();
      execute(connection, statements.createStaging());
      step = "COPY " + load.manifest();
      execute(connection, statements.copy(load.manifest()));
      ranges = withoutDropped(connection);
      step = "write to " + target.table();
      for (String statement : statements.apply()) {
        execute(connection, statement);
      }
    }
    step = "write to the history " + target.history();
    insertHistory(connection, ranges);
    step = "commit";
    connection.commit();
    return new LoadResult.Loaded(ranges);
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  // --- the history ---

  private record Part(String end, long rows, String exclusions) {}

  private List<SourceRange> lookUp(Connection connection) throws SQLException {
    Map<List<String>, List<Part>> rows = new LinkedHashMap<>();
    List<SourceRange> ranges = load.ranges();
    for (int from = 0; from < ranges.size(); from += Statements.ROWS_AT_A_TIME) {
      List<SourceRange> some =
          ranges.subList(from, Math.min(ranges.size(), from + Statements.ROWS_AT_A_TIME));
      try (PreparedStatement query = connection.prepareStatement(statements.lookUp(some.size()))) {
        query.setString(1, target.table().toString());
        for (int i = 0; i < some.size(); i++) {
          query.setString(i + 2, some.get(i).firstText());
        }
        try (ResultSet result = query.executeQuery()) {
          while (result.next()) {
            List<String> identity =
                List.of(result.getString(1), result.getString(2), result.getString(3));
            String exclusions = result.getString(7);
            rows.computeIfAbsent(identity, k -> new ArrayList<>())
                .add(
                    new Part(
                        result.getString(5),
                        result.getLong(6),
                        exclusions == null ? "" : exclusions));
          }
        }
      }
    }
    List<SourceRange> found = new ArrayList<>();
    for (SourceRange range : ranges) {
      List<Part> parts = rows.get(List.of(range.stream(), range.shardId(), range.firstText()));
      if (parts != null) {
        found.add(foundRange(range, parts));
      }
    }
    return found;
  }

  private SourceRange foundRange(SourceRange range, List<Part> parts) {
    StringBuilder exclusions = new StringBuilder();
    parts.forEach(part -> exclusions.append(part.exclusions()));
    try {
      return new SourceRange(
          range.stream(),
          range.shardId(),
          range.first(),
          Positions.parse(parts.get(0).end()),
          Exclusions.parse(exclusions.toString()),
          parts.get(0).rows());
    } catch (IllegalArgumentException e) {
      throw SinkException.needsSomebody(
          "The history "
              + target.history()
              + " has a row about "
              + range.describe()
              + " that is damaged ("
              + e.getMessage()
              + "); put it back from a backup",
          e);
    }
  }

  private void insertHistory(Connection connection, List<SourceRange> ranges) throws SQLException {
    Timestamp now =
        Timestamp.valueOf(
            LocalDateTime.ofInstant(Instant.ofEpochMilli(clock.wallMillis()), ZoneOffset.UTC));
    List<List<Object>> rows = new ArrayList<>();
    for (SourceRange range : ranges) {
      List<String> parts = Exclusions.parts(range.exclusions());
      for (int part = 0; part < parts.size(); part++) {
        List<Object> row = new ArrayList<>();
        row.add(target.table().toString());
        row.add(range.stream());
        row.add(range.shardId());
        row.add(range.firstText());
        row.add(part);
        row.add(Positions.sortable(range.end()));
        row.add(range.rows());
        row.add(parts.get(part));
        row.add(load.manifest() == null ? null : load.manifest().toString());
        row.add(now);
        rows.add(row);
      }
    }
    for (int from = 0; from < rows.size(); from += Statements.ROWS_AT_A_TIME) {
      insert(
          connection, rows.subList(from, Math.min(rows.size(), from + Statements.ROWS_AT_A_TIME)));
    }
  }

  private void insert(Connection connection, List<List<Object>> rows) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(statements.insertHistory(rows.size()))) {
      int parameter = 1;
      for (List<Object> row : rows) {
        for (Object value : row) {
          if (value == null) {
            insert.setNull(parameter++, java.sql.Types.VARCHAR);
          } else if (value instanceof Timestamp time) {
            insert.setTimestamp(parameter++, time);
          } else if (value instanceof Integer number) {
            insert.setInt(parameter++, number);
          } else if (value instanceof Long number) {
            insert.setLong(parameter++, number);
          } else {
            insert.setString(parameter++, (String) value);
          }
        }
      }
      insert.executeUpdate();
    }
  }

  // --- rows that COPY has dropped ---

  private List<SourceRange> withoutDropped(Connection connection) throws SQLException {
    step = "count what COPY has loaded";
    long loaded;
    try (Statement count = connection.createStatement();
        ResultSet result = count.executeQuery(statements.countStaged())) {
      result.next();
      loaded = result.getLong(1);
    }
    if (loaded == load.rows()) {
      return load.ranges();
    }
    if (loaded > load.rows() || options.maxErrors() == 0) {
      throw SinkException.needsSomebody(
          "Could not "
              + doing()
              + ": COPY of "
              + load.manifest()
              + " has loaded "
              + loaded
              + " rows, and the files have "
              + load.rows()
              + "; nothing was committed. Look whether somebody else writes below this prefix",
          null);
    }
    step = "find the rows that COPY has dropped";
    List<DroppedRow> dropped = dropped(connection);
    if (loaded + dropped.size() != load.rows()) {
      throw SinkException.passing(
          "Could not "
              + doing()
              + ": COPY has dropped "
              + (load.rows() - loaded)
              + " rows, and the load-error view tells of "
              + dropped.size()
              + "; nothing was committed, and it is tried again",
          null);
    }
    refuseIfStaged(connection, dropped);
    return exclude(connection, dropped);
  }

  private List<DroppedRow> dropped(Connection connection) throws SQLException {
    Map<LoadFile, List<LoadError>> errors = new LinkedHashMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(Statements.LOAD_ERRORS)) {
      while (result.next()) {
        LoadError error =
            new LoadError(
                result.getString(1).strip(),
                result.getLong(2),
                (text(result.getString(3)) + ": " + text(result.getString(4))).strip());
        errors.computeIfAbsent(file(error), f -> new ArrayList<>()).add(error);
      }
    }
    Map<List<String>, DroppedRow> rows = new LinkedHashMap<>();
    for (Map.Entry<LoadFile, List<LoadError>> of : errors.entrySet()) {
      try {
        for (DroppedRow row : fileRows.find(of.getKey(), of.getValue())) {
          rows.putIfAbsent(List.of(row.source(), row.position()), row);
        }
      } catch (IOException e) {
        throw SinkException.passing(
            "Could not " + doing() + " in " + of.getKey().location() + ": " + e.getMessage(), e);
      }
    }
    return List.copyOf(rows.values());
  }

  private static String text(String value) {
    return value == null ? "" : value.strip().replaceAll("\\s+", " ");
  }

  /** The view cuts long names off. */
  private LoadFile file(LoadError error) {
    List<LoadFile> candidates =
        load.files().stream()
            .filter(
                file ->
                    !error.file().isEmpty() && file.location().toString().startsWith(error.file()))
            .toList();
    if (candidates.size() != 1) {
      throw SinkException.needsSomebody(
          "Could not "
              + doing()
              + ": the load-error view names the file '"
              + error.file()
              + "', which is "
              + (candidates.isEmpty() ? "none" : "the beginning of several")
              + " of those that were loaded; make prefix shorter",
          null);
    }
    return candidates.get(0);
  }

  /** That a line was counted wrongly would lose one row and double another. */
  private void refuseIfStaged(Connection connection, List<DroppedRow> dropped) throws SQLException {
    for (int from = 0; from < dropped.size(); from += Statements.ROWS_AT_A_TIME) {
      List<DroppedRow> some =
          dropped.subList(from, Math.min(dropped.size(), from + Statements.ROWS_AT_A_TIME));
      try (PreparedStatement query =
          connection.prepareStatement(statements.findStaged(some.size()))) {
        for (int i = 0; i < some.size(); i++) {
          query.setString(i + 1, some.get(i).position());
        }
        try (ResultSet result = query.executeQuery()) {
          while (result.next()) {
            String source = result.getString(1);
            String position = result.getString(2);
            if (some.stream()
                .anyMatch(row -> row.source().equals(source) && row.position().equals(position))) {
              throw SinkException.needsSomebody(
                  "Could not "
                      + doing()
                      + ": the load-error view tells of a line that COPY has loaded, that of "
                      + source
                      + " at "
                      + position
                      + "; nothing was committed. Set maxErrors to 0 and report this",
                  null);
            }
          }
        }
      }
    }
  }

  /** What a record made is stored together, or not at all. */
  private List<SourceRange> exclude(Connection connection, List<DroppedRow> dropped)
      throws SQLException {
    step = "take out what belongs to dropped rows";
    List<Map<String, Exclusion>> excluded = new ArrayList<>();
    List<Long> rows = new ArrayList<>();
    for (SourceRange range : load.ranges()) {
      excluded.add(new LinkedHashMap<>());
      rows.add(range.rows());
    }
    try (PreparedStatement delete = connection.prepareStatement(statements.deleteStagedRecord())) {
      for (DroppedRow row : dropped) {
        int index = rangeOf(row);
        rows.set(index, rows.get(index) - 1);
        Exclusion exclusion = new Exclusion(row.record(), "COPY dropped it: " + row.reason());
        if (excluded.get(index).putIfAbsent(row.recordText(), exclusion) == null) {
          delete.setString(1, row.source());
          delete.setString(2, row.recordText() + ".%");
          rows.set(index, rows.get(index) - delete.executeUpdate());
        }
      }
    }
    List<SourceRange> ranges = new ArrayList<>();
    for (int i = 0; i < load.ranges().size(); i++) {
      ranges.add(load.ranges().get(i).without(List.copyOf(excluded.get(i).values()), rows.get(i)));
    }
    return ranges;
  }

  private int rangeOf(DroppedRow row) {
    for (int i = 0; i < load.ranges().size(); i++) {
      SourceRange range = load.ranges().get(i);
      if (range.source().equals(row.source())
          && range.first().compareTo(row.record()) <= 0
          && row.record().compareTo(range.end()) <= 0) {
        return i;
      }
    }
    throw SinkException.needsSomebody(
        "Could not "
            + doing()
            + ": a file has a row of "
            + row.source()
            + " at "
            + row.position()
            + ", which is in none of the ranges; nothing was committed",
        null);
  }
}
