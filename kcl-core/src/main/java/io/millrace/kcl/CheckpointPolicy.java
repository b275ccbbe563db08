package io.millrace.kcl;

import io.millrace.kcl.engine.CheckpointRule;
import java.time.Duration;
import java.util.Objects;

/**
 * Who moves the resume point, and when. By default the record processor does, by hand. The other
 * policies do it for the processor, and then it need not checkpoint at all:
 *
 * <pre>{@code
 * configuration.withCheckpointPolicy(CheckpointPolicy.every(10_000, Duration.ofSeconds(10)));
 * }</pre>
 *
 * <p>An automatic checkpoint covers what was processed, which is: {@code processRecords} returned
 * from a call with it, or its dead letter was stored, or the failure policy skipped it. It never
 * covers a batch that is being processed or retried. When a shard is handed over or has ended, what
 * is left is checkpointed after the processor's last call. While a checkpoint that the processor
 * has prepared is open, automatic ones wait: that one is the processor's to commit.
 *
 * <p>Do not combine an automatic policy with a processor that returns from {@code processRecords}
 * before its records are safe, because it collects them in memory or hands them to other threads:
 * use {@link #byHand} there.
 *
 * <p>Immutable.
 */
public final class CheckpointPolicy {

  private final CheckpointRule rule;
  private final String description;

  private CheckpointPolicy(CheckpointRule rule, String description) {
    this.rule = rule;
    this.description = description;
  }

  /** The record processor checkpoints; the default. */
  public static CheckpointPolicy byHand() {
    return new CheckpointPolicy(
        CheckpointRule.BY_HAND, "The record processor checkpoints by itself.");
  }

  /**
   * After each batch that was processed. While one checkpoint is being written, those that become
   * due are gathered into the next, so a fast processor does not wait for the table.
   */
  public static CheckpointPolicy afterEachBatch() {
    return new CheckpointPolicy(
        new CheckpointRule(true, 1, Long.MAX_VALUE),
        "What was processed is checkpointed after each batch.");
  }

  /**
   * Once so many records are processed and not checkpointed, or one of them has been for so long,
   * whichever comes first. The time passes without records too.
   *
   * @param records at least 1
   * @param time at least a millisecond
   * @throws IllegalArgumentException if one of them is less
   */
  public static CheckpointPolicy every(long records, Duration time) {
    Objects.requireNonNull(time, "time");
    if (records < 1 || time.toMillis() < 1) {
      throw new IllegalArgumentException(
          "CheckpointPolicy.every("
              + records
              + ", "
              + time
              + "): at least 1 record and at least 1 ms are allowed");
    }
    return new CheckpointPolicy(
        new CheckpointRule(true, records, time.toMillis()),
        "What was processed is checkpointed every "
            + records
            + " records, and at the latest after "
            + time.toMillis()
            + " ms.");
  }

  CheckpointRule rule() {
    return rule;
  }

  /** A sentence that says what this does. */
  @Override
  public String toString() {
    return description;
  }
}
