package io.millrace.connectors.redshift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Commit;
import io.millrace.connectors.sink.RangeItem;
import io.millrace.connectors.sink.RecordRange;
import io.millrace.connectors.sink.SinkException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The sink on the embedded Redshift, through Amazon's driver. */
@Timeout(120)
class RedshiftSinkTest {
  private final String bucket = LocalRedshift.newBucket();
  private final String schema = LocalRedshift.newSchema();
  private final List<RedshiftSink> sinks = new ArrayList<>();

  @BeforeEach
  void noFaults() {
    LocalRedshift.SERVER.faults().clear();
  }

  @AfterEach
  void close() {
    LocalRedshift.SERVER.faults().clear();
    sinks.forEach(RedshiftSink::close);
  }

  private RedshiftSinkBuilder builder() {
    return LocalRedshift.sink(bucket, schema);
  }

  private RedshiftSink open(RedshiftSinkBuilder builder) {
    RedshiftSink sink = builder.build();
    sinks.add(sink);
    return sink;
  }

  private static Commit commit(RedshiftSink sink, RecordRange<Message> range) {
    return sink.commit(range).toCompletableFuture().join();
  }

  private List<String> rows() {
    return LocalRedshift.rows("SELECT id, n FROM " + schema + ".clicks ORDER BY id, n");
  }

  private List<String> history() {
    return LocalRedshift.rows(
        "SELECT target_table, shard, part, row_count FROM "
            + schema
            + ".millrace_load_history ORDER BY first_position, part");
  }

  // --- what is loaded ---

  @ParameterizedTest
  @CsvSource({
    "CSV, NONE",
    "CSV, GZIP",
    "CSV, ZSTD",
    "JSON, NONE",
    "JSON, GZIP",
    "JSON, ZSTD",
    "PARQUET, NONE",
    "PARQUET, GZIP",
    "PARQUET, ZSTD"
  })
  void every_format_and_compression_is_loaded(FileFormat format, FileCompression compression) {
    RedshiftSink sink =
        open(
            builder()
                .format(format)
                .compression(compression)
                .columns(
                    format == FileFormat.PARQUET
                        ? List.of("id string required", "n long")
                        : List.of("id required", "n")));
    RecordRange<Message> range =
        Ranges.range(
            sink,
            1,
            "{\"id\":\"a\",\"n\":1}",
            "no JSON",
            "{\"id\":\"b,\\\"ü\\n'\",\"n\":null}",
            "{\"n\":3}",
            "{\"id\":\"\",\"n\":4}");

    Commit commit = commit(sink, range);

    assertThat(rows()).containsExactly("|4", "a|1", "b,\"ü\n'|null");
    assertThat(commit.byThisCall()).isTrue();
    assertThat(commit.end()).isEqualTo(Ranges.at(5));
    assertThat(commit.bytes()).isPositive();
    assertThat(commit.exclusions()).hasSize(2);
    assertThat(commit.exclusions().get(0).position()).isEqualTo(Ranges.at(2));
    assertThat(commit.exclusions().get(0).reason()).startsWith("not JSON: ");
    assertThat(commit.exclusions().get(1).position()).isEqualTo(Ranges.at(4));
    assertThat(commit.exclusions().get(1).reason())
        .isEqualTo("field id is missing or null, and the column id is required");
    assertThat(history()).containsExactly(schema + ".clicks|" + Ranges.SHARD + "|0|3");
  }

  @Test
  void a_range_without_rows_is_in_the_history_and_makes_no_file() {
    RedshiftSink sink = open(builder());
    Commit commit = commit(sink, Ranges.range(sink, 1, List.of(), 9));
    assertThat(commit.end()).isEqualTo(Ranges.at(9));
    assertThat(history()).containsExactly(schema + ".clicks|" + Ranges.SHARD + "|0|0");
    assertThat(LocalRedshift.keys(bucket)).isEmpty();
  }

