package io.millrace.connectors.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.millrace.connectors.message.Json;
import io.millrace.connectors.message.MalformedMessageException;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.RangeItem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Records are looked at many at once; what comes out must be what each of them would give alone.
 */
class NdjsonFormatTest {
  private static final NdjsonFormat FORMAT = new NdjsonFormat(Compression.NONE);

  /** One line as they are. */
  private static final List<String> COPIED =
      List.of(
          "{\"a\":1}",
          " {\"a\": [true, null, 1.50], \"b\":\"x\\n\\u00fc\"}",
          "[]",
          "\"a text\"",
          "\"\"",
          "12",
          "-0.50e3",
          "true",
          "null",
          "{\"ü\":\"日本語 😀\"}");

  /** JSON, and not on one line. */
  private static final List<String> WRITTEN_ANEW =
      List.of("{\n\"a\":1}", "[1,\r\n2]", "\n\n{\"a\":\n1}", "[1,\r2]");

  private static final List<String> MALFORMED =
      List.of(
          "",
          " ",
          "\n",
          "{",
          "}",
          "{\"a\":",
          "1}",
          "[1,",
          "\"open",
          "closed\"",
          "1 2",
          "{}{}",
          "{} x",
          "tru",
          "truefalse",
          "\"line\nbreak\"",
          "{a:1}",
          "1.",
          "01",
          "nul",
          ",",
          "{},");

  @TempDir Path directory;

  @Test
  void one_value_on_one_line_is_copied() throws IOException {
    for (String text : COPIED) {
      assertThat(alone(text)).isEqualTo(text + "\n");
    }
  }

  @Test
  void spaces_and_line_breaks_at_the_end_are_left_out() throws IOException {
    assertThat(alone("{\"a\":1} \t\r\n\n")).isEqualTo("{\"a\":1}\n");
  }

  @Test
  void what_is_on_several_lines_is_written_on_one() throws IOException {
    for (String text : WRITTEN_ANEW) {
      assertThat(alone(text))
          .isEqualTo(new String(Json.write(Json.read(utf8(text))), StandardCharsets.UTF_8) + "\n");
    }
  }

  @Test
  void another_encoding_is_written_as_utf_8() throws IOException {
    byte[] utf16 = "{\"a\":\"ü\"}".getBytes(StandardCharsets.UTF_16BE);
    NdjsonFormat.Line line = FORMAT.prepare(Message.of(Ranges.record(1, "")).withBytes(utf16));
    assertThat(text(line)).isEqualTo("{\"a\":\"ü\"}\n");
  }

  @Test
  void bytes_that_are_no_text_are_malformed() {
    byte[] bytes = {'"', (byte) 0xc3, '"'};
    assertThatThrownBy(() -> FORMAT.prepare(Message.of(Ranges.record(1, "")).withBytes(bytes)))
        .isInstanceOf(MalformedMessageException.class);
  }

  @Test
  void a_record_larger_than_a_block_is_copied_too() throws IOException {
    String large = "{\"a\":\"" + "x".repeat(200_000) + "\"}";
    assertThat(lines(List.of("1", large, "2", large))).containsExactly("1", large, "2", large);
  }

