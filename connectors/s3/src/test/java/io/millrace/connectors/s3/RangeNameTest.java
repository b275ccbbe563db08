package io.millrace.connectors.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RangeNameTest {

  private static Checkpoint at(String digits, long sub) {
    return Checkpoint.at(SequenceNumber.of(digits), sub);
  }

  @Test
  void positions_sort_as_text_as_they_do_as_numbers() {
    List<Checkpoint> ascending =
        List.of(
            at("0", 0),
            at("9", 0),
            at("10", 0),
            at("10", 9),
            at("10", 10),
            at("10", 9_999_999_999L),
            at("10", 10_000_000_000L),
            at("10", Long.MAX_VALUE),
            at("9".repeat(56), 0),
            at("1" + "0".repeat(56), 0),
            at("9".repeat(129), 3));
    List<String> texts = new ArrayList<>(ascending.stream().map(RangeName::position).toList());

    assertThat(texts).isSorted().doesNotHaveDuplicates();
    assertThat(RangeName.position(at("4965", 2))).isEqualTo("0".repeat(52) + "4965-0000000002");
  }

  @Test
  void a_name_comes_back_as_it_was_stored() {
    RangeName one = new RangeName("b", "k/ü\"x", Format.CSV, Compression.ZSTD, null, ".csv.zst");
    RangeName several =
        new RangeName("b", "m", Format.RAW, Compression.NONE, "d/!{partitionKey:a}", "");

    assertThat(RangeName.parse(one.text())).contains(one);
    assertThat(RangeName.parse(several.text())).contains(several);
    assertThat(several.isManifest()).isTrue();
  }

  @Test
  void anything_else_is_no_name() {
    for (String text :
        List.of("", "shard-1", "{}", "[]", "{\"s3\":\"2\",\"bucket\":\"b\",\"key\":\"k\"}")) {
      assertThat(RangeName.parse(text)).isEqualTo(Optional.empty());
    }
  }
}
