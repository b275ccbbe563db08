package io.millrace.connectors.redshift;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.connectors.application.ConnectorApplication;
import io.millrace.connectors.config.ConfigException;
import io.millrace.connectors.config.Modules;
import io.millrace.connectors.config.PipelineConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every kind of mistake in a config file, with its message, which the documentation has too. */
class RedshiftMistakesTest {
  private static final Path DOCUMENT = Path.of("..", "..", "docs", "connectors-redshift.md");

  private static final String BASE =
      """
      source:
        stream: clicks
        application: clicks
      deadLetter:
        type: file
        directory: letters
      sink:
        type: redshift
      """;

  private static final Map<String, String> SINK =
      new java.util.TreeMap<>(
          Map.of(
              "url", "jdbc:redshift://example.com:5439/dev",
              "user", "loader",
              "password", "${env:PASSWORD}",
              "table", "app.clicks",
              "bucket", "logs",
              "columns", "[id required, n]"));

  @TempDir Path directory;

  /**
   * @param lines of the sink; a key with a hyphen in front is left out
   * @param message without file and line
   */
  record Mistake(List<String> lines, String message) {
    @Override
    public String toString() {
      return String.join(", ", lines);
    }
  }

  private static Mistake mistake(String message, String... lines) {
    return new Mistake(List.of(lines), message);
  }

