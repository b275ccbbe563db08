package io.millrace.cli;

/** Something the user can put right: said in the one sentence of its message, without a trace. */
final class UserError extends RuntimeException {

  private static final long serialVersionUID = 1;

  UserError(String sentence) {
    super(sentence);
  }

  UserError(String sentence, Throwable cause) {
    super(sentence, cause);
  }
}
