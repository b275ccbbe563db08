package io.millrace.lease;

/**
 * The key of a lease: the shard id, or {@code account:stream:creationEpoch:shardId} in a
 * multi-stream application.
 */
public record LeaseKey(String value) implements Comparable<LeaseKey> {

  public LeaseKey {
    if (value.isEmpty() || value.startsWith("$")) {
      throw new IllegalArgumentException(
          "Not a lease key: '" + value + "'; it is not empty and does not start with $");
    }
  }

  public static LeaseKey of(String value) {
    return new LeaseKey(value);
  }

  @Override
  public int compareTo(LeaseKey other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
