package io.millrace.connectors.s3;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A column of a CSV or Parquet file, or a field of a line of JSON that was made by columns.
 *
 * @param name in the file
 * @param type its type; null in CSV
 * @param required whether a record without it is refused
 * @param path the record's field
 */
public record Column(String name, ColumnType type, boolean required, FieldPath path) {

  public static final String ALLOWED_CSV =
      "columns such as 'user', 'user required', 'user from u.name'";
  public static final String ALLOWED_PARQUET =
      "columns such as 'user string', 'clicks long required', 'country string from geo.country'";

  private static final Pattern PARQUET_NAME = Pattern.compile("[A-Za-z0-9_-]+");

  /**
   * {@code NAME [required] [from FIELD]}.
   *
   * @throws IllegalArgumentException that names the column and what is wrong
   */
  public static List<Column> csv(List<String> texts) {
    return columns(texts, false);
  }

  /**
   * {@code NAME TYPE [required] [from FIELD]}.
   *
   * @throws IllegalArgumentException that names the column and what is wrong
   */
  public static List<Column> parquet(List<String> texts) {
    return columns(texts, true);
  }

  private static List<Column> columns(List<String> texts, boolean typed) {
    if (texts.isEmpty()) {
      throw new IllegalArgumentException("there is no column");
    }
    List<Column> columns = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (String text : texts) {
      Column column = parse(text, typed);
      if (!names.add(column.name())) {
        throw new IllegalArgumentException("the column " + column.name() + " is there twice");
      }
      columns.add(column);
    }
    return List.copyOf(columns);
  }

  private static Column parse(String text, boolean typed) {
    List<String> words =
        new ArrayList<>(
            Arrays.stream(text.trim().split("\\s+")).filter(w -> !w.isEmpty()).toList());
    if (words.isEmpty()) {
      throw new IllegalArgumentException("a column is empty");
    }
    String name = words.remove(0);
    ColumnType type = null;
    if (typed) {
      if (!PARQUET_NAME.matcher(name).matches()) {
        throw new IllegalArgumentException(
            "the column '"
                + text
                + "': a name has letters, digits, _ and -; a field of another name is said with"
                + " 'from'");
      }
      if (words.isEmpty()) {
        throw new IllegalArgumentException(
            "the column '" + text + "' has no type; types are " + ColumnType.ALLOWED);
      }
      try {
        type = ColumnType.parse(words.remove(0));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("the column '" + text + "': " + e.getMessage(), e);
      }
    }
    boolean required = !words.isEmpty() && words.get(0).equals("required");
    if (required) {
      words.remove(0);
    }
    String path = name;
    if (words.size() == 2 && words.get(0).equals("from")) {
      path = words.get(1);
    } else if (!words.isEmpty()) {
      throw new IllegalArgumentException(
          "the column '"
              + text
              + "': '"
              + String.join(" ", words)
              + "' is not understood; write NAME "
              + (typed ? "TYPE " : "")
              + "[required] [from FIELD]");
    }
    try {
      return new Column(name, type, required, FieldPath.parse(path));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("the column '" + text + "': " + e.getMessage(), e);
    }
  }
}
