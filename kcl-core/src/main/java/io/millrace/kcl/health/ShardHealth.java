package io.millrace.kcl.health;

import io.millrace.checkpoint.Checkpoint;
import java.time.Duration;
import java.util.Objects;

/**
 * How one shard gets on, as one worker sees it.
 *
 * @param shardId which
 * @param fencingToken the token under which this worker holds the lease; 0 if it does not
 * @param checkpoint the resume point
 * @param since for how long the state has lasted
 * @param explanation the state in words: since when, how often, on whom it waits, and the cause
 */
public record ShardHealth(
    String shardId,
    long fencingToken,
    Checkpoint checkpoint,
    ShardState state,
    Duration since,
    String explanation) {

  public ShardHealth {
    Objects.requireNonNull(shardId);
    Objects.requireNonNull(checkpoint);
    Objects.requireNonNull(state);
    Objects.requireNonNull(since);
    Objects.requireNonNull(explanation);
  }

  /** Whether this worker holds the shard's lease. */
  public boolean isHeld() {
    return fencingToken > 0;
  }
}
