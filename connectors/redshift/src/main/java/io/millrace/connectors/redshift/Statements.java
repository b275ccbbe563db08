package io.millrace.connectors.redshift;

import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The statements of a load, as Redshift and PostgreSQL both understand them. Only COPY, which takes
 * no parameters, has values in its text.
 *
 * <p>Merging is a DELETE ... USING and an INSERT of the last row of each key. MERGE would refuse a
 * key that is twice in the source, cannot leave out what both inserts and deletes, has another
 * grammar in Redshift than in PostgreSQL (Redshift allows one match and one no-match clause, and no
 * condition on either), and is worked out as a delete and an insert there anyway.
 *
 * <p>TRUNCATE is never used: in Redshift it commits.
 */
class Statements {
  /** Of one statement; drivers count parameters with 15 or 16 bits. */
  static final int ROWS_AT_A_TIME = 500;

  static final List<String> HISTORY_COLUMNS =
      List.of(
          "target_table",
          "stream",
          "shard",
          "first_position",
          "part",
          "end_position",
          "row_count",
          "exclusions",
          "manifest",
          "loaded_at");

  /**
   * What the last COPY of this session has dropped: file, line, column, reason. Both provisioned
   * clusters and serverless workgroups have this view; stl_load_errors only the former.
   */
  static final String LOAD_ERRORS =
      "SELECT file_name, line_number, column_name, error_message FROM sys_load_error_detail"
          + " WHERE query_id = pg_last_copy_id()";

  private final LoadTarget target;
  private final CopyOptions options;

  Statements(LoadTarget target, CopyOptions options) {
    this.target = target;
    this.options = options;
  }

  /**
   * The first statement of the transaction. What a transaction sees is fixed by its first statement
   * that reads: only behind the lock does it see what the one before it has written.
   */
  String lock() {
    return "LOCK TABLE " + target.history().quoted();
  }

  /** Parameters: the table, and so many first positions. */
  String lookUp(int positions) {
    return "SELECT stream, shard, first_position, part, end_position, row_count, exclusions FROM "
        + target.history().quoted()
        + " WHERE target_table = ? AND first_position IN ("
        + String.join(", ", Collections.nCopies(positions, "?"))
        + ") ORDER BY stream, shard, first_position, part";
  }

  /** Parameters: {@link #HISTORY_COLUMNS}, so many times. */
  String insertHistory(int rows) {
    String row = "(" + String.join(", ", Collections.nCopies(HISTORY_COLUMNS.size(), "?")) + ")";
    return "INSERT INTO "
        + target.history().quoted()
        + " ("
        + String.join(", ", HISTORY_COLUMNS)
        + ") VALUES "
        + String.join(", ", Collections.nCopies(rows, row));
  }

  /**
   * The temporary table: the filled columns with their types, in the order of the files (COPY of
   * Parquet goes by order), and those of {@link Staged}. It has no constraint: a row that deletes
   * has its key only.
   */
  String createStaging() {
    return "CREATE TEMPORARY TABLE "
        + Sql.name(Staged.TABLE)
        + " AS SELECT "
        + names(target.columns())
        + ", CAST(NULL AS VARCHAR(300)) AS "
        + Staged.SOURCE
        + ", CAST(NULL AS VARCHAR(200)) AS "
        + Staged.POSITION
        + (target.deletes() ? ", CAST(NULL AS BOOLEAN) AS " + Staged.DELETE : "")
        + " FROM "
        + target.table().quoted()
        + " WHERE 1 = 0";
  }

  /** The columns of the files, in their order. */
  List<String> fileColumns() {
    List<String> columns = new ArrayList<>(target.columns());
    columns.add(Staged.SOURCE);
    columns.add(Staged.POSITION);
    if (target.deletes()) {
      columns.add(Staged.DELETE);
    }
    return columns;
  }

