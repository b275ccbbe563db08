package io.millrace.embedded.redshift;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.embedded.redshift.Column.BadField;
import io.millrace.embedded.redshift.Column.Type;
import io.millrace.embedded.redshift.CopyStatement.Format;
import io.millrace.embedded.redshift.CopyStatement.Lines;
import io.millrace.embedded.redshift.CopyStatement.ValueOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files are cut into rows, and fields become values. */
class RowsTest {
  private static final Lines ALL_LINES = new Lines(0, false, false);
  private static final Format CSV = new Format.Csv(',', '"', ALL_LINES);
  private static final List<Column> A_AND_B =
      List.of(column("a", Type.INT4), column("b", Type.SUPER));

  private static ValueOptions values(String timeFormat, Character invalid) {
    return new ValueOptions("\\N", false, false, false, false, timeFormat, timeFormat, invalid);
  }

  private static Column column(String name, Type type) {
    return new Column(name, type, -1, 0, false, "1");
  }

  private static InputStream in(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static List<String> rows(Row.Source source) throws IOException {
    List<String> rows = new ArrayList<>();
    try (source) {
      for (Row row = source.next(); row != null; row = source.next()) {
        rows.add(
            row.line()
                + ": "
                + (row.bad() == null
                    ? Arrays.toString(row.fields())
                    : row.bad().code() + " " + row.bad().reason()));
      }
    }
    return rows;
  }

  private static List<String> rows(Format format, int columns, String text) throws IOException {
    return rows(DelimitedRows.of(format, in(text), values("", null), columns));
  }

  @Test
  void csv_fields_may_hold_delimiters_quotes_and_line_breaks() throws IOException {
    assertThat(rows(CSV, 2, "1,\"a,\"\"b\"\"\nc\"\r\n\"\",\\N\n,\n2,x"))
        .containsExactly("1: [1, a,\"b\"\nc]", "3: [, null]", "4: [, ]", "5: [2, x]");
  }

  @Test
  void csv_rows_that_do_not_fit_are_bad_and_the_next_ones_are_not() throws IOException {
    assertThat(rows(CSV, 2, "1\n1,2,3\na\"b,1\n\"a\"b,1\n1,2\n\"open,1\n"))
        .containsExactly(
            "1: 1214 Delimiter not found",
            "2: 1202 Extra column(s) found",
            "3: 1214 Invalid quote formatting for CSV",
            "4: 1214 Invalid quote formatting for CSV",
            "5: [1, 2]",
            "6: 1214 Missing closing quote for CSV");
  }

  @Test
  void headers_and_blank_lines_are_skipped_and_short_rows_filled_where_said() throws IOException {
    Format format = new Format.Csv(',', '"', new Lines(1, true, true));
    assertThat(rows(format, 2, "a,b\n\n1\n1,2\n")).containsExactly("3: [1, null]", "4: [1, 2]");
  }

  @Test
  void delimited_rows_know_escapes_quotes_and_a_last_delimiter() throws IOException {
    Format plain = new Format.Delimited('|', false, false, ALL_LINES);
    assertThat(rows(plain, 2, "1|\"a\"\n1|\\N|\n1|a\\|\n"))
        .containsExactly("1: [1, \"a\"]", "2: [1, null]", "3: [1, a\\]");
    Format escape = new Format.Delimited('|', true, false, ALL_LINES);
    assertThat(rows(escape, 2, "1|a\\|b\\\\\\\nc\n2|\\N\n"))
        .containsExactly("1: [1, a|b\\\nc]", "3: [2, null]");
    Format unquoted = new Format.Delimited('|', false, true, ALL_LINES);
    assertThat(rows(unquoted, 2, "'a|b'|\"c\"\n'a|b\n"))
        .containsExactly("1: [a|b, c]", "2: 1214 Delimited value missing end quote");
  }

  @Test
  void bytes_that_are_not_utf_8_are_refused_or_replaced() throws IOException {
    assertThat(rows(CSV, 1, "a\u00ff\u00fe\n"))
        .containsExactly("1: 1220 String contains invalid or unsupported UTF8 codepoints.");
    assertThat(rows(DelimitedRows.of(CSV, in("a\u00ff\u00feb\n"), values("", '?'), 1)))
        .containsExactly("1: [a??b]");
  }

  @Test
  void json_values_may_share_a_line_or_take_several() throws IOException {
    assertThat(
            rows(
                JsonRows.byName(
                    in(
                        "{\"a\":1,\"b\":{\"x\":1.50}} {\"a\":2}\n\n{\n\"A\":3,\"b\":\"s\"}\n7\n{]\n{\"a\":4}\n{"),
                    null,
                    A_AND_B,
                    false)))
        .containsExactly(
            "1: [1, {\"x\":1.50}]",
            "1: [2, null]",
            "3: [null, \"s\"]",
            "5: 1216 Invalid JSON format: the value is no object",
            "6: 1216 Invalid JSON format",
            "7: [4, null]",
            "8: 1216 Invalid JSON format. Unexpected end of input");
    assertThat(rows(JsonRows.byName(in("{\"A\":3}"), null, A_AND_B, true)))
        .containsExactly("1: [3, null]");
  }

  @Test
  void json_paths_lead_into_objects_and_arrays() throws IOException {
    List<JsonPath> paths =
        JsonPath.file("s3://b/p", "{\"jsonpaths\": [\"$.x[1].y\", \"$['z z']['q'][0]\"]}");
    assertThat(
            rows(
                JsonRows.byPath(
                    in("{\"x\":[0,{\"y\":5}],\"z z\":{\"q\":[true]}}"), null, A_AND_B, paths)))
        .containsExactly("1: [5, true]");
    assertThat(JsonPath.parse("x.y")).isNull();
    assertThat(JsonPath.parse("$[x]")).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "INT4; 42; 42",
        "INT4; -2147483648; -2147483648",
        "INT4; 2147483648; 1204 Overflow, Column type: Integer",
        "INT2; 40000; 1204 Overflow, Column type: Short",
        "INT8; 12x; 1207 Invalid digit, Value 'x', Pos 2, Type: Long",
        "INT4; 1.5; 1207 Invalid digit, Value '.', Pos 1, Type: Integer",
        "INT4; ''; null",
        "FLOAT8; 1e3; 1e3",
        "FLOAT8; 1d; 1208 Invalid FLOAT value '1d'",
        "BOOL; YES; t",
        "BOOL; maybe; 1210 Unknown boolean format",
        "DATE; 2024-02-29; 2024-02-29",
        "DATE; 2023-02-29; 1205 Invalid date format or value",
        "DATE; 24-1-1; 1205 Invalid Date Format - length must be 10 or more",
        "TIMESTAMP; 2024-02-29 10:11:12.5; 2024-02-29 10:11:12.5",
        "TIMESTAMP; 2024-02-29T10:11:12; 1206 Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]",
        "SUPER; {\"a\": [1]}; {\"a\": [1]}",
        "SUPER; {a}; 1216 Invalid JSON format",
        "VARBYTE; 00fF; \\x00fF",
        "VARBYTE; 0g; 1219 Invalid hexadecimal value for VARBYTE"
      })
  void fields_are_checked_as_redshift_checks_them(Type type, String field, String expected) {
    assertThat(converted(column("c", type), field, values("", null))).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "auto; 2024-02-29T10:11:12Z; 2024-02-29 10:11:12",
        "auto; 2024-02-29; 2024-02-29 00:00:00",
        "epochsecs; 1700000000; 2023-11-14 22:13:20",
        "epochmillisecs; 1700000000123; 2023-11-14 22:13:20.123",
        "DD.MM.YYYY HH:MI:SS; 29.02.2024 10:11:12; 2024-02-29 10:11:12",
        "epochsecs; x; 1206 Invalid timestamp format or value [epochsecs]"
      })
  void timestamps_follow_timeformat(String format, String field, String expected) {
    assertThat(converted(column("c", Type.TIMESTAMP), field, values(format, null)))
        .isEqualTo(expected);
  }

  @Test
  void texts_are_measured_in_bytes_and_cut_between_characters() {
    Column name = new Column("n", Type.VARCHAR, 4, 0, false, "1");
    ValueOptions cut = new ValueOptions("", false, false, false, true, "", "", null);
    assertThat(converted(name, "abcd", values("", null))).isEqualTo("abcd");
    assertThat(converted(name, "abc\u00e4", values("", null)))
        .isEqualTo("1204 String length exceeds DDL length");
    assertThat(converted(name, "abc\u00e4", cut)).isEqualTo("abc");
    assertThat(converted(new Column("n", Type.CHAR, 4, 0, false, "1"), "\u00e4", cut))
        .startsWith("1215");
  }

  @Test
  void numbers_lose_digits_behind_the_point_and_none_before_it() {
    Column price = Column.of("p", "numeric", (5 << 16 | 2) + 4, false, "1");
    assertThat(converted(price, "123.459", values("", null))).isEqualTo("123.45");
    assertThat(converted(price, "1234", values("", null)))
        .isEqualTo("1204 Overflow for NUMERIC(5,2)");
    assertThat(converted(price, "x", values("", null))).startsWith("1209");
  }

  @Test
  void empty_and_blank_texts_are_null_where_said_and_null_is_refused_where_it_may_not_be() {
    Column name = new Column("n", Type.VARCHAR, 9, 0, true, "1");
    ValueOptions empty = new ValueOptions("", true, false, false, false, "", "", null);
    ValueOptions blank = new ValueOptions("", false, true, false, false, "", "", null);
    String refused = "1213 Missing data for not-null field";
    assertThat(converted(name, "", values("", null))).isEmpty();
    assertThat(converted(name, "", empty)).isEqualTo(refused);
    assertThat(converted(name, "  ", empty)).isEqualTo("  ");
    assertThat(converted(name, "  ", blank)).isEqualTo(refused);
    assertThat(converted(name, null, blank)).isEqualTo(refused);
  }

  private static String converted(Column column, String field, ValueOptions options) {
    try {
      return String.valueOf(column.convert(field, options));
    } catch (BadField e) {
      return e.code() + " " + e.getMessage();
    }
  }
}
