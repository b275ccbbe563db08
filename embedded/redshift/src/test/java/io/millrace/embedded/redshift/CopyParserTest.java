package io.millrace.embedded.redshift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.embedded.redshift.CopyStatement.Access;
import io.millrace.embedded.redshift.CopyStatement.Compression;
import io.millrace.embedded.redshift.CopyStatement.Format;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CopyParserTest {
  private static final String ROLE = " IAM_ROLE 'arn:aws:iam::123456789012:role/r' ";

  private static CopyStatement parse(String sql) {
    return CopyParser.parse(SqlTokens.of(sql));
  }

  private static CopyStatement with(String options) {
    return parse("COPY t FROM 's3://b/k'" + ROLE + options);
  }

  @Test
  void table_columns_and_place_are_read_and_quoted_for_postgres() {
    CopyStatement copy =
        parse("copy \"My\".\"T\"\"x\" (ID, \"Na me\") from 's3://b/o''k'" + ROLE + "manifest csv");
    assertThat(copy.table()).isEqualTo("\"my\".\"t\"\"x\"");
    assertThat(copy.tableName()).isEqualTo("t\"x");
    assertThat(copy.columns()).containsExactly("id", "na me");
    assertThat(copy.from().url()).isEqualTo("s3://b/o'k");
    assertThat(copy.from().manifest()).isTrue();
    assertThat(copy.forPostgres())
        .isEqualTo("COPY \"my\".\"t\"\"x\" (\"id\", \"na me\") FROM STDIN");
  }

  @Test
  void without_a_format_fields_are_separated_by_bars() {
    assertThat(with("").format())
        .isEqualTo(
            new Format.Delimited('|', false, false, new CopyStatement.Lines(0, false, false)));
    assertThat(with("ESCAPE REMOVEQUOTES DELIMITER AS '\\t' IGNOREHEADER 2 FILLRECORD").format())
        .isEqualTo(new Format.Delimited('\t', true, true, new CopyStatement.Lines(2, false, true)));
  }

  @Test
  void csv_is_written_in_several_ways() {
    Format csv = new Format.Csv(',', '"', new CopyStatement.Lines(0, false, false));
    assertThat(with("CSV").format()).isEqualTo(csv);
    assertThat(with("FORMAT CSV").format()).isEqualTo(csv);
    assertThat(with("FORMAT AS CSV DELIMITER ';' QUOTE AS '%' IGNOREBLANKLINES").format())
        .isEqualTo(new Format.Csv(';', '%', new CopyStatement.Lines(0, true, false)));
    assertThat(with("csv quote '%'").format())
        .isEqualTo(new Format.Csv(',', '%', new CopyStatement.Lines(0, false, false)));
  }

  @ParameterizedTest
  @CsvSource({
    "JSON, auto",
    "JSON 'auto', auto",
    "FORMAT AS JSON 'AUTO', auto",
    "json as 'auto ignorecase', auto ignorecase",
    "FORMAT JSON 's3://b/paths.json', s3://b/paths.json"
  })
  void json_is_written_in_several_ways(String option, String paths) {
    assertThat(with(option).format()).isEqualTo(new Format.Json(paths));
  }

  @Test
  void access_is_a_role_keys_or_credentials() {
    Access keys = new Access.Keys("AK", "SE/CR+ET", "TO");
    assertThat(with("").access()).isEqualTo(new Access.Role("arn:aws:iam::123456789012:role/r"));
    assertThat(parse("COPY t FROM 's3://b/k' IAM_ROLE default").access())
        .isEqualTo(new Access.Role("default"));
    assertThat(
            parse(
                    "COPY t FROM 's3://b/k' ACCESS_KEY_ID 'AK' SECRET_ACCESS_KEY 'SE/CR+ET'"
                        + " SESSION_TOKEN 'TO'")
                .access())
        .isEqualTo(keys);
    assertThat(
            parse(
                    "COPY t FROM 's3://b/k' WITH CREDENTIALS AS"
                        + " 'aws_access_key_id=AK;aws_secret_access_key=SE/CR+ET;token=TO'")
                .access())
        .isEqualTo(keys);
    assertThat(
            parse(
                    "COPY t FROM 's3://b/k' CREDENTIALS"
                        + " 'aws_iam_role=arn:aws:iam::123456789012:role/r'")
                .access())
        .isEqualTo(new Access.Role("arn:aws:iam::123456789012:role/r"));
  }

  @Test
  void options_of_values_and_loading_are_read() {
    CopyStatement copy =
        with(
            "GZIP REGION 'eu-west-1' NULL AS '\\\\N' EMPTYASNULL BLANKSASNULL TRIMBLANKS"
                + " TRUNCATECOLUMNS TIMEFORMAT 'epochsecs' DATEFORMAT AS 'auto' ACCEPTINVCHARS"
                + " MAXERROR AS 5 COMPUPDATE OFF STATUPDATE ON NOLOAD");
    assertThat(copy.from().compression()).isEqualTo(Compression.GZIP);
    assertThat(copy.from().noLoad()).isTrue();
    assertThat(copy.maxErrors()).isEqualTo(5);
    assertThat(copy.values())
        .isEqualTo(
            new CopyStatement.ValueOptions(
                "\\N", true, true, true, true, "epochsecs", "auto", '?'));
    assertThat(with("acceptinvchars as '^'").values().invalidCharacter()).isEqualTo('^');
    assertThat(with("zstd").from().compression()).isEqualTo(Compression.ZSTD);
    assertThat(with("MAXERROR 0").maxErrors()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\\N", "\\\\N"})
  void the_sign_for_null_may_have_one_backslash_or_two(String written) {
    assertThat(with("NULL '" + written + "'").values().nullText()).isEqualTo("\\N");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "FORMAT PARQUET MAXERROR 3; MAXERROR argument is not supported for PARQUET based COPY",
        "PARQUET GZIP; GZIP argument is not supported for PARQUET based COPY",
        "PARQUET TRUNCATECOLUMNS; TRUNCATECOLUMNS argument is not supported for PARQUET",
        "PARQUET TIMEFORMAT 'auto'; TIMEFORMAT argument is not supported for PARQUET",
        "JSON 'auto' DELIMITER ','; JSON is not supported with DELIMITER",
        "JSON 'auto' NULL AS ''; JSON is not supported with NULL",
        "JSON 'auto' ESCAPE; JSON is not supported with ESCAPE",
        "JSON 'somewhere'; JSON 'somewhere' is not allowed",
        "CSV ESCAPE; CSV is not supported with ESCAPE",
        "CSV REMOVEQUOTES; CSV is not supported with REMOVEQUOTES",
        "CSV JSON; conflicting or redundant options",
        "CSV CSV; conflicting or redundant options",
        "GZIP ZSTD; conflicting or redundant options",
        "GZIP GZIP; conflicting or redundant options",
        "ACCESS_KEY_ID 'x' SECRET_ACCESS_KEY 'y'; conflicting or redundant options",
        "MAXERROR 100001; MAXERROR 100001 is not allowed; allowed: 0 to 100000",
        "MAXERROR; syntax error at end of COPY",
        "CSV HEADER; syntax error at or near \"header\" in COPY",
        "FORMAT TEXT; syntax error at or near \"text\" in COPY",
        "ON_ERROR ignore; syntax error at or near \"on_error\" in COPY",
        "DELIMITER 'ab'; DELIMITER 'ab' is not allowed",
        "ENCODING 'UTF16'; ENCODING utf16: this stand-in reads UTF8 only",
        "BZIP2; BZIP2 is an option of Redshift's COPY that this stand-in does not have",
        "FORMAT AVRO; AVRO is an option of Redshift's COPY that this stand-in does not have"
      })
  void what_redshift_refuses_is_refused(String options, String message) {
    assertThatThrownBy(() -> with(options))
        .isInstanceOf(Refusal.class)
        .hasMessageStartingWith(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "COPY t FROM 's3://b/k' CSV; No authorization parameter is given",
        "COPY t FROM 's3://b/k' IAM_ROLE 'me'; Invalid IAM_ROLE ARN: 'me'",
        "COPY t FROM 's3://b/k' CREDENTIALS 'secret'; Invalid credentials. Must be of the format",
        "COPY t FROM 's3://b/k' ACCESS_KEY_ID 'x'; Invalid credentials. Must be of the format",
        "COPY t FROM 'dynamodb://x' CSV; COPY FROM 'dynamodb://x': this stand-in for Redshift reads",
        "COPY t (a FROM 's3://b/k'; syntax error at or near \"from\" in COPY",
        "COPY FROM 's3://b/k'; syntax error at or near \"s3://b/k\" in COPY"
      })
  void what_is_wrong_before_the_options_is_refused(String sql, String message) {
    assertThatThrownBy(() -> parse(sql))
        .isInstanceOf(Refusal.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void a_message_about_credentials_does_not_show_them() {
    assertThatThrownBy(() -> parse("COPY t FROM 's3://b/k' CREDENTIALS 'SECRET'"))
        .hasMessageNotContaining("SECRET");
  }
}
