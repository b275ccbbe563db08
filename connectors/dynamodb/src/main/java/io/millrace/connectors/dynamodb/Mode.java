package io.millrace.connectors.dynamodb;

/** How rows are written. */
public enum Mode {

  /**
   * One conditional write a record: a row is changed only by a record that comes after the one that
   * changed it last. Repeating is harmless.
   */
  ORDERED,

  /**
   * Up to 25 rows a request and no condition: only where the row's key is the record's identity, so
   * that repeating puts the same row again.
   */
  BATCH
}