  @Test
  void a_value_that_a_step_has_made_is_written() throws IOException {
    List<RangeItem<Message>> items = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      RangeItem<Message> item = Ranges.item(i + 1, "{\"a\": " + i + "}");
      items.add(
          i % 2 == 0
              ? item
              : new RangeItem<>(item.record(), 0, item.value().withJson(item.value().json())));
    }
    assertThat(prepared(items))
        .containsExactly("{\"a\": 0}", "{\"a\":1}", "{\"a\": 2}", "{\"a\":3}");
  }

  @Test
  void what_was_made_of_one_record_stays_until_it_is_written() throws IOException {
    List<RangeItem<Message>> items = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    for (int record = 1; record <= 6; record++) {
      RangeItem<Message> item = Ranges.item(record, "");
      // about three blocks each
      for (int ordinal = 0; ordinal < 40; ordinal++) {
        String text = "\"" + (record + "." + ordinal + " ").repeat(900) + "\"";
        expected.add(text);
        items.add(
            new RangeItem<>(
                item.record(),
                ordinal,
                item.value().withBytes(text.getBytes(StandardCharsets.UTF_8))));
      }
    }
    assertThat(prepared(items)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void looking_at_many_gives_what_looking_at_each_gives(long seed) throws IOException {
    Random random = new Random(seed);
    List<String> menu = new ArrayList<>(COPIED);
    menu.addAll(WRITTEN_ANEW);
    menu.addAll(MALFORMED);
    List<String> records = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      // long rows of good ones between the others
      String record =
          random.nextInt(100) < seed * 10
              ? menu.get(random.nextInt(menu.size()))
              : COPIED.get(random.nextInt(COPIED.size()));
      records.add(random.nextInt(50) == 0 ? record + " \n" : record);
    }
    List<String> expected = new ArrayList<>();
    for (String record : records) {
      expected.add(expected(record));
    }
    assertThat(lines(records)).isEqualTo(expected);
  }

  /** By the slow way alone: a tree is read of each record by itself. */
  private static String expected(String record) throws IOException {
    try {
      String anew = new String(Json.write(Json.read(utf8(record))), StandardCharsets.UTF_8);
      return record.strip().matches("(?s).*[\n\r].*") || record.startsWith("\n")
          ? anew
          : record.stripTrailing();
    } catch (JsonProcessingException e) {
      return "malformed";
    } catch (IOException e) {
      assertThat(record).isBlank();
      return "malformed";
    }
  }

  private static String alone(String text) {
    return text(FORMAT.prepare(Ranges.item(1, text).value()));
  }

  private List<String> lines(List<String> records) throws IOException {
    List<RangeItem<Message>> items = new ArrayList<>();
    for (int i = 0; i < records.size(); i++) {
      items.add(Ranges.item(i + 1, records.get(i)));
    }
    return prepared(items);
  }

  /** What each gives, which is also what a file gets of them. */
  private List<String> prepared(List<RangeItem<Message>> items) throws IOException {
    List<String> lines = new ArrayList<>();
    StringBuilder good = new StringBuilder();
    try (SpillArea area = new SpillArea(directory, 0, 0)) {
      SpillBuffer buffer = new SpillBuffer(area);
      try (SpillBuffer closed = buffer;
          ObjectFormat.File<NdjsonFormat.Line> file = FORMAT.open(closed)) {
        ObjectFormat.Preparer<NdjsonFormat.Line> preparer = FORMAT.preparer(items);
        for (int from = 0, to; from < items.size(); from = to) {
          List<NdjsonFormat.Line> ofRecord = new ArrayList<>();
          for (to = from; to == from || to < items.size() && items.get(to).ordinal() > 0; to++) {
            try {
              ofRecord.add(preparer.prepare(to));
            } catch (MalformedMessageException e) {
              lines.add("malformed");
            }
          }
          for (NdjsonFormat.Line line : ofRecord) {
            lines.add(text(line).stripTrailing());
            good.append(text(line));
            file.write(line);
          }
        }
      }
      // by way of a file, which is easier to look at than memory
      try (Stream<Path> files = Files.walk(directory)) {
        assertThat(
                Files.readString(
                    files.filter(f -> f.endsWith("object-1")).findFirst().orElseThrow()))
            .isEqualTo(good.toString());
      } finally {
        buffer.release();
      }
    }
    return lines;
  }

  private static String text(NdjsonFormat.Line line) {
    return new String(line.bytes(), line.from(), line.length(), StandardCharsets.UTF_8);
  }

  private static ByteBuffer utf8(String text) {
    return StandardCharsets.UTF_8.encode(text);
  }
}
