package io.millrace.kcl.deadletter;

/** A dead letter could not be stored. The message says which, where, why, and what to do. */
public final class DeadLetterException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public DeadLetterException(String message, Throwable cause) {
    super(message, cause);
  }
}
