package io.millrace.lease;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The key of a lease: the shard id, or {@code account:stream:creationEpoch:shardId} in a
 * multi-stream application.
 */
public record LeaseKey(String value) implements Comparable<LeaseKey> {

  private static final Pattern MULTI_STREAM = Pattern.compile("(\\d+:[^:]+:\\d+:).+");

  public LeaseKey {
    if (value.isEmpty() || value.startsWith("$")) {
      throw new IllegalArgumentException(
          "Not a lease key: '" + value + "'; it is not empty and does not start with $");
    }
  }

  public static LeaseKey of(String value) {
    return new LeaseKey(value);
  }

  /** Whether it is one of an application that reads several streams. */
  public boolean isMultiStream() {
    return !streamPrefix().isEmpty();
  }

  /** {@code account:stream:creationEpoch:}, or nothing. */
  public String streamPrefix() {
    // the pattern is asked only where there is something to ask: a worker does it at every scan
    if (value.indexOf(':') < 0) {
      return "";
    }
    Matcher matcher = MULTI_STREAM.matcher(value);
    return matcher.matches() ? matcher.group(1) : "";
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
