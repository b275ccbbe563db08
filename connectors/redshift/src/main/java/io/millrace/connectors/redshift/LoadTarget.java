package io.millrace.connectors.redshift;

import java.util.List;
import java.util.Objects;

/**
 * What loads go into, and how.
 *
 * @param table the table
 * @param history the table of what was loaded
 * @param columns of the table that are filled, in the order of the files
 * @param mode what becomes of rows that are there
 * @param keys the columns that make the key; empty in mode insert
 * @param deletes whether files say in {@link Staged#DELETE} that a row is deleted
 */
record LoadTarget(
    TableName table,
    TableName history,
    List<String> columns,
    WriteMode mode,
    List<String> keys,
    boolean deletes) {
  LoadTarget {
    Objects.requireNonNull(table, "table");
    Objects.requireNonNull(history, "history");
    columns = List.copyOf(columns);
    keys = List.copyOf(keys);
  }
}
