package io.millrace.connectors.redshift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.util.List;
import org.junit.jupiter.api.Test;

class StagedFilesTest {
  private static final List<String> COLUMNS = List.of("id", Staged.SOURCE, Staged.POSITION);

  private static String position(int number) {
    return Ranges.sortable(number, 0);
  }

  private static List<DroppedRow> csv(String text, LoadError... errors) throws IOException {
    return StagedFiles.findInCsv(
        new BufferedReader(new StringReader(text)), COLUMNS, List.of(errors));
  }

  private static LoadError error(long line) {
    return new LoadError("s3://b/f", line, "id: too long");
  }

  @Test
  void a_row_is_found_by_its_line_also_behind_texts_with_line_breaks() throws IOException {
    String text =
        "a,c/s,"
            + position(1)
            + "\n\"b\nb\nb\",c/s,"
            + position(2)
            + "\nc,c/s,"
            + position(3)
            + "\n";
    assertThat(csv(text, error(1)))
        .containsExactly(new DroppedRow("c/s", position(1), "id: too long"));
    for (int line = 2; line <= 4; line++) {
      assertThat(csv(text, error(line)))
          .as("line " + line)
          .containsExactly(new DroppedRow("c/s", position(2), "id: too long"));
    }
    assertThat(csv(text, error(5), error(1)))
        .extracting(DroppedRow::position)
        .containsExactly(position(1), position(3));
  }

  @Test
  void several_errors_of_one_row_are_one_row() throws IOException {
    assertThat(csv("a,c/s," + position(1) + "\n", error(1), error(1))).hasSize(1);
  }

  @Test
  void a_line_that_is_not_there_or_is_no_row_is_an_error() {
    assertThatThrownBy(() -> csv("a,c/s," + position(1) + "\n", error(2)))
        .hasMessage("the load-error view names line 2, not there");
    assertThatThrownBy(() -> csv("a,b\n", error(1))).hasMessage("line 1 is no row of this sink");
    assertThatThrownBy(() -> csv("a,b,c\n", error(1))).hasMessage("line 1 is no row of this sink");
  }

  @Test
  void a_row_of_json_is_a_line() throws IOException {
    String text =
        "{\"id\":\"a\\nb\",\"millrace_source\":\"c/s\",\"millrace_position\":\""
            + position(1)
            + "\"}\n{\"millrace_source\":\"c/s\",\"millrace_position\":\""
            + position(2)
            + "\"}\n";
    assertThat(
            StagedFiles.findInJson(new BufferedReader(new StringReader(text)), List.of(error(2))))
        .containsExactly(new DroppedRow("c/s", position(2), "id: too long"));
  }
}
