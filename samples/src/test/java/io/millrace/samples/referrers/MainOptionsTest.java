package io.millrace.samples.referrers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class MainOptionsTest {

  private static final List<String> KNOWN = List.of("stream", "rate", "endpoint");

  @Test
  void an_unknown_option_is_refused_with_those_that_are_known() {
    assertThatThrownBy(() -> parse("--steam", "x"))
        .hasMessage("Unknown option '--steam'; allowed: --stream, --rate, --endpoint");
  }

  @Test
  void an_option_without_a_value_is_refused() {
    assertThatThrownBy(() -> parse("--stream")).hasMessage("Option --stream needs a value");
  }

  @Test
  void a_required_option_that_is_missing_is_named() {
    assertThatThrownBy(() -> parse().required("stream")).hasMessage("Option --stream is required");
  }

  @Test
  void a_rate_that_is_no_number_or_too_high_is_refused_with_what_is_allowed() {
    for (String bad : new String[] {"fast", "-1", "10001"}) {
      assertThatThrownBy(() -> parse("--rate", bad).rate("rate", 5))
          .hasMessage(
              "Option --rate: '" + bad + "' is not allowed; allowed: 0 to 10000 records a second");
    }
    assertThat(parse("--rate", "0.5").rate("rate", 5)).isEqualTo(0.5);
    assertThat(parse().rate("rate", 5)).isEqualTo(5);
  }

  private static MainOptions parse(String... args) {
    return MainOptions.parse(args, KNOWN);
  }
}
