package io.millrace.lease;

import io.millrace.checkpoint.Checkpoint;
import java.util.Arrays;
import java.util.Objects;

/**
 * A prepared checkpoint: the end of a range that is being worked on, and what a successor needs in
 * order to finish it.
 */
public final class PendingCheckpoint {

  private final Checkpoint checkpoint;
  private final byte[] state;

  /**
   * @param state application state, copied; null if none
   */
  public PendingCheckpoint(Checkpoint checkpoint, byte[] state) {
    this.checkpoint = Objects.requireNonNull(checkpoint);
    this.state = state == null ? null : state.clone();
  }

  public Checkpoint checkpoint() {
    return checkpoint;
  }

  /** A copy of the application state; null if none was given. */
  public byte[] state() {
    return state == null ? null : state.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PendingCheckpoint that
        && checkpoint.equals(that.checkpoint)
        && Arrays.equals(state, that.state);
  }

  @Override
  public int hashCode() {
    return 31 * checkpoint.hashCode() + Arrays.hashCode(state);
  }

  @Override
  public String toString() {
    return checkpoint + (state == null ? "" : " with " + state.length + " bytes of state");
  }
}
