package io.millrace.connectors.sink;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;

/** Positions as text that sorts as they do. */
public final class Positions {

  /**
   * Digits of a sequence number: what the services' own documents allow; today they have 56. The
   * sub-sequence number has 20, as a 64-bit number may.
   */
  private static final int SEQUENCE_DIGITS = 129;

  private static final int SUB_SEQUENCE_DIGITS = 20;
  private static final int ORDINAL_DIGITS = 10;

  private Positions() {}

  /**
   * Sequence number and sub-sequence number, zero-padded, so that texts compare as the positions
   * do.
   *
   * @throws IllegalArgumentException if it is no record's position
   */
  public static String sortable(Checkpoint position) {
    String digits =
        position
            .sequenceNumber()
            .orElseThrow(
                () -> new IllegalArgumentException("Not the position of a record: " + position))
            .digits();
    return padded(digits, SEQUENCE_DIGITS)
        + "."
        + padded(Long.toString(position.subSequenceNumber()), SUB_SEQUENCE_DIGITS);
  }

  /** The same with an ordinal: unique for each item. */
  public static String sortable(RangeItem<?> item) {
    return sortable(item.position())
        + "."
        + padded(Integer.toString(item.ordinal()), ORDINAL_DIGITS);
  }

  /**
   * The position that {@link #sortable(Checkpoint)} made a text of.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static Checkpoint parse(String text) {
    int point = text.indexOf('.');
    if (point != SEQUENCE_DIGITS || text.length() != SEQUENCE_DIGITS + 1 + SUB_SEQUENCE_DIGITS) {
      throw new IllegalArgumentException("Not a position with all its zeros: '" + text + "'");
    }
    return Checkpoint.at(
        SequenceNumber.of(stripped(text.substring(0, point))),
        Long.parseLong(text.substring(point + 1)));
  }

  private static String stripped(String digits) {
    int from = 0;
    while (from < digits.length() - 1 && digits.charAt(from) == '0') {
      from++;
    }
    return digits.substring(from);
  }

  private static String padded(String digits, int width) {
    if (digits.length() > width) {
      throw new IllegalArgumentException(
          "More than " + width + " digits cannot be stored in order: " + digits);
    }
    return "0".repeat(width - digits.length()) + digits;
  }
}
