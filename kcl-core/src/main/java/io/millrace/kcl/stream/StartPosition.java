package io.millrace.kcl.stream;

import io.millrace.checkpoint.SequenceNumber;

/**
 * Where a shard is opened. There is no {@code LATEST}: that is resolved once, for the whole
 * application.
 */
public sealed interface StartPosition {

  /** At the oldest record that is still there. */
  record TrimHorizon() implements StartPosition {}

  /**
   * At the first record that arrived at or after a time.
   *
   * @param epochMillis epoch milliseconds
   */
  record AtTimestamp(long epochMillis) implements StartPosition {}

  /** At a record, or the first one behind it if it is gone. */
  record AtSequenceNumber(SequenceNumber sequenceNumber) implements StartPosition {}
}
