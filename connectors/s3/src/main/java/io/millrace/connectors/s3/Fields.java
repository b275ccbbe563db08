package io.millrace.connectors.s3;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.connectors.message.MalformedMessageException;
import io.millrace.connectors.message.Message;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/** A record's fields by columns. */
public final class Fields {
  private static final int MOST_CHARACTERS_SHOWN = 60;

  private Fields() {}

  /**
   * @param reader makes a value of a field, or throws a {@link MalformedMessageException}
   * @return a value for each column, null for what is missing
   * @throws MalformedMessageException if the record is no object, has none of the columns, or lacks
   *     a required one
   */
  public static Object[] of(
      Message message, List<Column> columns, BiFunction<Column, JsonNode, Object> reader) {
    JsonNode json = message.readJson();
    if (!json.isObject()) {
      throw new MalformedMessageException(
          "the record is " + FieldPath.kind(json) + "; allowed is a JSON object");
    }
    Object[] row = new Object[columns.size()];
    boolean any = false;
    for (int i = 0; i < row.length; i++) {
      Column column = columns.get(i);
      Optional<JsonNode> found = column.path().of(json);
      if (found.isPresent()) {
        row[i] = reader.apply(column, found.get());
        any = true;
      } else if (column.required()) {
        throw new MalformedMessageException(
            "field "
                + column.path()
                + " is missing or null, and the column "
                + column.name()
                + " is required");
      }
    }
    if (!any) {
      throw new MalformedMessageException(
          "the record has none of the columns: "
              + String.join(", ", columns.stream().map(c -> c.path().text()).toList()));
    }
    return row;
  }

  /** That a value does not fit: field, kind of value, and what is allowed. */
  static String refused(Column column, JsonNode node, String allowed) {
    String shown = node.isContainerNode() ? "" : " (" + shortened(node.asText()) + ")";
    return "field "
        + column.path()
        + " is "
        + FieldPath.kind(node)
        + shown
        + "; the column "
        + column.name()
        + " takes "
        + allowed;
  }

  private static String shortened(String text) {
    return text.length() <= MOST_CHARACTERS_SHOWN
        ? text
        : text.substring(0, MOST_CHARACTERS_SHOWN) + "…";
  }
}
