package io.millrace.samples.referrers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DemoResultTest {

  @Test
  void the_json_is_one_line_in_order_with_null_for_what_is_unknown() {
    Map<String, Long> numbers = new LinkedHashMap<>();
    numbers.put("put", 12L);
    numbers.put("lost", 0L);
    numbers.put("failoverMillis", null);

    assertThat(new DemoResult(numbers, true, List.of(), Path.of("x")).toJson())
        .isEqualTo("{\"put\":12,\"lost\":0,\"failoverMillis\":null}");
  }

  @Test
  void a_result_is_good_only_if_it_is_complete_and_nothing_went_wrong() {
    assertThat(new DemoResult(Map.of(), true, List.of(), Path.of("x")).good()).isTrue();
    assertThat(new DemoResult(Map.of(), false, List.of(), Path.of("x")).good()).isFalse();
    assertThat(new DemoResult(Map.of(), true, List.of("a worker died"), Path.of("x")).good())
        .isFalse();
  }
}
