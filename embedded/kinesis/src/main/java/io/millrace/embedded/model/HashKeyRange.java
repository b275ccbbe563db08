package io.millrace.embedded.model;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;

/** A range of 128-bit hash keys, both ends inclusive. */
public record HashKeyRange(BigInteger start, BigInteger end) {
  private static final BigInteger KEYS = BigInteger.ONE.shiftLeft(128);

  /** The largest hash key, 2^128 - 1. */
  public static final BigInteger MAX_KEY = KEYS.subtract(BigInteger.ONE);

  private static final ThreadLocal<MessageDigest> MD5 =
      ThreadLocal.withInitial(
          () -> {
            try {
              return MessageDigest.getInstance("MD5");
            } catch (NoSuchAlgorithmException e) {
              throw new IllegalStateException("every JDK has MD5", e);
            }
          });

  public HashKeyRange {
    if (start.signum() < 0 || end.compareTo(MAX_KEY) > 0 || start.compareTo(end) > 0) {
      throw new IllegalArgumentException("no range of hash keys: " + start + " to " + end);
    }
  }

  /** The whole key space in {@code shards} ranges of one width; the last takes the rest. */
  public static List<HashKeyRange> divide(int shards) {
    BigInteger width = KEYS.divide(BigInteger.valueOf(shards));
    List<HashKeyRange> ranges = new ArrayList<>(shards);
    for (int i = 0; i < shards; i++) {
      BigInteger start = width.multiply(BigInteger.valueOf(i));
      BigInteger end = i == shards - 1 ? MAX_KEY : start.add(width).subtract(BigInteger.ONE);
      ranges.add(new HashKeyRange(start, end));
    }
    return ranges;
  }

  /** The hash key of a partition key: the MD5 of its UTF-8 form as an unsigned number. */
  public static BigInteger hashKey(String partitionKey) {
    return new BigInteger(1, MD5.get().digest(partitionKey.getBytes(StandardCharsets.UTF_8)));
  }

  public boolean contains(BigInteger key) {
    return start.compareTo(key) <= 0 && key.compareTo(end) <= 0;
  }

  /** Whether the two ranges touch, in either order. */
  boolean isAdjacentTo(HashKeyRange other) {
    return end.add(BigInteger.ONE).equals(other.start)
        || other.end.add(BigInteger.ONE).equals(start);
  }

  HashKeyRange union(HashKeyRange other) {
    return new HashKeyRange(start.min(other.start), end.max(other.end));
  }

  /** The first key of the upper half, where a split makes two shards of nearly one width. */
  public BigInteger middle() {
    return start.add(end).add(BigInteger.ONE).shiftRight(1);
  }
}
