package io.millrace.checkpoint;

import java.math.BigInteger;
import java.util.Objects;

/**
 * A Kinesis sequence number: a decimal number of up to 129 digits (56 are usual), ordered by value.
 * It does not fit a {@code long}, and as text it sorts wrongly unless padded.
 */
public final class SequenceNumber implements Comparable<SequenceNumber> {

  /** Kinesis documents {@code 0|([1-9]\d{0,128})}. */
  public static final int MAX_DIGITS = 129;

  private final String digits;
  private final BigInteger value;

  private SequenceNumber(String digits, BigInteger value) {
    this.digits = digits;
    this.value = value;
  }

  /**
   * Reads a sequence number as Kinesis writes it.
   *
   * @param digits decimal digits, not null
   * @throws IllegalArgumentException if it is not a decimal number of at most {@value #MAX_DIGITS}
   *     digits
   */
  public static SequenceNumber of(String digits) {
    Objects.requireNonNull(digits, "sequence number");
    if (!isNumber(digits)) {
      throw new IllegalArgumentException(
          "Not a sequence number: '"
              + digits
              + "'; expected 1 to "
              + MAX_DIGITS
              + " decimal digits");
    }
    return new SequenceNumber(digits, new BigInteger(digits));
  }

  static boolean isNumber(String text) {
    if (text.isEmpty() || text.length() > MAX_DIGITS) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return false;
      }
    }
    return true;
  }

  /** The decimal digits, as they were read. */
  public String digits() {
    return digits;
  }

  @Override
  public int compareTo(SequenceNumber other) {
    return value.compareTo(other.value);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SequenceNumber that && value.equals(that.value);
  }

  @Override
  public int hashCode() {
    return value.hashCode();
  }

  @Override
  public String toString() {
    return digits;
  }
}
