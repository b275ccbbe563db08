package io.millrace.embedded.model;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Sequence numbers as Kinesis makes them: 56 decimal digits, which are 47 hexadecimal ones:
 *
 * <pre>
 *   2 | shard creation, s (9) | shard index, low digit (1) | index (16) | 00 | time, s (9) | shard index (8) | 2
 * </pre>
 *
 * <p>Within a shard only the index and what follows it differ, so numbers grow with the index
 * whatever the clock does. A child's creation second is later than its parents', so its numbers are
 * greater than theirs.
 */
public final class SequenceNumbers {
  /** The index in the ending sequence number of a closed shard; no record reaches it. */
  public static final long END_INDEX = Long.MAX_VALUE;

  private static final long SECONDS_MASK = (1L << 36) - 1;

  private SequenceNumbers() {}

  /** The parts of a sequence number. */
  public record Parts(long shardCreationSeconds, int shardIndex, long index, long timeSeconds) {}

  public static String encode(
      long shardCreationSeconds, int shardIndex, long index, long timeSeconds) {
    long seconds = timeSeconds & SECONDS_MASK;
    long low = 2L | (Integer.toUnsignedLong(shardIndex) << 4) | (seconds << 36);
    long middle = (seconds >>> 28) | (index << 16);
    long high =
        (index >>> 48)
            | ((shardIndex & 0xFL) << 16)
            | ((shardCreationSeconds & SECONDS_MASK) << 20)
            | (2L << 56);
    byte[] bytes = ByteBuffer.allocate(24).putLong(high).putLong(middle).putLong(low).array();
    return new BigInteger(1, bytes).toString();
  }

  /** The parts of {@code decimal}, or empty if it is no number of this layout. */
  public static Optional<Parts> decode(String decimal) {
    if (decimal.length() != 56 || !decimal.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return Optional.empty();
    }
    BigInteger number = new BigInteger(decimal);
    long low = number.longValue();
    long middle = number.shiftRight(64).longValue();
    long high = number.shiftRight(128).longValue();
    int shardIndex = (int) (low >>> 4);
    long index = (middle >>> 16) | (high << 48);
    boolean valid =
        high >>> 56 == 2
            && (low & 0xF) == 2
            && (shardIndex & 0xF) == ((high >>> 16) & 0xF)
            && index >= 0;
    if (!valid) {
      return Optional.empty();
    }
    return Optional.of(
        new Parts(
            (high >>> 20) & SECONDS_MASK,
            shardIndex,
            index,
            (low >>> 36) | ((middle & 0xFF) << 28)));
  }
}
