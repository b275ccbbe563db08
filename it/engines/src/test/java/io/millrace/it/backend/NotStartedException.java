package io.millrace.it.backend;

/** A backend that this machine cannot run; the message says what is missing. */
final class NotStartedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NotStartedException(String message) {
    super(message);
  }

  NotStartedException(String message, Throwable cause) {
    super(message, cause);
  }
}
