package io.millrace.connectors.dynamodb;

/** What a record does to its row. */
public enum Operation {

  /** Replaces the whole row. */
  PUT,

  /** Sets the attributes whose fields are there, removes those whose fields are null. */
  UPDATE,

  /** Leaves a tombstone in the row's place: key, position, deleted flag and expiry time. */
  DELETE,

  /** Adds the attributes of type N, sets the others. */
  INCREMENT
}
