package io.millrace.kcl.engine;

/** Holds one shard's deliveries up, with its lease kept. From any thread; nothing blocks. */
public interface ShardControl {

  /**
   * No further call is made with records until {@link #resume}; a call under way goes on.
   *
   * @param reason for the log and for whoever asks why nothing happens
   */
  void pause(String reason);

  void resume();

  /** Whether the lease may still be acted upon. */
  boolean isLeaseHeld();
}
