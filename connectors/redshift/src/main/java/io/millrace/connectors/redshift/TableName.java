package io.millrace.connectors.redshift;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A table.
 *
 * @param schema null for the one that the connection finds it in
 * @param table its name
 */
record TableName(String schema, String table) {

  static final String ALLOWED =
      "TABLE or SCHEMA.TABLE; names in double quotes are taken as they are, others in lower case";

  private static final int MOST_CHARACTERS = 127;

  /**
   * @throws IllegalArgumentException that says what is wrong
   */
  static TableName parse(String text) {
    List<String> parts = new ArrayList<>();
    int at = 0;
    String trimmed = text.trim();
    do {
      StringBuilder part = new StringBuilder();
      at = part(trimmed, at, part);
      if (part.isEmpty() || part.length() > MOST_CHARACTERS) {
        throw new IllegalArgumentException(
            part.isEmpty() ? "a name is empty" : "a name has over 127 characters");
      }
      parts.add(part.toString());
      at++; // the dot
    } while (at <= trimmed.length());
    if (parts.size() > 2) {
      throw new IllegalArgumentException("it has " + parts.size() + " parts");
    }
    return parts.size() == 1
        ? new TableName(null, parts.get(0))
        : new TableName(parts.get(0), parts.get(1));
  }

  /** Returns where the part ends: at a dot, or at the end. */
  private static int part(String text, int from, StringBuilder part) {
    if (from >= text.length() || text.charAt(from) != '"') {
      int dot = text.indexOf('.', from);
      int end = dot < 0 ? text.length() : dot;
      String name = text.substring(Math.min(from, text.length()), end);
      if (name.indexOf('"') >= 0 || name.chars().anyMatch(Character::isWhitespace)) {
        throw new IllegalArgumentException(
            "a name with a quote or a blank in it has to stand in double quotes");
      }
      part.append(name.toLowerCase(Locale.ROOT));
      return end;
    }
    int at = from + 1;
    while (at < text.length()) {
      if (text.charAt(at) == '"') {
        if (at + 1 < text.length() && text.charAt(at + 1) == '"') {
          at++;
        } else {
          break;
        }
      }
      part.append(text.charAt(at++));
    }
    if (at >= text.length()) {
      throw new IllegalArgumentException("a double quote is not closed");
    }
    at++;
    if (at < text.length() && text.charAt(at) != '.') {
      throw new IllegalArgumentException("something follows a closing double quote");
    }
    return at;
  }

  /** As SQL has it. */
  String quoted() {
    return schema == null ? Sql.name(table) : Sql.name(schema) + "." + Sql.name(table);
  }

  /** For messages, and for the history's column that says which table a row is about. */
  @Override
  public String toString() {
    return schema == null ? table : schema + "." + table;
  }
}