  @Test
  void whoever_comes_second_adopts_end_and_exclusions_whatever_it_wanted_itself() {
    RedshiftSink sink = open(builder());
    commit(sink, Ranges.range(sink, 1, "{\"id\":\"a\"}", "bad", "{\"id\":\"b\"}"));
    RecordRange<Message> shorter = Ranges.range(sink, 1, "{\"id\":\"a\"}");

    Commit second = commit(sink, Ranges.attempt(shorter, "00000000000000bb", 1));

    assertThat(second.byThisCall()).isFalse();
    assertThat(second.end()).isEqualTo(Ranges.at(3));
    assertThat(second.exclusions()).extracting(e -> e.position()).containsExactly(Ranges.at(2));
    assertThat(rows()).containsExactly("a|null", "b|null");
    assertThat(LocalRedshift.keys(bucket))
        .as("files and manifests of both, each under its own name")
        .hasSize(4);
  }

  @Test
  void a_history_is_shared_by_pipelines_that_load_different_tables() {
    RedshiftSink one = open(builder());
    commit(one, Ranges.range(one, 1, "{\"id\":\"a\"}"));
    RedshiftSink two =
        open(
            RedshiftSink.builder(
                    LocalRedshift.SERVER.jdbcUrl(),
                    schema + ".other",
                    LocalRedshift.storage(bucket))
                .user(LocalRedshift.SERVER.user(), LocalRedshift.SERVER.password())
                .columns(List.of("id", "n"))
                .createTable(LocalRedshift.columns(), "id", List.of("n", "id")));
    assertThat(commit(two, Ranges.range(two, 1, "{\"id\":\"x\"}")).byThisCall()).isTrue();
    assertThat(LocalRedshift.rows("SELECT id FROM " + schema + ".other")).containsExactly("x");
    assertThat(
            LocalRedshift.SERVER.createdTables().stream()
                .filter(t -> t.toString().contains("other"))
                .toList()
                .toString())
        .contains("id", "n");
  }

  @Test
  void exclusions_that_do_not_fit_a_row_are_in_several_and_come_back() {
    RedshiftSink sink = open(builder());
    List<RangeItem<Message>> items = new ArrayList<>();
    for (int i = 0; i < 800; i++) {
      items.add(Ranges.item(i, 0, "no JSON"));
    }
    RecordRange<Message> range = Ranges.range(sink, 0, items, 799);
    Commit first = commit(sink, range);
    assertThat(first.exclusions()).hasSize(800);
    assertThat(history()).hasSizeGreaterThan(1);
    assertThat(commit(sink, Ranges.attempt(range, Ranges.WRITER, 2)).exclusions())
        .isEqualTo(first.exclusions());
  }

  @Test
  void json_is_found_by_paths() {
    RedshiftSink sink =
        open(
            builder()
                .format(FileFormat.JSON)
                .columns(List.of("id", "n"))
                .jsonPaths(List.of("$.who['name']", "$.counts[1]")));
    commit(
        sink,
        Ranges.range(sink, 1, "{\"who\":{\"name\":\"a\"},\"counts\":[7,8]}", "{\"other\":1}"));
    assertThat(rows()).containsExactly("a|8", "null|null");
  }

  @ParameterizedTest
  @EnumSource(
      value = FileFormat.class,
      names = {"CSV", "JSON"})
  void what_no_text_of_redshift_can_have_becomes_an_exclusion(FileFormat format) {
    RedshiftSink sink = open(builder().format(format).columns(List.of("ID from Id", "N")));
    Commit commit =
        commit(
            sink,
            Ranges.range(
                sink,
                1,
                "{\"Id\":\"a\\u0000\"}",
                "{\"Id\":\"\\ud83d\\ude00\",\"N\":1}",
                "{\"Id\":\"\\ud83d\"}",
                "{\"Id\":\"\\ude00\"}"));
    assertThat(rows()).as("names are taken in lower case").containsExactly("😀|1");
    assertThat(commit.exclusions())
        .extracting(e -> e.reason())
        .hasSize(3)
        .containsOnly(
            "the text for id has the character NUL, or half of a surrogate pair, which no text of"
                + " Redshift can have");
  }

