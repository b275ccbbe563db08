package io.millrace.connectors.redshift;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;

class StatementsTest {
  private static final CopyCredentials ROLE = new CopyCredentials.IamRole("default");
  private static final URI MANIFEST = URI.create("s3://b/k.manifest");

  private static Statements of(List<String> keys, boolean deletes, CopyOptions options) {
    return new Statements(
        new LoadTarget(
            TableName.parse("app.clicks"),
            TableName.parse("app.history"),
            List.of("id", "n"),
            keys.isEmpty() ? WriteMode.INSERT : WriteMode.MERGE,
            keys,
            deletes),
        options);
  }

  private static CopyOptions options(FileFormat format, int maxErrors) {
    return new CopyOptions(
        format, FileCompression.GZIP, ROLE, "eu-west-1", null, "auto", true, maxErrors);
  }

  @Test
  void csv_says_everything() {
    assertThat(of(List.of(), false, options(FileFormat.CSV, 5)).copy(MANIFEST))
        .isEqualTo(
            "COPY \"millrace_staging\" (\"id\", \"n\", \"millrace_source\", \"millrace_position\")"
                + " FROM 's3://b/k.manifest' IAM_ROLE default MANIFEST FORMAT AS CSV DELIMITER ','"
                + " QUOTE '\"' NULL AS '<NULL>' GZIP TIMEFORMAT 'auto' TRUNCATECOLUMNS MAXERROR 5"
                + " REGION 'eu-west-1' COMPUPDATE OFF STATUPDATE OFF");
  }

  @Test
  void json_by_paths_and_with_keys() {
    CopyOptions options =
        new CopyOptions(
            FileFormat.JSON,
            FileCompression.ZSTD,
            new CopyCredentials.Keys("AKIA", "sec'ret", "tok"),
            null,
            URI.create("s3://b/paths.json"),
            null,
            false,
            0);
    assertThat(of(List.of(), true, options).copy(MANIFEST))
        .isEqualTo(
            "COPY \"millrace_staging\" (\"id\", \"n\", \"millrace_source\", \"millrace_position\","
                + " \"millrace_delete\") FROM 's3://b/k.manifest' ACCESS_KEY_ID 'AKIA'"
                + " SECRET_ACCESS_KEY 'sec''ret' SESSION_TOKEN 'tok' MANIFEST FORMAT AS JSON"
                + " 's3://b/paths.json' ZSTD COMPUPDATE OFF STATUPDATE OFF");
    assertThat(options.toString()).doesNotContain("sec'ret", "tok");
  }

  @Test
  void parquet_says_nothing_that_it_does_not_take() {
    assertThat(
            of(
                    List.of(),
                    false,
                    new CopyOptions(
                        FileFormat.PARQUET,
                        FileCompression.GZIP,
                        new CopyCredentials.IamRole("arn:aws:iam::123456789012:role/r"),
                        "eu-west-1",
                        null,
                        null,
                        false,
                        0))
                .copy(MANIFEST))
        .isEqualTo(
            "COPY \"millrace_staging\" FROM 's3://b/k.manifest' IAM_ROLE"
                + " 'arn:aws:iam::123456789012:role/r' MANIFEST FORMAT AS PARQUET STATUPDATE OFF");
  }

  @Test
  void rows_are_inserted_or_replace_those_of_their_key() {
    assertThat(of(List.of(), false, options(FileFormat.CSV, 0)).apply())
        .containsExactly(
            "INSERT INTO \"app\".\"clicks\" (\"id\", \"n\") SELECT \"id\", \"n\" FROM"
                + " \"millrace_staging\"");
    assertThat(of(List.of("id"), true, options(FileFormat.CSV, 0)).apply())
        .containsExactly(
            "DELETE FROM \"app\".\"clicks\" USING \"millrace_staging\" WHERE \"clicks\".\"id\" ="
                + " \"millrace_staging\".\"id\"",
            "INSERT INTO \"app\".\"clicks\" (\"id\", \"n\") SELECT \"id\", \"n\" FROM (SELECT"
                + " \"id\", \"n\", millrace_delete, ROW_NUMBER() OVER (PARTITION BY \"id\" ORDER BY"
                + " millrace_position DESC) AS millrace_newest FROM \"millrace_staging\") AS latest"
                + " WHERE millrace_newest = 1 AND NOT COALESCE(millrace_delete, FALSE)");
  }

  @Test
  void a_new_table_is_created_with_what_redshift_alone_knows() {
    NewTable table =
        new NewTable(
            NewTable.types(java.util.Map.of("id", "varchar(64) not null")), "id", List.of("id"));
    assertThat(table.create(TableName.parse("app.clicks")))
        .isEqualTo(
            "CREATE TABLE IF NOT EXISTS \"app\".\"clicks\" (\"id\" varchar(64) not null) DISTKEY"
                + " (\"id\") SORTKEY (\"id\")");
  }

  @Test
  void no_statement_truncates_since_that_commits() {
    Statements statements = of(List.of("id"), true, options(FileFormat.CSV, 3));
    assertThat(
            List.of(
                statements.lock(),
                statements.lookUp(1),
                statements.createStaging(),
                String.join(";", statements.apply()),
                statements.insertHistory(2),
                statements.deleteStagedRecord()))
        .noneMatch(sql -> sql.toUpperCase(java.util.Locale.ROOT).contains("TRUNCATE"));
  }
}
