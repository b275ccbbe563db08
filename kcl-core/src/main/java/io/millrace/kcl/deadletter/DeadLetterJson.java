package io.millrace.kcl.deadletter;

import java.util.Optional;

/**
 * A dead letter as one line of JSON, the payload in base64: what {@link FileDeadLetters} writes,
 * for destinations that keep letters elsewhere.
 */
public final class DeadLetterJson {

  private DeadLetterJson() {}

  /** UTF-8, with a line feed at the end; any thread may call it. */
  public static byte[] write(DeadLetter letter) {
    return LetterLine.write(letter);
  }

  /**
   * Reads what {@link #write} made; fields that are not known are skipped.
   *
   * @return empty if it is no whole letter
   */
  public static Optional<DeadLetter> read(byte[] line) {
    return Optional.ofNullable(LetterLine.read(line, line.length));
  }
}
