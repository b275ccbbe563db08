package io.millrace.kcl;

/** What a worker does at start when its lease table does not exist. */
public enum TableCreation {
  /** It creates the table. A table that disappears while the worker runs is never recreated. */
  CREATE,
  /** It stops with an error that names the table: for those who manage tables elsewhere. */
  NEVER
}