  // --- merging ---

  @ParameterizedTest
  @EnumSource(FileFormat.class)
  void the_last_record_of_a_key_wins_and_a_delete_is_a_record_too(FileFormat format) {
    RedshiftSink sink =
        open(
            builder()
                .format(format)
                .columns(
                    format == FileFormat.PARQUET
                        ? List.of("id string", "n long required")
                        : List.of("id", "n required"))
                .mergeKey(List.of("id"))
                .deleteWhen("op=delete"));
    commit(
        sink,
        Ranges.range(
            sink,
            1,
            "{\"id\":\"a\",\"n\":9}",
            "{\"id\":\"b\",\"n\":1}",
            "{\"id\":\"a\",\"n\":2}",
            "{\"id\":\"c\",\"n\":1}",
            "{\"id\":\"d\",\"op\":\"delete\"}",
            "{\"id\":\"d\",\"n\":5}"));
    assertThat(rows()).containsExactly("a|2", "b|1", "c|1", "d|5");

    Commit second =
        commit(
            sink,
            Ranges.range(
                sink,
                7,
                "{\"id\":\"b\",\"n\":7,\"op\":\"put\"}",
                "{\"id\":\"b\",\"op\":\"delete\"}",
                "{\"id\":\"c\",\"n\":8}",
                "{\"id\":\"gone\",\"op\":\"delete\"}",
                "{\"op\":\"delete\"}",
                "{\"id\":\"e\"}"));
    assertThat(rows()).containsExactly("a|2", "c|8", "d|5");
    assertThat(second.exclusions())
        .extracting(e -> e.reason())
        .containsExactly(
            "field id is missing or null, and the column id is required",
            "field n is missing or null, and the column n is required");
  }

  @Test
  void of_what_one_record_made_the_last_of_a_key_wins() {
    RedshiftSink sink = open(builder().mergeKey(List.of("id")));
    List<RangeItem<Message>> items = new ArrayList<>();
    for (int ordinal = 0; ordinal < 12; ordinal++) {
      items.add(Ranges.item(1, ordinal, "{\"id\":\"a\",\"n\":" + (20 - ordinal) + "}"));
    }
    commit(sink, Ranges.range(sink, 1, items, 1));
    assertThat(rows()).containsExactly("a|9");
  }

  // --- rows that COPY drops ---

  @ParameterizedTest
  @EnumSource(
      value = FileFormat.class,
      names = {"CSV", "JSON"})
  void rows_that_do_not_fit_become_exclusions_and_a_successor_gets_the_same(FileFormat format) {
    RedshiftSink sink =
        open(
            builder()
                .format(format)
                .compression(
                    format == FileFormat.JSON ? FileCompression.ZSTD : FileCompression.GZIP)
                .maxErrors(10));
    RecordRange<Message> range =
        Ranges.range(
            sink,
            1,
            "{\"id\":\"a\\nb\\nc\",\"n\":1}",
            "{\"id\":\"b\",\"n\":\"no number\"}",
            "{\"id\":\"c\",\"n\":3}",
            "not JSON",
            "{\"id\":\"" + "x".repeat(65) + "\",\"n\":5}",
            "{\"id\":\"f\",\"n\":6}");

    Commit commit = commit(sink, range);

    assertThat(rows()).containsExactly("a\nb\nc|1", "c|3", "f|6");
    assertThat(commit.exclusions())
        .extracting(e -> e.position())
        .containsExactly(Ranges.at(2), Ranges.at(4), Ranges.at(5));
    assertThat(commit.exclusions().get(0).reason()).startsWith("COPY dropped it: n: ");
    assertThat(commit.exclusions().get(1).reason()).startsWith("not JSON");
    assertThat(commit.exclusions().get(2).reason()).startsWith("COPY dropped it: id: ");
    assertThat(history()).containsExactly(schema + ".clicks|" + Ranges.SHARD + "|0|3");
    Commit second = commit(sink, Ranges.attempt(range, "00000000000000bb", 1));
    assertThat(second.byThisCall()).isFalse();
    assertThat(second.exclusions()).isEqualTo(commit.exclusions());
  }

