package io.millrace.connectors.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.connectors.message.Json;
import io.millrace.connectors.message.MalformedMessageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

class ConversionsTest {

  @Test
  void each_type_is_made_of_the_json_that_looks_like_it() {
    assertThat(convert("'text'", AttributeType.S)).isEqualTo(AttributeValue.fromS("text"));
    assertThat(convert("12.50", AttributeType.S)).isEqualTo(AttributeValue.fromS("12.50"));
    assertThat(convert("true", AttributeType.S)).isEqualTo(AttributeValue.fromS("true"));
    assertThat(convert("'17'", AttributeType.N)).isEqualTo(AttributeValue.fromN("17"));
    assertThat(convert("'AQID'", AttributeType.B))
        .isEqualTo(AttributeValue.fromB(SdkBytes.fromByteArray(new byte[] {1, 2, 3})));
    assertThat(convert("'True'", AttributeType.BOOL)).isEqualTo(AttributeValue.fromBool(true));
    assertThat(convert("['a','b','a']", AttributeType.SS))
        .isEqualTo(AttributeValue.fromSs(List.of("a", "b")));
    assertThat(convert("[1, 1.0, 2]", AttributeType.NS))
        .isEqualTo(AttributeValue.fromNs(List.of("1", "2")));
    assertThat(convert("['AQID']", AttributeType.BS))
        .isEqualTo(AttributeValue.fromBs(List.of(SdkBytes.fromByteArray(new byte[] {1, 2, 3}))));
    assertThat(convert("{'a':[1,null,'x',false,{}]}", AttributeType.ANY))
        .isEqualTo(
            AttributeValue.fromM(
                Map.of(
                    "a",
                    AttributeValue.fromL(
                        List.of(
                            AttributeValue.fromN("1"),
                            AttributeValue.fromNul(true),
                            AttributeValue.fromS("x"),
                            AttributeValue.fromBool(false),
                            AttributeValue.fromM(Map.of()))))));
  }

  @Test
  void null_and_empty_sets_are_nothing_to_store() {
    assertThat(Conversions.convert("field 'f'", json("null"), AttributeType.N)).isEmpty();
    assertThat(Conversions.convert("field 'f'", null, AttributeType.N)).isEmpty();
    assertThat(Conversions.convert("field 'f'", json("[]"), AttributeType.SS)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "1.0, 1",
    "1e3, 1000",
    "0.000, 0",
    "-0.50, -0.5",
    "12345678901234567890123456789012345678, 12345678901234567890123456789012345678",
    "1E+125, 1E+125"
  })
  void equal_numbers_are_spelled_alike(String json, String expected) {
    assertThat(convert(json, AttributeType.N)).isEqualTo(AttributeValue.fromN(expected));
  }

  @Test
  void a_number_beyond_38_digits_is_refused_with_its_length() {
    assertThatThrownBy(() -> convert("1234567890123456789012345678901234567.89", AttributeType.N))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage(
            "field 'f' is a number of 39 digits; allowed: at most 38; map it to type S to keep"
                + " them all");
    assertThatThrownBy(() -> convert("{'deep':1e126}", AttributeType.ANY))
        .hasMessage(
            "field 'f' is a number about 10 to the power of 126; allowed: -130 to 125; map it to"
                + " type S to keep it");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "N | \"abc\" | is the text 'abc'; allowed: a number, for type N",
        "N | true | is the truth value true; allowed: a number, for type N",
        "S | {} | is an object; allowed: a text, a number or a truth value, for type S",
        "B | \"no base 64!\" | is the text 'no base 64!'; allowed: a text in Base64, for type B",
        "BOOL | 1 | is the number 1; allowed: true or false, for type BOOL",
        "SS | \"a\" | is the text 'a'; allowed: a list, for type SS",
        "M | [] | is a list; allowed: an object, for type M",
        "L | {} | is an object; allowed: a list, for type L",
      })
  void a_value_of_another_kind_is_refused_by_what_it_is_and_what_is_allowed(
      AttributeType type, String json, String message) {
    assertThatThrownBy(() -> convert(json, type))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("field 'f' " + message);
  }

  @Test
  void more_than_32_levels_are_refused() {
    assertThat(convert("[".repeat(32) + "]".repeat(32), AttributeType.ANY)).isNotNull();
    assertThatThrownBy(() -> convert("[".repeat(33) + "]".repeat(33), AttributeType.ANY))
        .hasMessageContaining("more than 32 levels");
  }

  @Test
  void a_long_text_is_shortened_in_messages() {
    assertThatThrownBy(() -> convert("'" + "x".repeat(1_000) + "'", AttributeType.N))
        .hasMessageContaining("x".repeat(60) + "…")
        .satisfies(error -> assertThat(error.getMessage()).hasSizeLessThan(150));
  }

  private static AttributeValue convert(String json, AttributeType type) {
    return Conversions.convert("field 'f'", json(json), type).orElseThrow();
  }

  private static JsonNode json(String text) {
    try {
      return Json.read(ByteBuffer.wrap(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
