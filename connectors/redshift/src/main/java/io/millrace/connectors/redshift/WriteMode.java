package io.millrace.connectors.redshift;

/** What becomes of rows that are in the table already. */
public enum WriteMode {
  /** Every record is a row of its own. */
  INSERT,
  /** The last record of a key replaces the row that has the key. */
  MERGE
}