  static List<Mistake> mistakes() {
    String arn = "arn:aws:iam::123456789012:role/copy";
    return List.of(
        mistake("sink.url: is missing; allowed: " + Database.URL_ALLOWED, "-url"),
        mistake(
            "sink.url: 'jdbc:mysql://h/d' is not allowed (it is no such URL); allowed: "
                + Database.URL_ALLOWED,
            "url: jdbc:mysql://h/d"),
        mistake(
            "sink.url: 'jdbc:redshift://h/d?password=x' is not allowed (it has a secret in it, which"
                + " would be logged with it; say user and password as keys of their own); allowed: "
                + Database.URL_ALLOWED,
            "url: jdbc:redshift://h/d?password=x"),
        mistake(
            "sink.user: a URL without iam needs it, and password; or write jdbc:redshift:iam://…",
            "-user",
            "-password"),
        mistake(
            "sink.url: Amazon's driver does not find a cluster by name and region; write its host name,"
                + " jdbc:redshift:iam://CLUSTER.….REGION.redshift.amazonaws.com:5439/DATABASE",
            "url: jdbc:redshift:iam://clicks:eu-west-1/dev",
            "-password"),
        mistake(
            "sink.user: AWS is asked for the temporary password of a database user, and has to be told"
                + " of which; say user, or DbUser or GroupFederation=true in url",
            "url: jdbc:redshift:iam://clicks.x.eu-west-1.redshift.amazonaws.com:5439/dev",
            "-user",
            "-password"),
        mistake(
            "sink.password: with jdbc:redshift:iam AWS gives a new one whenever it is needed; take it"
                + " out, or take iam: out of url",
            "url: jdbc:redshift:iam://clicks.x.eu-west-1.redshift.amazonaws.com:5439/dev"),
        mistake("sink.table: is missing; allowed: " + TableName.ALLOWED, "-table"),
        mistake(
            "sink.table: 'a.b.c' is not allowed (it has 3 parts); allowed: " + TableName.ALLOWED,
            "table: a.b.c"),
        mistake(
            "sink.table: that is the name of the sink's temporary table; take another one",
            "table: millrace_staging"),
        mistake(
            "sink.historyTable: it is the table itself; name another one",
            "historyTable: App.Clicks"),
        mistake("sink.columns: is missing; allowed: a list of texts", "-columns"),
        mistake(
            "sink.columns: the column 'id varchar': 'varchar' is not understood; write NAME"
                + " [required] [from FIELD]",
            "columns: [id varchar]"),
        mistake(
            "sink.columns: the column 'id' has no type; types are string, int, long, float, double,"
                + " boolean, binary, timestamp, date, decimal(P,S), json",
            "format: parquet",
            "columns: [id]"),
        mistake(
            "sink.columns: the column millrace_position has a name that the sink needs in its files;"
                + " name it otherwise",
            "columns: [millrace_position]"),
        mistake(
            "sink.columns: the column id is there twice: names are taken in lower case",
            "columns: [id, Id]"),
        mistake("sink.mergeKey: 'who' is none of columns: id, n", "mergeKey: [who]"),
        mistake("sink.mergeKey: a column is there twice", "mergeKey: [id, id]"),
        mistake(
            "sink.deleteWhen: it needs mergeKey, which says what row is deleted",
            "deleteWhen: op=delete"),
        mistake(
            "sink.deleteWhen: 'op' is not allowed (there is no '='); allowed: FIELD=VALUE, such as"
                + " op=delete",
            "deleteWhen: op",
            "mergeKey: [id]"),
        mistake(
            "sink.format: 'avro' is not allowed (it is none of them); allowed: csv, json, parquet",
            "format: avro"),
        mistake(
            "sink.compression: 'snappy' is not allowed (it is none of them); allowed: none, gzip,"
                + " zstd",
            "compression: snappy"),
        mistake(
            "sink.maxErrors: COPY of Parquet takes no MAXERROR; write csv or json, or take it out:"
                + " values that do not fit the types in columns become dead letters anyway",
            "format: parquet",
            "columns: [id string]",
            "maxErrors: 5"),
        mistake(
            "sink.truncateColumns: COPY of Parquet takes no TRUNCATECOLUMNS; write csv or json, or"
                + " take it out",
            "format: parquet",
            "columns: [id string]",
            "truncateColumns: true"),
        mistake(
            "sink.timeFormat: COPY of Parquet takes no TIMEFORMAT; use the type timestamp in columns,"
                + " or write csv or json",
            "format: parquet",
            "columns: [id string]",
            "timeFormat: auto"),
        mistake(
            "sink.timeFormat: it has a backslash, which servers read differently",
            "timeFormat: 'a\\b'"),
        mistake("sink.jsonPaths: it goes with format json only", "jsonPaths: [$.a, $.b]"),
        mistake(
            "sink.jsonPaths: it has 1 paths, and columns has 2 columns: write one for each, in their"
                + " order",
            "format: json",
            "jsonPaths: [$.a]"),
        mistake(
            "sink.jsonPaths: 'a' does not begin with '$'", "format: json", "jsonPaths: [a, $.b]"),
        mistake(
            "sink.iamRole: 'copy' is not allowed (it is no role); allowed: default, or the ARN of a"
                + " role, or several ARNs with commas between them",
            "iamRole: copy"),
        mistake(
            "sink.iamRole: the file says accessKeyId too; Redshift takes one or the other",
            "iamRole: " + arn,
            "accessKeyId: AKIA",
            "secretAccessKey: ${env:PASSWORD}"),
        mistake("sink.accessKeyId: it needs secretAccessKey", "accessKeyId: AKIA"),
        mistake(
            "sink.secretAccessKey: it goes with accessKeyId only",
            "secretAccessKey: ${env:PASSWORD}"),
        mistake(
            "sink.sessionToken: it goes with accessKeyId only", "sessionToken: ${env:PASSWORD}"),
        mistake(
            "sink.accessKeyId: one of the keys has a character that none has",
            "accessKeyId: A'KIA",
            "secretAccessKey: ${env:PASSWORD}"),
        mistake(
            "sink.prefix: 'a' is not allowed (it does not end with '/'); allowed: folders of letters,"
                + " digits, '_', '-', '.' and '=', with '/' at their ends",
            "prefix: a"),
        mistake(
            "sink.createTable: it needs tableColumns: " + NewTable.TYPES_ALLOWED,
            "createTable: true"),
        mistake(
            "sink.tableColumns: it goes with createTable: true only", "tableColumns: {id: bigint}"),
        mistake("sink.distKey: it goes with createTable: true only", "distKey: id"),
        mistake("sink.sortKey: it goes with createTable: true only", "sortKey: [id]"),
        mistake(
            "sink.tableColumns: the column n is not among them",
            "createTable: true",
            "tableColumns: {id: bigint}"),
        mistake(
            "sink.tableColumns: what it says is not allowed (the column id has no type that is known); allowed: "
                + NewTable.TYPES_ALLOWED,
            "createTable: true",
            "tableColumns: {id: 'bigint); drop table x; --', n: bigint}"),
        mistake(
            "sink.distKey: 'x' is none of tableColumns",
            "createTable: true",
            "tableColumns: {id: bigint, n: bigint}",
            "distKey: x"),
        mistake(
            "sink.sortKey: 'x' is none of tableColumns",
            "createTable: true",
            "tableColumns: {id: bigint, n: bigint}",
            "sortKey: [id, x]"),
        mistake(
            "sink.bucket: 's3://logs/x' is not allowed (it is a URL; write the name alone, and the"
                + " rest in prefix); allowed: 3 to 63 lower-case letters, digits, hyphens and dots,"
                + " without s3:// in front",
            "bucket: s3://logs/x"),
        mistake("sink.kmsKeyId: it goes with encryption kms only", "kmsKeyId: k"));
  }

