package io.millrace.embedded.operations;

import java.io.IOException;

/** What an operation answers; it writes itself in whatever protocol the request came in. */
@FunctionalInterface
public interface Answer {
  /** An answer without any field. */
  Answer EMPTY = out -> {};

  /** Writes the fields of the answer's object. */
  void writeTo(AnswerWriter out) throws IOException;

  /** About how many bytes it takes; a wrong hint costs copies, no more. */
  default int sizeHint() {
    return 256;
  }
}