  @Test
  void what_a_record_made_is_loaded_together_or_not_at_all() {
    RedshiftSink sink = open(builder().maxErrors(10));
    List<RangeItem<Message>> items =
        List.of(
            Ranges.item(1, 0, "{\"id\":\"a\",\"n\":1}"),
            Ranges.item(2, 0, "{\"id\":\"b\",\"n\":2}"),
            Ranges.item(2, 1, "{\"id\":\"c\",\"n\":\"bad\"}"),
            Ranges.item(2, 2, "{\"id\":\"d\",\"n\":\"bad\"}"),
            Ranges.item(2, 3, "{\"id\":\"e\",\"n\":5}"),
            Ranges.item(3, 0, "{\"id\":\"f\",\"n\":6}"));
    Commit commit = commit(sink, Ranges.range(sink, 1, items, 3));
    assertThat(rows()).containsExactly("a|1", "f|6");
    assertThat(commit.exclusions()).extracting(e -> e.position()).containsExactly(Ranges.at(2));
    assertThat(history()).containsExactly(schema + ".clicks|" + Ranges.SHARD + "|0|2");
  }

  @Test
  void more_rows_than_maxErrors_allows_fail_the_load_and_say_what_to_do() {
    RedshiftSink sink = open(builder().maxErrors(1));
    assertThatThrownBy(
            () ->
                commit(
                    sink,
                    Ranges.range(
                        sink, 1, "{\"id\":\"a\",\"n\":\"x\"}", "{\"id\":\"b\",\"n\":\"y\"}")))
        .cause()
        .isInstanceOfSatisfying(
            SinkException.class,
            e -> {
              assertThat(e.needsSomebody()).isTrue();
              assertThat(e)
                  .hasMessageContaining("(COPY s3://" + bucket + "/redshift/clicks-")
                  .hasMessageContaining("maxErrors makes dead letters of such rows");
            });
    assertThat(rows()).isEmpty();
    assertThat(history()).isEmpty();
  }

  @Test
  void texts_that_are_too_long_are_cut_off_on_request() {
    RedshiftSink sink = open(builder().truncateColumns(true));
    commit(sink, Ranges.range(sink, 1, "{\"id\":\"" + "x".repeat(70) + "\",\"n\":1}"));
    assertThat(rows()).containsExactly("x".repeat(64) + "|1");
  }

  @Test
  void times_are_read_in_the_format_that_is_said() {
    Map<String, String> columns = new LinkedHashMap<>();
    columns.put("id", "varchar(64)");
    columns.put("at", "timestamp");
    RedshiftSink sink =
        open(
            builder()
                .columns(List.of("id", "at"))
                .createTable(columns, null, List.of())
                .timeFormat("epochmillisecs"));
    commit(sink, Ranges.range(sink, 1, "{\"id\":\"a\",\"at\":1790000000123}"));
    assertThat(LocalRedshift.rows("SELECT at FROM " + schema + ".clicks"))
        .allMatch(at -> at.startsWith("2026-09-21 14:13:20.123"));
  }

  // --- hostile names and values ---

