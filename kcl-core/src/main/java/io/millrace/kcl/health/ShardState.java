package io.millrace.kcl.health;

/** Whether a shard makes progress, and if not, why. */
public enum ShardState {
  /** Records are being processed, or are about to be. */
  PROCESSING(false),
  /** Everything that there was has been processed. */
  UP_TO_DATE(false),
  /** A call of the record processor has been running for longer than the stall threshold. */
  PROCESSOR_STUCK(true),
  /** The record processor throws, and is called again with the same records. */
  RETRYING(true),
  /** Records were given up, and their dead letters could not be stored yet. */
  DEAD_LETTERS_REFUSED(true),
  /** The failure policy stopped the shard; {@code Worker.resumeShard} makes it go on. */
  STOPPED(true),
  /** The processor or an operator paused the shard. */
  PAUSED(true),
  /** The shard has ended, but its processor does not checkpoint that. */
  END_NOT_CHECKPOINTED(true),
  /** Reads are refused because of the limits of the shard or of the account. */
  THROTTLED(true),
  /** Reads fail for another reason. */
  UNREADABLE(true),
  /** The worker's byte budget is used up by other shards. */
  WAITING_FOR_MEMORY(true),
  /** This worker's heartbeats do not get through, so it delivers nothing. */
  FENCED(true),
  /** A shard that it came from is not finished. */
  WAITING_FOR_PARENT(true),
  /** Nobody holds the lease: there is no worker with room for it, or it is about to be claimed. */
  OWNED_BY_NOBODY(true),
  /** A worker of another library holds the lease. */
  OWNED_BY_ANOTHER_LIBRARY(true);

  private final boolean standstill;

  ShardState(boolean standstill) {
    this.standstill = standstill;
  }

  /** Whether nothing of the shard is processed while this lasts. */
  public boolean isStandstill() {
    return standstill;
  }
}
