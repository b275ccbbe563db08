package io.millrace.connectors.redshift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.connectors.sink.Exclusion;
import io.millrace.connectors.sink.Positions;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HistoryTextTest {

  @Test
  void exclusions_are_ascii_in_parts_that_fit_a_column() {
    List<Exclusion> many =
        IntStream.range(0, 900)
            .mapToObj(i -> new Exclusion(Ranges.at(i), "größer als 'x' \\ \"y\" 😀"))
            .toList();
    List<String> parts = Exclusions.parts(many);
    assertThat(parts).hasSizeGreaterThan(2);
    assertThat(parts)
        .allMatch(p -> p.length() <= 65_535 && p.chars().allMatch(c -> c >= 32 && c < 127));
    assertThat(Exclusions.parse(String.join("", parts))).isEqualTo(many);
    assertThat(Exclusions.parts(List.of())).containsExactly("");
    assertThat(Exclusions.parse("")).isEmpty();
  }

  @Test
  void a_position_is_read_as_it_was_written() {
    for (Checkpoint position :
        List.of(
            Checkpoint.at(SequenceNumber.of("0"), 0),
            Checkpoint.at(SequenceNumber.of("9".repeat(129)), Long.MAX_VALUE),
            Ranges.at(5))) {
      assertThat(Positions.parse(Positions.sortable(position))).isEqualTo(position);
    }
    for (String text :
        List.of("", "1.0", "x".repeat(150), Positions.sortable(Ranges.at(1)) + "0")) {
      assertThatThrownBy(() -> Positions.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
