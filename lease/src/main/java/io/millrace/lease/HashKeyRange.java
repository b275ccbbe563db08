package io.millrace.lease;

import java.math.BigInteger;

/** A range of 128-bit hash keys, both ends inclusive. */
public record HashKeyRange(BigInteger start, BigInteger end) {

  public static final BigInteger MIN = BigInteger.ZERO;
  public static final BigInteger MAX = BigInteger.ONE.shiftLeft(128).subtract(BigInteger.ONE);
  public static final HashKeyRange ALL = new HashKeyRange(MIN, MAX);

  public HashKeyRange {
    if (start.signum() < 0 || end.compareTo(MAX) > 0 || start.compareTo(end) > 0) {
      throw new IllegalArgumentException("Not a hash-key range: " + start + " to " + end);
    }
  }

  public static HashKeyRange of(String start, String end) {
    return new HashKeyRange(new BigInteger(start), new BigInteger(end));
  }

  public boolean overlaps(HashKeyRange other) {
    return start.compareTo(other.end) <= 0 && other.start.compareTo(end) <= 0;
  }

  public boolean contains(BigInteger key) {
    return start.compareTo(key) <= 0 && key.compareTo(end) <= 0;
  }
}
