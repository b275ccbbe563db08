package io.millrace.embedded.redshift;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Rows of JSON values, one after another; usually, but not of necessity, a line each. */
final class JsonRows implements Row.Source {

  private static final ObjectReader VALUES =
      Json.MAPPER.readerFor(JsonNode.class).without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final RawLines lines;
  private final Character replacement;
  private final Function<JsonNode, String[]> fields;
  private final Deque<Row> waiting = new ArrayDeque<>();

  private JsonRows(InputStream in, Character replacement, Function<JsonNode, String[]> fields) {
    this.lines = RawLines.plain(in);
    this.replacement = replacement;
    this.fields = fields;
  }

  /** Columns by the names of keys. */
  static JsonRows byName(
      InputStream in, Character replacement, List<Column> columns, boolean ignoreCase) {
    return new JsonRows(
        in,
        replacement,
        node -> {
          if (!node.isObject()) {
            return null;
          }
          Map<String, JsonNode> folded =
              !ignoreCase
                  ? Map.of()
                  : node.properties().stream()
                      .collect(
                          Collectors.toMap(
                              e -> e.getKey().toLowerCase(Locale.ROOT),
                              Map.Entry::getValue,
                              (first, second) -> first));
          String[] fields = new String[columns.size()];
          for (int i = 0; i < fields.length; i++) {
            Column column = columns.get(i);
            fields[i] =
                Json.field(
                    ignoreCase ? folded.get(column.name()) : node.get(column.name()),
                    column.type());
          }
          return fields;
        });
  }

  /** Columns by paths, in their order. */
  static JsonRows byPath(
      InputStream in, Character replacement, List<Column> columns, List<JsonPath> paths) {
    return new JsonRows(
        in,
        replacement,
        node -> {
          if (!node.isContainerNode()) {
            return null;
          }
          String[] fields = new String[columns.size()];
          for (int i = 0; i < fields.length; i++) {
            fields[i] = Json.field(paths.get(i).in(node), columns.get(i).type());
          }
          return fields;
        });
  }

  @Override
  public Row next() throws IOException {
    while (waiting.isEmpty()) {
      byte[] bytes = lines.next();
      if (bytes == null) {
        return null;
      }
      fill(lines.line(), bytes);
    }
    return waiting.poll();
  }

  /** The values that begin on this line; takes more lines until the last of them is whole. */
  private void fill(long line, byte[] first) throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    text.write(first);
    while (true) {
      String raw = Utf8.decode(text.toByteArray(), replacement);
      if (raw == null) {
        waiting.add(
            Row.bad(
                line,
                Utf8.forMessage(text.toByteArray()),
                1220,
                "String contains invalid or unsupported UTF8 codepoints."));
        return;
      }
      try {
        waiting.addAll(rows(line, raw));
        return;
      } catch (JsonEOFException e) {
        byte[] more = lines.next();
        if (more == null) {
          waiting.add(Row.bad(line, raw, 1216, "Invalid JSON format. Unexpected end of input"));
          return;
        }
        if (text.size() + more.length > RawLines.MOST_BYTES) {
          throw new Refusal(
              Refusal.INTERNAL_ERROR, "The row at line " + line + " is larger than 4 MB");
        }
        text.write('\n');
        text.write(more);
      } catch (JsonProcessingException e) {
        waiting.add(Row.bad(line, raw, 1216, "Invalid JSON format"));
        return;
      }
    }
  }

  private List<Row> rows(long line, String raw) throws IOException {
    List<Row> rows = new ArrayList<>(1);
    try (MappingIterator<JsonNode> values = VALUES.readValues(raw)) {
      while (values.hasNextValue()) {
        String[] row = fields.apply(values.nextValue());
        rows.add(
            row == null
                ? Row.bad(line, raw, 1216, "Invalid JSON format: the value is no object")
                : Row.good(line, raw, row));
      }
    }
    return rows;
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
