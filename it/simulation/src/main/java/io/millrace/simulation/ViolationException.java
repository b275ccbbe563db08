package io.millrace.simulation;

/** Something happened that must never happen. */
final class ViolationException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  ViolationException(String what) {
    super(what);
  }
}
