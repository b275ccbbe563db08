package io.millrace.connectors.redshift;

import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.Section;
import io.millrace.connectors.s3.FileKeys;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The keys of a config file. */
final class RedshiftKeys {

  static final Key<String> URL =
      Key.parsed("url", Database.URL_ALLOWED, Database::driverUrl)
          .required()
          .describedAs("The database, for Amazon's JDBC driver.");

  static final Key<String> USER =
      Key.text("user")
          .describedAs(
              "The database's user; with jdbc:redshift:iam the one whose temporary password AWS is"
                  + " asked for.");

  static final Key<String> PASSWORD =
      Key.text("password")
          .secret()
          .describedAs(
              "The user's password: best a reference such as ${env:REDSHIFT_PASSWORD}. Not with"
                  + " jdbc:redshift:iam.");

  static final Key<String> TABLE =
      Key.parsed("table", TableName.ALLOWED, RedshiftKeys::table)
          .required()
          .describedAs("The table that is loaded.");

  static final Key<String> HISTORY_TABLE =
      Key.parsed("historyTable", TableName.ALLOWED, RedshiftKeys::table)
          .describedAs(
              "The table of what was loaded, which makes loads exactly once; "
                  + RedshiftSinkBuilder.DEFAULT_HISTORY
                  + " in the table's schema if not given. Pipelines may share it if they load"
                  + " different tables or read different streams.");

  static final Key<Boolean> CREATE_HISTORY =
      Key.flag("createHistory")
          .withDefault(false)
          .describedAs("Creates the history if it is not there.");

  static final Key<Boolean> CREATE_TABLE =
      Key.flag("createTable")
          .withDefault(false)
          .describedAs("Creates the table if it is not there, with tableColumns.");

  static final Key<Map<String, String>> TABLE_COLUMNS =
      Key.<Map<String, String>>map("tableColumns", NewTable.TYPES_ALLOWED, NewTable::types)
          .describedAs("The columns of a new table, with their types.");

  static final Key<String> DIST_KEY =
      Key.text("distKey").describedAs("DISTKEY of a new table: one of tableColumns.");

  static final Key<List<String>> SORT_KEY =
      Key.list("sortKey").describedAs("SORTKEY of a new table: some of tableColumns.");

  static final Key<String> PREFIX =
      Key.parsed("prefix", RedshiftSinkBuilder.PREFIX_ALLOWED, RedshiftKeys::prefix)
          .withDefault(RedshiftSinkBuilder.DEFAULT_PREFIX)
          .describedAs("What the keys of files in the bucket begin with.");

  static final Key<FileFormat> FORMAT =
      Key.oneOf("format", FileFormat.class)
          .withDefault(FileFormat.CSV)
          .describedAs("What the files are that COPY reads.");

  static final Key<FileCompression> COMPRESSION =
      Key.oneOf("compression", FileCompression.class)
          .withDefault(FileCompression.GZIP)
          .describedAs("Of the files, in Parquet of the pages within; goes with every format.");

  static final Key<List<String>> COLUMNS =
      Key.list("columns")
          .required()
          .describedAs(
              "The table's columns that are filled: NAME [required] [from FIELD]; with format"
                  + " parquet NAME TYPE [required] [from FIELD], in which types are those of the s3"
                  + " sink's parquetColumns. Fields are names with dots between them.");

  static final Key<List<String>> MERGE_KEY =
      Key.list("mergeKey")
          .withDefault(List.of())
          .describedAs(
              "The columns by which a record replaces the row that is there; the last record of a"
                  + " key wins. If not given, every record is a row of its own.");

  static final Key<String> DELETE_WHEN =
      Key.parsed("deleteWhen", DeleteRule.ALLOWED, text -> DeleteRule.parse(text).toString())
          .describedAs(
              "Records whose field has this value delete the row of their key; with mergeKey only.");

  static final Key<List<String>> JSON_PATHS =
      Key.list("jsonPaths")
          .withDefault(List.of())
          .describedAs(
              "With format json: JSONPaths by which COPY finds the fields itself, one for each of"
                  + " columns. Records are stored as they are then; 'from' in columns is only for"
                  + " what is required.");

  static final Key<String> TIME_FORMAT =
      Key.text("timeFormat")
          .describedAs(
              "COPY's TIMEFORMAT, with format csv or json: auto, epochsecs, epochmillisecs, or a"
                  + " pattern; auto if not given.");

