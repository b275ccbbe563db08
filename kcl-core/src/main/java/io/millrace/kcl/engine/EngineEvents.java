package io.millrace.kcl.engine;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.health.ShardHealth;
import io.millrace.kcl.health.ShardState;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.SessionLoad;
import java.util.SortedMap;

/**
 * What the engine tells the outside: for meters, logs and listeners. Called on the loop thread;
 * must return at once.
 */
public interface EngineEvents {

  default void delivered(LeaseKey shard, int records, long bytes, long millisBehindLatest) {}

  default void processed(LeaseKey shard, long millis, Throwable failureOrNull, int attempt) {}

  default void checkpointed(LeaseKey shard, Checkpoint checkpoint, long millis) {}

  /** Records are not delivered again; their dead letters, if the rule wants any, are stored. */
  default void gaveUp(LeaseKey shard, GivenUp records, FailureRule.Then then) {}

  /** Dead letters could not be stored; they are tried again. */
  default void deadLettersRefused(LeaseKey shard, Throwable cause, int attempt) {}

  /** The failure rule stopped the shard; or, without a reason, somebody lets it go on. */
  default void stoppedByRule(LeaseKey shard, String reasonOrNull) {}

  default void paused(LeaseKey shard, boolean paused, String reason) {}

  /**
   * How long the oldest record that waits for its processor has been in the stream.
   *
   * @param retentionMillis after which the stream removes records
   */
  default void waiting(LeaseKey shard, long ageMillis, long retentionMillis) {}

  /** A shard has stood still for a while, or does so for another reason now. */
  default void stalled(ShardHealth health) {}

  /** A shard that was reported as standing still moves again. */
  default void moves(ShardHealth health) {}

  /** How many shards stand still at the moment, by reason; other reasons have none. */
  default void standstills(SortedMap<ShardState, Integer> shards) {}

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
