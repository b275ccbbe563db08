package io.millrace.kcl;

import java.util.Objects;

/**
 * How processing of one shard ended when its worker was shut down.
 *
 * @param successor the session that took over; null unless the outcome is {@link
 *     Outcome#HANDED_OVER}
 */
public record ShardShutdown(String shardId, Outcome outcome, String successor) {

  /** How it ended. */
  public enum Outcome {
    /** The processor finished, and another worker goes on from its last checkpoint. */
    HANDED_OVER,
    /** The processor finished, and nobody holds the lease. */
    RELEASED,
    /**
     * The processor did not return in time; the lease was given away without its last checkpoint.
     */
    ABANDONED,
    /** The lease was lost before the processor had finished. */
    LOST,
    /** The shard came to its end meanwhile. */
    FINISHED
  }

  public ShardShutdown {
    Objects.requireNonNull(shardId);
    Objects.requireNonNull(outcome);
  }
}
