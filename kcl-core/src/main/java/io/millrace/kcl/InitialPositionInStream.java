package io.millrace.kcl;

/**
 * Where an application that has no checkpoints yet begins to read. It is resolved once, when the
 * application starts for the first time, and holds for every shard from then on.
 */
public enum InitialPositionInStream {
  /** With the records that arrive from the first start on. */
  LATEST,
  /** With the oldest record that the stream still holds. */
  TRIM_HORIZON,
  /**
   * With the first record that arrived at or after a given time; see {@link
   * KinesisClientLibConfiguration#withTimestampAtInitialPositionInStream(java.time.Instant)}.
   */
  AT_TIMESTAMP
}
