package io.millrace.connectors.redshift;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.connectors.message.MalformedMessageException;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.s3.Column;
import io.millrace.connectors.s3.ColumnType;
import io.millrace.connectors.s3.FieldPath;
import io.millrace.connectors.s3.Fields;
import io.millrace.connectors.sink.Positions;
import io.millrace.connectors.sink.RangeItem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How a record becomes a row: an object with a field for each column and those of {@link Staged}.
 * Immutable.
 */
final class RowShape {
  private final List<Column> columns;
  private final List<Column> keyColumns;
  private final DeleteRule deleteRule;
  private final boolean whole;

  /**
   * @param columns those of keys are required, whatever they say themselves
   * @param keys names of columns; empty for none
   * @param deleteRule null if nothing is deleted
   * @param whole whether the record's own fields stay as they are, for COPY to find by JSONPaths
   */
  RowShape(List<Column> columns, List<String> keys, DeleteRule deleteRule, boolean whole) {
    this.columns =
        columns.stream()
            .map(c -> keys.contains(c.name()) ? new Column(c.name(), c.type(), true, c.path()) : c)
            .toList();
    this.keyColumns = this.columns.stream().filter(c -> keys.contains(c.name())).toList();
    this.deleteRule = deleteRule;
    this.whole = whole;
  }

  /**
   * The columns of files, for a format that lists them: what is required was looked at before, and
   * a row that deletes has its key only.
   */
  List<Column> fileColumns() {
    List<Column> all = new ArrayList<>();
    for (Column column : columns) {
      all.add(
          new Column(
              column.name(),
              column.type(),
              false,
              new FieldPath(column.path().text(), pointer(column.name()))));
    }
    boolean typed = columns.stream().anyMatch(c -> c.type() != null);
    all.add(staged(Staged.SOURCE, typed ? "string" : null));
    all.add(staged(Staged.POSITION, typed ? "string" : null));
    if (deleteRule != null) {
      all.add(staged(Staged.DELETE, typed ? "boolean" : null));
    }
    return all;
  }

  private static Column staged(String name, String type) {
    return new Column(
        name, type == null ? null : ColumnType.parse(type), false, FieldPath.parse(name));
  }

  private static JsonPointer pointer(String name) {
    return JsonPointer.compile("/" + name.replace("~", "~0").replace("/", "~1"));
  }

  /** What no text of Redshift can have, and would stop a load for good. */
  private static void refuseUnstorable(JsonNode row) {
    for (Map.Entry<String, JsonNode> field : row.properties()) {
      if (isUnstorable(field.getKey()) || isUnstorable(field.getValue())) {
        throw new MalformedMessageException(
            "the text for "
                + (isUnstorable(field.getKey()) ? "a field" : field.getKey())
                + " has the character NUL, or half of a surrogate pair, which no text of Redshift"
                + " can have");
      }
    }
  }

  private static boolean isUnstorable(JsonNode node) {
    if (node.isTextual()) {
      return isUnstorable(node.textValue());
    }
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (isUnstorable(field.getKey()) || isUnstorable(field.getValue())) {
        return true;
      }
    }
    if (node.isArray()) {
      for (JsonNode element : node) {
        if (isUnstorable(element)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean isUnstorable(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0 || Character.isLowSurrogate(c)) {
        return true;
      }
      if (Character.isHighSurrogate(c)) {
        i++;
        if (i == text.length() || !Character.isLowSurrogate(text.charAt(i))) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * @throws MalformedMessageException if the record is no object, lacks a required column, or has a
   *     text that cannot be stored
   */
  Message rowOf(RangeItem<Message> item, String source) {
    JsonNode record = item.value().readJson();
    Message message = item.value().withJson(record);
    boolean deletes = deleteRule != null && record.isObject() && deleteRule.deletes(record);
    ObjectNode row = JsonNodeFactory.instance.objectNode();
    List<Column> wanted = deletes ? keyColumns : columns;
    if (whole) {
      // COPY finds the fields; only what is required is looked at here
      List<Column> required = wanted.stream().filter(Column::required).toList();
      if (!record.isObject() || !required.isEmpty()) {
        Fields.of(message, required, (column, node) -> node);
      }
      row.setAll((ObjectNode) record);
    } else {
      Object[] values = Fields.of(message, wanted, (column, node) -> node);
      for (int i = 0; i < values.length; i++) {
        if (values[i] != null) {
          row.set(wanted.get(i).name(), (JsonNode) values[i]);
        }
      }
    }
    refuseUnstorable(row);
    row.put(Staged.SOURCE, source);
    row.put(Staged.POSITION, Positions.sortable(item));
    if (deleteRule != null) {
      row.put(Staged.DELETE, deletes);
    }
    return message.withJson(row);
  }
}
