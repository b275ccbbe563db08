package io.millrace.connectors.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.connectors.message.Json;
import io.millrace.connectors.message.MalformedMessageException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeyPatternTest {

  private static String filled(String pattern, ZoneId zone) {
    return KeyPattern.parse(pattern).forRange(Ranges.start(1), zone).text();
  }

  private static JsonNode json(String text) throws Exception {
    return Json.read(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  @ParameterizedTest
  @CsvSource({
    "UTC,            logs/2026/11/22/23/",
    "Europe/Berlin,  logs/2026/11/23/00/",
    "America/Lima,   logs/2026/11/22/18/",
    "+05:30,         logs/2026/11/23/05/"
  })
  void times_are_those_of_the_arrival_in_the_zone(String zone, String key) {
    assertThat(filled("logs/!{timestamp:yyyy/MM/dd/HH}/", ZoneId.of(zone))).isEqualTo(key);
  }

  @Test
  void shard_and_stream_have_their_expressions() {
    assertThat(filled("!{stream}/!{shardId}!", ZoneOffset.UTC))
        .isEqualTo("clicks/shardId-000000000003!");
  }

  @Test
  void random_strings_are_the_same_for_one_range_and_others_for_others() {
    KeyPattern pattern = KeyPattern.parse("!{firehose:random-string}");

    String one = pattern.forRange(Ranges.start(1), ZoneOffset.UTC).text();

    assertThat(one).matches("[A-Za-z0-9]{11}");
    assertThat(pattern.forRange(Ranges.start(1), ZoneId.of("Asia/Tokyo")).text()).isEqualTo(one);
    assertThat(pattern.forRange(Ranges.start(2), ZoneOffset.UTC).text()).isNotEqualTo(one);
  }

  @Test
  void fields_stay_until_a_record_comes() throws Exception {
    KeyPattern range =
        KeyPattern.parse(
                "!{timestamp:yyyy}/c=!{partitionKey:geo.country}/!{partitionKeyFromQuery:$.tags.0|no tag}/")
            .forRange(Ranges.start(1), ZoneOffset.UTC);

    assertThat(range.text())
        .isEqualTo("2026/c=!{partitionKey:geo.country}/!{partitionKey:$.tags.0|no tag}/");
    assertThat(range.isDynamic()).isTrue();
    assertThat(range.forRecord(json("{\"geo\":{\"country\":\"DE\"},\"tags\":[true]}")))
        .isEqualTo("2026/c=DE/true/");
    assertThat(range.forRecord(json("{\"geo\":{\"country\":1.50}}")))
        .isEqualTo("2026/c=1.50/no tag/");
    assertThat(range.forOverflow()).isEqualTo("2026/c=__overflow/__overflow/");
  }

  @Test
  void a_name_with_a_dot_is_reached_by_a_pointer() throws Exception {
    assertThat(KeyPattern.parse("!{partitionKey:/a.b/c}").forRecord(json("{\"a.b\":{\"c\":7}}")))
        .isEqualTo("7");
  }

  @ParameterizedTest
  @CsvSource({"a/b,a%2Fb", "..,%2E%2E", "v1.2,v1.2", "%2F,%252F", "ü,%C3%BC", "a b,a%20b"})
  void values_make_no_folders_and_differ_when_they_differ(String value, String key) {
    assertThat(KeyPattern.encoded(value)).isEqualTo(key);
  }

  @Test
  void an_empty_text_is_as_good_as_none() throws Exception {
    KeyPattern pattern = KeyPattern.parse("!{partitionKey:a}");

    assertThatThrownBy(() -> pattern.forRecord(json("{\"a\":\"\"}")))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage(
            "the partition's field a is an empty text; give it a value, or the key a default:"
                + " !{partitionKey:a|DEFAULT}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "a/!{timestamp}/ ~ !{timestamp} is not known; allowed is text with"
            + " !{timestamp:yyyy/MM/dd/HH} (a pattern of java.time.format.DateTimeFormatter),"
            + " !{shardId}, !{stream}, !{random-string} or !{partitionKey:FIELD}",
        "!{timestamp:foo} ~ !{timestamp:foo} has no pattern that"
            + " java.time.format.DateTimeFormatter takes: Unknown pattern letter: f",
        "!{timestamp:} ~ !{timestamp:} has no pattern that java.time.format.DateTimeFormatter takes:"
            + " it makes no part of a key",
        "x!{shardId ~ '!{shardId' has no closing '}'",
        "!{partitionKey:a..b} ~ !{partitionKey:a..b} names no field: 'a..b' has an empty name;"
            + " allowed are names with dots between them, such as user.country, or a JSON pointer,"
            + " such as /user.country",
        "/logs/ ~ it begins with '/', which makes a folder without a name"
      })
  void bad_expressions_are_refused_with_what_is_allowed(String pattern, String message) {
    assertThatThrownBy(() -> KeyPattern.parse(pattern))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "plain/", "ends with!", "!{stream}", "a!{shardId}b{c}"})
  void anything_else_is_text(String pattern) {
    assertThat(KeyPattern.parse(pattern).isDynamic()).isFalse();
  }
}
