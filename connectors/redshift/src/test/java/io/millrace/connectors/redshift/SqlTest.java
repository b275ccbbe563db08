package io.millrace.connectors.redshift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SqlTest {

  @Test
  void names_and_texts_are_quoted_whatever_is_in_them() {
    assertThat(Sql.name("a\"; DROP TABLE users; --")).isEqualTo("\"a\"\"; DROP TABLE users; --\"");
    assertThat(Sql.literal("it's; DROP TABLE users")).isEqualTo("'it''s; DROP TABLE users'");
  }

  @Test
  void what_no_quoting_makes_safe_on_every_server_is_refused() {
    assertThatThrownBy(() -> Sql.literal("\\'; DROP TABLE users"))
        .hasMessage("A text of SQL cannot have a backslash, which some servers read as an escape");
    assertThatThrownBy(() -> Sql.name("a\0b")).hasMessageContaining("character NUL");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "clicks,\"clicks\"",
        "Public.Clicks,\"public\".\"clicks\"",
        "\"Odd.Name\".\"it\"\"s\",\"Odd.Name\".\"it\"\"s\"",
        "a.\"B c\",\"a\".\"B c\""
      })
  void a_table_is_named_as_sql_names_it(String written, String quoted) {
    assertThat(TableName.parse(written).quoted()).isEqualTo(quoted);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ".", "a.", ".a", "a.b.c", "\"a", "\"a\"b", "a b", "a\"b", "a; DROP TABLE b"})
  void what_is_no_name_is_refused(String written) {
    assertThatThrownBy(() -> TableName.parse(written)).isInstanceOf(IllegalArgumentException.class);
  }
}
