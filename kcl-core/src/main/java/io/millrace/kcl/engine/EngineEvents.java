package io.millrace.kcl.engine;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.SessionLoad;

/**
 * What the engine tells the outside: for meters, logs and listeners. Called on the loop thread;
 * must return at once.
 */
public interface EngineEvents {

  default void delivered(LeaseKey shard, int records, long bytes, long millisBehindLatest) {}

  default void processed(LeaseKey shard, long millis, Throwable failureOrNull, int attempt) {}

  default void checkpointed(LeaseKey shard, Checkpoint checkpoint, long millis) {}

  default void leasesOwned(int count) {}

  default void leaseTaken(LeaseKey shard, long token, String how) {}

  default void leaseLost(LeaseKey shard, long token, String why) {}

  default void leaseGiven(LeaseKey shard, long token, String successorOrNull, String why) {}

  default void shardFinished(LeaseKey shard) {}

  default void beat(boolean answered, long millis) {}

  /**
   * Only where leases are balanced by load.
   *
   * @param mine what this worker carries
   * @param fairPerSecond what it would carry if the load were spread by weight
   */
  default void loadMeasured(SessionLoad mine, long fairPerSecond) {}

  default void fenced(boolean fenced) {}

  default void readThrottled(LeaseKey shard) {}

  default void readFailed(LeaseKey shard, Throwable cause) {}

  default void gap(LeaseKey shard, String what) {}

  default void consumerPhase(LeaseKey shard, String phase, String reason) {}

  default void sessionJoined(String sessionId) {}

  default void sessionExpired(String sessionId) {}

  default void storeTrouble(String operation, Throwable cause) {}

  /** level: INFO, WARN or ERROR. */
  default void notice(String level, String message) {}
}
