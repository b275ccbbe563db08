package io.millrace.connectors.redshift;

import java.util.List;

/**
 * The columns that every file has besides those of the table. They are copied into the temporary
 * table and never into the real one: they say which record a row is of, wherever it turns up.
 */
final class Staged {
  /** The temporary table. */
  static final String TABLE = "millrace_staging";

  /** {@code STREAM/SHARD}. */
  static final String SOURCE = "millrace_source";

  /** {@link io.millrace.connectors.sink.Positions#sortable} of the item: sorts as positions do. */
  static final String POSITION = "millrace_position";

  /** Whether the row deletes; in files of a sink that deletes only. */
  static final String DELETE = "millrace_delete";

  static final List<String> ALL = List.of(SOURCE, POSITION, DELETE);

  private Staged() {}

  /** Neither name has a slash. */
  static String source(String stream, String shardId) {
    return stream + "/" + shardId;
  }
}
