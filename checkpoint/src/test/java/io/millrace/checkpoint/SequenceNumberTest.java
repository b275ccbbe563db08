package io.millrace.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SequenceNumberTest {

  @Test
  void digits_survive_whatever_their_number() {
    for (String digits : new String[] {"0", "7", "4".repeat(56), "9".repeat(129)}) {
      assertThat(SequenceNumber.of(digits).digits()).isEqualTo(digits);
      assertThat(SequenceNumber.of(digits)).hasToString(digits);
    }
  }

  @Test
  void numbers_order_by_value_and_not_as_text() {
    SequenceNumber nine = SequenceNumber.of("9");
    SequenceNumber ten = SequenceNumber.of("10");
    SequenceNumber digits56 = SequenceNumber.of("9".repeat(56));
    SequenceNumber digits57 = SequenceNumber.of("1" + "0".repeat(56));

    assertThat(Stream.of(digits57, ten, digits56, nine).sorted())
        .containsExactly(nine, ten, digits56, digits57);
  }

  @Test
  void neighbours_of_56_digits_are_told_apart_in_the_last_digit() {
    SequenceNumber lower =
        SequenceNumber.of("49590338271490256608559692538361571095921575989136588898");
    SequenceNumber higher =
        SequenceNumber.of("49590338271490256608559692538361571095921575989136588899");

    assertThat(lower).isLessThan(higher).isNotEqualTo(higher);
    assertThat(SequenceNumber.of(lower.digits()))
        .isEqualTo(lower)
        .hasSameHashCodeAs(lower)
        .isEqualByComparingTo(lower);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "-1", "+1", "1.0", "1e5", "0x10", "12 ", "TRIM_HORIZON", "١٢"})
  void what_is_no_number_is_refused_with_the_value(String text) {
    assertThatThrownBy(() -> SequenceNumber.of(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "'");
  }

  static Stream<String> tooLong() {
    return Stream.of("1".repeat(130), "0".repeat(130));
  }

  @ParameterizedTest
  @MethodSource("tooLong")
  void more_than_129_digits_are_refused(String text) {
    assertThatThrownBy(() -> SequenceNumber.of(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("129");
  }

  @Test
  void nothing_is_no_number() {
    assertThatNullPointerException().isThrownBy(() -> SequenceNumber.of(null));
  }
}
