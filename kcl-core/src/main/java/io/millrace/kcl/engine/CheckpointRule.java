package io.millrace.kcl.engine;

/**
 * When the engine checkpoints by itself what was processed.
 *
 * @param automatic whether it does; if not, only the processor checkpoints
 * @param everyRecords once so many records are processed and not checkpointed; at least 1
 * @param everyMillis once a processed record has waited for so long; at least 1
 */
public record CheckpointRule(boolean automatic, long everyRecords, long everyMillis) {

  public static final CheckpointRule BY_HAND =
      new CheckpointRule(false, Long.MAX_VALUE, Long.MAX_VALUE);

  public CheckpointRule {
    if (everyRecords < 1 || everyMillis < 1) {
      throw new IllegalArgumentException(
          "everyRecords and everyMillis are at least 1: " + everyRecords + ", " + everyMillis);
    }
  }
}