  static final Key<Boolean> TRUNCATE_COLUMNS =
      Key.flag("truncateColumns")
          .withDefault(false)
          .describedAs(
              "With format csv or json: texts that are too long for their column are cut off.");

  static final Key<Long> MAX_ERRORS =
      Key.number("maxErrors", 0, RedshiftSinkBuilder.MOST_ERRORS)
          .withDefault(0L)
          .describedAs(
              "With format csv or json: so many rows of one load may not fit the table's columns,"
                  + " and become dead letters. With more, or with 0, the load fails and is tried"
                  + " again until somebody does something.");

  static final Key<String> IAM_ROLE =
      Key.parsed("iamRole", RedshiftSinkBuilder.ROLE_ALLOWED, RedshiftKeys::role)
          .describedAs(
              "The role with which Redshift reads the files; the cluster's default role if neither"
                  + " this nor accessKeyId is given.");

  static final Key<String> ACCESS_KEY_ID =
      Key.text("accessKeyId").describedAs("Keys in place of a role; with secretAccessKey.");

  static final Key<String> SECRET_ACCESS_KEY =
      Key.text("secretAccessKey").secret().describedAs("With accessKeyId.");

  static final Key<String> SESSION_TOKEN =
      Key.text("sessionToken").secret().describedAs("With accessKeyId, if it is temporary.");

  static final Key<Duration> CONNECT_TIMEOUT =
      Key.duration("connectTimeout", Duration.ofSeconds(1), Duration.ofMinutes(5))
          .withDefault(RedshiftSinkBuilder.DEFAULT_CONNECT_TIMEOUT)
          .describedAs("How long opening a connection may take.");

  static final Key<Duration> LOAD_TIMEOUT =
      Key.duration("loadTimeout", Duration.ofSeconds(5), Duration.ofHours(24))
          .withDefault(RedshiftSinkBuilder.DEFAULT_LOAD_TIMEOUT)
          .describedAs(
              "How long one statement of a load may take, waiting for other loads included.");

  static final Key<Long> LOADS =
      Key.number("loads", 1, 64)
          .withDefault((long) RedshiftSinkBuilder.DEFAULT_LOADS)
          .describedAs(
              "Loads at a time, each on a connection of its own. Those of one history wait for each"
                  + " other in the database.");

  static final Section SINK = new Section("redshift", description(), keys());

  private RedshiftKeys() {}

  private static String description() {
    return "Loads each range of a shard's records into a table of Redshift, by a file in S3 and"
        + " COPY, exactly once.";
  }

  private static List<Key<?>> keys() {
    List<Key<?>> keys =
        new ArrayList<>(
            List.of(
                URL,
                USER,
                PASSWORD,
                TABLE,
                COLUMNS,
                MERGE_KEY,
                DELETE_WHEN,
                HISTORY_TABLE,
                CREATE_HISTORY,
                CREATE_TABLE,
                TABLE_COLUMNS,
                DIST_KEY,
                SORT_KEY,
                FileKeys.BUCKET,
                FileKeys.REGION,
                FileKeys.S3_ENDPOINT,
                PREFIX,
                FORMAT,
                COMPRESSION,
                JSON_PATHS,
                TIME_FORMAT,
                TRUNCATE_COLUMNS,
                MAX_ERRORS,
                IAM_ROLE,
                ACCESS_KEY_ID,
                SECRET_ACCESS_KEY,
                SESSION_TOKEN,
                CONNECT_TIMEOUT,
                LOAD_TIMEOUT,
                LOADS));
    keys.addAll(FileKeys.storage());
    return keys;
  }

  private static String table(String text) {
    TableName.parse(text);
    return text;
  }

  private static String prefix(String text) {
    if (!RedshiftSinkBuilder.PREFIX.matcher(text).matches() || text.length() > 100) {
      throw new IllegalArgumentException(
          text.length() > 100
              ? "it has over 100 characters"
              : text.endsWith("/") || text.isEmpty()
                  ? "it has another character, or an empty folder"
                  : "it does not end with '/'");
    }
    return text;
  }

  private static String role(String text) {
    if (!RedshiftSinkBuilder.ROLE_LIST.matcher(text.strip()).matches()) {
      throw new IllegalArgumentException("it is no role");
    }
    return text.strip();
  }
}
