package io.millrace.lease.dynamodb;

/** A row with a missing or wrong attribute; its message says which, and what was expected. */
final class UnreadableRowException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  UnreadableRowException(String problem) {
    super(problem);
  }
}
