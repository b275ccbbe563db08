package io.millrace.connectors.redshift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.connectors.message.Json;
import io.millrace.connectors.message.MalformedMessageException;
import io.millrace.connectors.s3.Column;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class RowShapeTest {
  private static final List<Column> COLUMNS =
      Column.csv(List.of("id", "n required", "country from geo.country"));

  private static String row(RowShape shape, String record) {
    JsonNode row = shape.rowOf(Ranges.item(7, 2, record), "clicks/s").json();
    return new String(Json.write(row), StandardCharsets.UTF_8)
        .replace(Ranges.sortable(7, 2), "POSITION");
  }

  @Test
  void a_row_has_the_columns_by_name_and_says_where_it_is_from() {
    assertThat(
            row(
                new RowShape(COLUMNS, List.of(), null, false),
                "{\"id\":\"a\",\"n\":1.50,\"geo\":{\"country\":\"DE\"},\"other\":1}"))
        .isEqualTo(
            "{\"id\":\"a\",\"n\":1.50,\"country\":\"DE\",\"millrace_source\":\"clicks/s\","
                + "\"millrace_position\":\"POSITION\"}");
  }

  @Test
  void what_a_record_says_itself_about_its_position_does_not_count() {
    assertThat(
            row(
                new RowShape(Column.csv(List.of("id")), List.of(), null, true),
                "{\"id\":1,\"x\":{},\"millrace_position\":\"mine\"}"))
        .isEqualTo(
            "{\"id\":1,\"x\":{},\"millrace_position\":\"POSITION\","
                + "\"millrace_source\":\"clicks/s\"}");
  }

  @Test
  void a_key_is_required_and_so_is_what_says_so() {
    RowShape shape = new RowShape(COLUMNS, List.of("id"), null, false);
    assertThatThrownBy(() -> row(shape, "{\"n\":1}"))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("field id is missing or null, and the column id is required");
    assertThatThrownBy(() -> row(shape, "{\"id\":1}"))
        .hasMessage("field n is missing or null, and the column n is required");
    assertThatThrownBy(() -> row(shape, "[1]"))
        .hasMessage("the record is an array; allowed is a JSON object");
  }

  @Test
  void a_record_that_deletes_needs_its_key_only() {
    RowShape shape = new RowShape(COLUMNS, List.of("id"), DeleteRule.parse("op = gone"), false);
    assertThat(row(shape, "{\"id\":1,\"op\":\"gone\",\"n\":null}"))
        .isEqualTo(
            "{\"id\":1,\"millrace_source\":\"clicks/s\",\"millrace_position\":\"POSITION\","
                + "\"millrace_delete\":true}");
    assertThat(row(shape, "{\"id\":1,\"n\":2,\"op\":\"other\"}"))
        .contains("\"millrace_delete\":false");
    assertThatThrownBy(() -> row(shape, "{\"op\":\"gone\",\"n\":1}"))
        .hasMessage("field id is missing or null, and the column id is required");
  }

  @Test
  void by_json_paths_only_what_is_required_is_looked_at() {
    RowShape shape = new RowShape(Column.csv(List.of("a", "b")), List.of(), null, true);
    assertThat(row(shape, "{\"elsewhere\":1}")).startsWith("{\"elsewhere\":1,");
    assertThatThrownBy(() -> row(shape, "\"text\"")).hasMessageContaining("a JSON object");
  }
}
