package io.millrace.embedded.redshift;

import java.util.List;

/**
 * What a CREATE TABLE said that has no meaning in the stand-in.
 *
 * @param table its name, with the schema if one was given, in lower case; never null
 * @param attributes attributes of the table, as written: {@code DISTKEY (id)}, {@code COMPOUND
 *     SORTKEY (a, b)}; never null
 * @param columnAttributes those of columns, each after the name of its column: {@code id ENCODE
 *     az64}, {@code id PRIMARY KEY}; never null
 */
public record CreatedTable(String table, List<String> attributes, List<String> columnAttributes) {
  /** Copies its lists. */
  public CreatedTable {
    attributes = List.copyOf(attributes);
    columnAttributes = List.copyOf(columnAttributes);
  }
}
