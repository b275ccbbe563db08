package io.millrace.checkpoint;

import java.util.Objects;
import java.util.Optional;

/**
 * What may be checkpointed next on one shard, under one fencing token. It knows what was delivered,
 * what was asked for and what the store accepted, and keeps three promises: the resume point never
 * passes a record that was not delivered, it never moves back, and {@code SHARD_END} is possible
 * only once everything was delivered.
 *
 * <p>Not safe for use by several threads.
 */
public final class CheckpointTracker {

  private Checkpoint accepted;
  private Checkpoint requested;
  private Checkpoint delivered;
  private boolean everythingDelivered;

  /**
   * @param resumePoint the checkpoint that the lease carried when it was taken
   */
  public CheckpointTracker(Checkpoint resumePoint) {
    this.accepted = Objects.requireNonNull(resumePoint);
    this.requested = resumePoint;
    this.delivered = resumePoint;
  }

  /**
   * Records up to {@code last} have been handed to the processor. Delivering a batch again changes
   * nothing.
   */
  public void delivered(Checkpoint last) {
    if (last.compareTo(delivered) > 0) {
      delivered = last;
    }
  }

  /** The shard is closed and its last record was handed to the processor. */
  public void everythingDelivered() {
    everythingDelivered = true;
  }

  /**
   * Asks for a checkpoint.
   *
   * @return why it is refused, or empty: then {@link #requested} says what to write
   */
  public Optional<String> request(Checkpoint position) {
    Optional<String> refusal = check(position);
    if (refusal.isEmpty() && position.compareTo(requested) > 0) {
      requested = position;
    }
    return refusal;
  }

  /**
   * Whether a checkpoint could be asked for now.
   *
   * @return why it would be refused, or empty
   */
  public Optional<String> check(Checkpoint position) {
    if (position.isInitial()) {
      return position.equals(accepted)
          ? Optional.empty()
          : Optional.of(
              "Cannot checkpoint at " + position + ": it is not the position of a record");
    }
    if (position.isShardEnd()) {
      if (!everythingDelivered) {
        return Optional.of(
            "Cannot checkpoint at SHARD_END: records of the shard are still to come; the last delivered is "
                + delivered);
      }
    } else if (position.compareTo(delivered) > 0) {
      return Optional.of(
          "Cannot checkpoint at "
              + position
              + ": it was not delivered; the last delivered record is "
              + delivered);
    }
    if (position.compareTo(accepted) < 0) {
      return Optional.of(
          "Cannot checkpoint at " + position + ": it lies before the checkpoint " + accepted);
    }
    return Optional.empty();
  }

  /** The furthest checkpoint that was asked for. */
  public Checkpoint requested() {
    return requested;
  }

  /** The store holds this now. */
  public void accepted(Checkpoint checkpoint) {
    if (checkpoint.compareTo(accepted) < 0) {
      throw new IllegalStateException(
          "The checkpoint would move back from " + accepted + " to " + checkpoint);
    }
    accepted = checkpoint;
    if (requested.compareTo(checkpoint) < 0) {
      requested = checkpoint;
    }
  }

  /** What the store holds. */
  public Checkpoint accepted() {
    return accepted;
  }

  /**
   * The last position that was handed to the processor; the resume point as long as nothing was.
   */
  public Checkpoint lastDelivered() {
    return delivered;
  }
}