  @Test
  void hostile_names_and_values_are_names_and_values() {
    String table = "cl'icks\"; DROP TABLE victims; --";
    String column = "i'd\"),(select";
    LocalRedshift.execute(
        "CREATE TABLE " + schema + ".victims (id int)",
        "CREATE TABLE "
            + Sql.name(schema)
            + "."
            + Sql.name(table)
            + " ("
            + Sql.name(column)
            + " varchar(100), n bigint)");
    RedshiftSink sink =
        open(
            RedshiftSink.builder(
                    LocalRedshift.SERVER.jdbcUrl(),
                    Sql.name(schema) + "." + Sql.name(table),
                    LocalRedshift.storage(bucket))
                .user(LocalRedshift.SERVER.user(), LocalRedshift.SERVER.password())
                .columns(List.of(column + " from id", "n"))
                .mergeKey(List.of(column))
                .deleteWhen("op='; DROP TABLE victims; --")
                .historyTable(schema + ".\"hi\"\"; DROP TABLE victims; --\"")
                .createHistory(true)
                .copyKeys("AKIA", "secret/+=", null)
                .maxErrors(5));
    String value = "'); DROP TABLE victims; --\\\",\\n\\\\N";
    Commit commit =
        commit(
            sink,
            Ranges.range(
                sink,
                1,
                "{\"id\":\"" + value + "\",\"n\":1}",
                "{\"id\":\"" + value + "\",\"n\":2}",
                "{\"id\":\"x\",\"n\":\"'; DROP TABLE victims\"}",
                "{\"id\":\"<NULL>\",\"n\":2}"));
    assertThat(LocalRedshift.rows("SELECT * FROM " + Sql.name(schema) + "." + Sql.name(table)))
        .containsExactly("'); DROP TABLE victims; --\",\n\\N|2");
    assertThat(commit.exclusions())
        .extracting(e -> e.position())
        .containsExactly(Ranges.at(3), Ranges.at(4));
    assertThat(LocalRedshift.rows("SELECT COUNT(*) FROM " + schema + ".victims"))
        .containsExactly("0");
  }

  // --- what is refused ---

  @Test
  void a_range_that_was_prepared_for_another_table_is_not_loaded_into_this_one() {
    RedshiftSink sink = open(builder());
    RedshiftSink other = open(builder().historyTable(schema + ".h2"));
    assertThatThrownBy(() -> commit(other, Ranges.range(sink, 1, "{\"id\":\"a\"}")))
        .cause()
        .isInstanceOfSatisfying(SinkException.class, e -> assertThat(e.needsSomebody()).isTrue())
        .hasMessageContaining(
            "it was prepared for "
                + schema
                + ".clicks with the history "
                + schema
                + ".millrace_load_history, and this sink loads into "
                + schema
                + ".clicks with the history "
                + schema
                + ".h2; finish it with the configuration that it was prepared with");
  }

  @Test
  void a_null_that_the_table_does_not_take_says_which_word_is_missing() {
    LocalRedshift.execute("CREATE TABLE " + schema + ".clicks (id varchar(64), n bigint not null)");
    RedshiftSink sink = open(builder());
    assertThatThrownBy(() -> commit(sink, Ranges.range(sink, 1, "{\"id\":\"a\"}")))
        .cause()
        .hasMessageContaining("(write to " + schema + ".clicks)")
        .hasMessageContaining("write 'required' behind it in columns");
    assertThat(history()).isEmpty();
  }

  @Test
  void an_old_url_of_postgresql_is_served_by_amazons_driver() {
    RedshiftSink sink =
        open(
            RedshiftSink.builder(
                    LocalRedshift.SERVER.jdbcUrl().replace("jdbc:redshift:", "jdbc:postgresql:"),
                    schema + ".clicks",
                    LocalRedshift.storage(bucket))
                .user(LocalRedshift.SERVER.user(), LocalRedshift.SERVER.password())
                .columns(List.of("id", "n"))
                .createTable(LocalRedshift.columns(), null, List.of())
                .createHistory(true));
    commit(sink, Ranges.range(sink, 1, "{\"id\":\"a\",\"n\":1}"));
    assertThat(rows()).containsExactly("a|1");
  }
}
