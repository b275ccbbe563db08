package io.millrace.connectors.dynamodb;

/** What an attribute becomes, by DynamoDB's names. */
public enum AttributeType {
  /** Text; a number or a truth value is written out. */
  S,
  /** A number of at most 38 digits; also one written as text. */
  N,
  /** Bytes, of text in Base64. */
  B,
  /** true or false. */
  BOOL,
  /** A set of texts, of a list. */
  SS,
  /** A set of numbers, of a list. */
  NS,
  /** A set of bytes, of a list. */
  BS,
  /** A list, whatever is in it. */
  L,
  /** A map, whatever is in it. */
  M,
  /** What the JSON value is: S, N, BOOL, NULL, L or M. */
  ANY;

  /** Whether a key may be of it. */
  boolean fitsKey() {
    return this == S || this == N || this == B;
  }
}
