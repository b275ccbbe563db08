package io.millrace.kcl;

import io.millrace.checkpoint.Checkpoint;
import java.util.Objects;
import java.util.Optional;

/** What a processor is told when it starts. */
public final class InitializationInput {

  private final String shardId;
  private final Checkpoint checkpoint;
  private final Checkpoint pendingCheckpoint;
  private final byte[] pendingCheckpointState;
  private final ShardControl shardControl;

  /**
   * For unit tests of processors: without a {@link ShardControl}.
   *
   * @param pendingCheckpoint null if nothing is pending
   * @param pendingCheckpointState copied; null if there is none
   */
  public InitializationInput(
      String shardId,
      Checkpoint checkpoint,
      Checkpoint pendingCheckpoint,
      byte[] pendingCheckpointState) {
    this(shardId, checkpoint, pendingCheckpoint, pendingCheckpointState, new NoControl());
  }

  /**
   * @param pendingCheckpoint null if nothing is pending
   * @param pendingCheckpointState copied; null if there is none
   */
  public InitializationInput(
      String shardId,
      Checkpoint checkpoint,
      Checkpoint pendingCheckpoint,
      byte[] pendingCheckpointState,
      ShardControl shardControl) {
    this.shardControl = Objects.requireNonNull(shardControl, "shardControl");
    this.shardId = Objects.requireNonNull(shardId, "shardId");
    this.checkpoint = Objects.requireNonNull(checkpoint, "checkpoint");
    this.pendingCheckpoint = pendingCheckpoint;
    this.pendingCheckpointState =
        pendingCheckpointState == null ? null : pendingCheckpointState.clone();
  }

  public String getShardId() {
    return shardId;
  }

  /** The resume point: the first records come from right behind it. */
  public Checkpoint getCheckpoint() {
    return checkpoint;
  }

  /**
   * What a predecessor prepared and did not commit: the work up to there may be half done. Empty if
   * there is nothing.
   */
  public Optional<Checkpoint> getPendingCheckpoint() {
    return Optional.ofNullable(pendingCheckpoint);
  }

  /** The application state that was stored with the pending checkpoint, a copy; empty if none. */
  public Optional<byte[]> getPendingCheckpointState() {
    return Optional.ofNullable(pendingCheckpointState).map(byte[]::clone);
  }

  /** With which this processor can pause and resume its shard, for as long as it has the lease. */
  public ShardControl getShardControl() {
    return shardControl;
  }

  private static final class NoControl implements ShardControl {
    @Override
    public void pause(String reason) {}

    @Override
    public void resume() {}

    @Override
    public boolean isLeaseHeld() {
      return true;
    }
  }

  @Override
  public String toString() {
    return "InitializationInput["
        + shardId
        + " from "
        + checkpoint
        + (pendingCheckpoint == null ? "" : ", pending " + pendingCheckpoint)
        + "]";
  }
}
