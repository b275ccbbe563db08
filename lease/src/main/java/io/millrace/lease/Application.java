package io.millrace.lease;

import java.util.Objects;

/**
 * The row {@code $application}: what this table belongs to, and where the application began to
 * read.
 *
 * @param streamArn the stream
 * @param streamCreationMillis when the stream was created, in epoch milliseconds; a stream created
 *     anew under the same name repeats shard ids, so it is another stream
 * @param initialPosition where leases begin that this application creates: {@code TRIM_HORIZON},
 *     {@code LATEST} or {@code AT_TIMESTAMP}, as configured at the first start; {@code
 *     TRIM_HORIZON} where it has adopted another library's leases, for what it creates then follows
 *     one of those
 * @param startAtMillis the time that {@code LATEST} and {@code AT_TIMESTAMP} mean for this
 *     application, resolved once, in epoch milliseconds; null for {@code TRIM_HORIZON}, unless
 *     leases were adopted, some of which may say {@code LATEST} or {@code AT_TIMESTAMP}
 * @param initialised whether the first lease rows all exist
 */
public record Application(
    String streamArn,
    long streamCreationMillis,
    String initialPosition,
    Long startAtMillis,
    boolean initialised) {

  public Application {
    Objects.requireNonNull(streamArn);
    Objects.requireNonNull(initialPosition);
  }

  public boolean isSameStreamAs(Application other) {
    return streamArn.equals(other.streamArn) && streamCreationMillis == other.streamCreationMillis;
  }

  public Application withInitialised() {
    return new Application(streamArn, streamCreationMillis, initialPosition, startAtMillis, true);
  }
}