  /** Has credentials in it, maybe: never to be shown. */
  String copy(URI manifest) {
    StringBuilder copy = new StringBuilder("COPY ").append(Sql.name(Staged.TABLE));
    if (options.format() != FileFormat.PARQUET) {
      copy.append(" (").append(names(fileColumns())).append(")");
    }
    copy.append(" FROM ").append(Sql.literal(manifest.toString()));
    copy.append(' ').append(options.credentials().clause()).append(" MANIFEST");
    switch (options.format()) {
      case CSV ->
          copy.append(" FORMAT AS CSV DELIMITER ',' QUOTE '\"' NULL AS ")
              .append(Sql.literal(CopyOptions.CSV_NULL));
      case JSON ->
          copy.append(" FORMAT AS JSON ")
              .append(
                  Sql.literal(
                      options.jsonPaths() == null ? "auto" : options.jsonPaths().toString()));
      case PARQUET -> copy.append(" FORMAT AS PARQUET");
    }
    if (options.format() != FileFormat.PARQUET) {
      if (options.compression() != FileCompression.NONE) {
        copy.append(' ').append(options.compression());
      }
      if (options.timeFormat() != null) {
        copy.append(" TIMEFORMAT ").append(Sql.literal(options.timeFormat()));
      }
      if (options.truncateColumns()) {
        copy.append(" TRUNCATECOLUMNS");
      }
      if (options.maxErrors() > 0) {
        copy.append(" MAXERROR ").append(options.maxErrors());
      }
      if (options.region() != null) {
        copy.append(" REGION ").append(Sql.literal(options.region()));
      }
      // the temporary table is read once: looking for the best encoding is of no use
      copy.append(" COMPUPDATE OFF");
    }
    return copy.append(" STATUPDATE OFF").toString();
  }

  String countStaged() {
    return "SELECT COUNT(*) FROM " + Sql.name(Staged.TABLE);
  }

  /** Parameters: so many positions. */
  String findStaged(int positions) {
    return "SELECT "
        + Staged.SOURCE
        + ", "
        + Staged.POSITION
        + " FROM "
        + Sql.name(Staged.TABLE)
        + " WHERE "
        + Staged.POSITION
        + " IN ("
        + String.join(", ", Collections.nCopies(positions, "?"))
        + ")";
  }

  /** Parameters: the source, and the beginning of the positions of all that a record made. */
  String deleteStagedRecord() {
    return "DELETE FROM "
        + Sql.name(Staged.TABLE)
        + " WHERE "
        + Staged.SOURCE
        + " = ? AND "
        + Staged.POSITION
        + " LIKE ?";
  }

  /** What puts the staged rows into the table. */
  List<String> apply() {
    String table = target.table().quoted();
    String alias = Sql.name(target.table().table());
    String staging = Sql.name(Staged.TABLE);
    String columns = names(target.columns());
    if (target.mode() == WriteMode.INSERT) {
      return List.of(
          "INSERT INTO " + table + " (" + columns + ") SELECT " + columns + " FROM " + staging);
    }
    List<String> matches = new ArrayList<>();
    for (String key : target.keys()) {
      matches.add(alias + "." + Sql.name(key) + " = " + staging + "." + Sql.name(key));
    }
    String delete =
        "DELETE FROM " + table + " USING " + staging + " WHERE " + String.join(" AND ", matches);
    String insert =
        "INSERT INTO "
            + table
            + " ("
            + columns
            + ") SELECT "
            + columns
            + " FROM (SELECT "
            + columns
            + (target.deletes() ? ", " + Staged.DELETE : "")
            + ", ROW_NUMBER() OVER (PARTITION BY "
            + names(target.keys())
            + " ORDER BY "
            + Staged.POSITION
            + " DESC) AS millrace_newest FROM "
            + staging
            + ") AS latest WHERE millrace_newest = 1"
            + (target.deletes() ? " AND NOT COALESCE(" + Staged.DELETE + ", FALSE)" : "");
    return List.of(delete, insert);
  }

  private static String names(List<String> columns) {
    return String.join(", ", columns.stream().map(Sql::name).toList());
  }

  /** Writes nothing, and asks for the right to. */
  static String emptyHistory(TableName history) {
    return "INSERT INTO "
        + history.quoted()
        + " SELECT * FROM "
        + history.quoted()
        + " WHERE 1 = 0";
  }

  /** The table of what was loaded. Its rows must outlive every range that may come again. */
  static String createHistory(TableName history) {
    return "CREATE TABLE IF NOT EXISTS "
        + history.quoted()
        + " (target_table VARCHAR(300) NOT NULL, stream VARCHAR(128) NOT NULL,"
        + " shard VARCHAR(128) NOT NULL, first_position VARCHAR(160) NOT NULL,"
        + " part INTEGER NOT NULL, end_position VARCHAR(160) NOT NULL,"
        + " row_count BIGINT NOT NULL, exclusions VARCHAR(65535), manifest VARCHAR(2048),"
        + " loaded_at TIMESTAMP NOT NULL)";
  }
}