  private PipelineConfig config(List<String> lines) throws IOException {
    Map<String, String> sink = new java.util.TreeMap<>(SINK);
    for (String line : lines) {
      if (line.startsWith("-")) {
        sink.remove(line.substring(1));
      } else {
        sink.put(line.split(": ", 2)[0], line.split(": ", 2)[1]);
      }
    }
    StringBuilder text = new StringBuilder(BASE);
    sink.forEach((key, value) -> text.append("  " + key + ": " + value + "\n"));
    Path file = Files.writeString(directory.resolve("clicks.yaml"), text);
    return PipelineConfig.read(file, Modules.installed(), name -> "hush");
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void a_mistake_is_refused_with_what_is_allowed(Mistake mistake) throws IOException {
    String said = null;
    try {
      ConnectorApplication.explain(config(mistake.lines()));
    } catch (ConfigException e) {
      said = e.getMessage();
    }
    assertThat(said).isNotNull().doesNotContain("hush");
    assertThat(said.replaceFirst("^.*clicks.yaml:[0-9]+: ", "")).isEqualTo(mistake.message());
  }

  @Test
  void the_documentation_has_every_message() throws IOException {
    String document = Files.readString(DOCUMENT);
    List<String> missing = new ArrayList<>();
    for (Mistake mistake : mistakes()) {
      String said =
          mistake.message().replaceFirst("^sink\\.", "").replaceAll("; allowed: .*", "").strip();
      if (!document.contains("`" + said + "`") && !document.contains("`" + said + "; ")) {
        missing.add(said);
      }
    }
    assertThat(missing).isEmpty();
  }

  @Test
  void an_explanation_says_what_will_happen() throws IOException {
    List<String> sentences =
        ConnectorApplication.explain(
            config(
                List.of(
                    "mergeKey: [id]",
                    "deleteWhen: op=delete",
                    "maxErrors: 5",
                    "createHistory: true")));
    assertThat(String.join("\n", sentences))
        .contains(
            "Loads the columns id, n of the table app.clicks at"
                + " jdbc:redshift://example.com:5439/dev.",
            "Each range of a shard becomes one CSV file below s3://logs/redshift/, which COPY reads"
                + " into a temporary table.",
            "The same transaction writes to the history app.millrace_load_history",
            "A record replaces the row that has the same id; the last record of a key wins.",
            "A record that says op=delete deletes the row of its key.",
            "so do up to 5 rows of one load that COPY drops.",
            "Creates the history if it is not there.")
        .doesNotContain("hush");
  }

  @Test
  void an_old_file_becomes_a_sink() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("RedshiftBasic.properties"),
            """
            appName = kinesisToRedshiftBasic
            connectorDestination = redshift
            kinesisInputStream = redshiftBasicTestStream
            s3Bucket = redshift-basic
            redshiftURL = jdbc:postgresql://example.com:5439/dev
            redshiftUsername = loader
            redshiftPassword = hush
            redshiftDataTable = users
            redshiftDataDelimiter = |
            redshiftCopyMandatory = true
            createRedshiftCluster = true
            createRedshiftDataTable = true
            sink.columns = id required, n
            sink.tableColumns.id = varchar(64)
            sink.tableColumns.n = bigint
            sink.createHistory = true
            """);
    PipelineConfig config = PipelineConfig.read(file, Modules.installed(), name -> null);
    String explained = String.join("\n", ConnectorApplication.explain(config));
    assertThat(explained)
        .contains(
            "of the table users at jdbc:redshift://example.com:5439/dev.",
            "below s3://redshift-basic/redshift/",
            "Creates the table if it is not there.")
        .doesNotContain("hush");
    assertThat(config.warnings())
        .singleElement()
        .asString()
        .contains("redshiftDataDelimiter", "redshiftCopyMandatory", "createRedshiftCluster");
  }
}
