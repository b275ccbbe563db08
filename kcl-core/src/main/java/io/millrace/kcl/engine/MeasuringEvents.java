package io.millrace.kcl.engine;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.health.ShardHealth;
import io.millrace.kcl.health.ShardState;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.SessionLoad;
import java.util.SortedMap;

/** Passes every event on, and measures what is delivered. On the loop. */
final class MeasuringEvents implements EngineEvents {

  /** Told of each delivery before it is passed on. */
  interface Meter {
    void delivered(LeaseKey shard, int records, long bytes);
  }

  private final EngineEvents to;
  private final Meter loads;

  MeasuringEvents(EngineEvents to, Meter loads) {
    this.to = to;
    this.loads = loads;
  }

  @Override
  public void delivered(LeaseKey shard, int records, long bytes, long millisBehindLatest) {
    loads.delivered(shard, records, bytes);
    to.delivered(shard, records, bytes, millisBehindLatest);
  }

  @Override
  public void processed(LeaseKey shard, long millis, Throwable failureOrNull, int attempt) {
    to.processed(shard, millis, failureOrNull, attempt);
  }

  @Override
  public void checkpointed(LeaseKey shard, Checkpoint checkpoint, long millis) {
    to.checkpointed(shard, checkpoint, millis);
  }

  @Override
  public void gaveUp(LeaseKey shard, GivenUp records, FailureRule.Then then) {
    to.gaveUp(shard, records, then);
  }

  @Override
  public void deadLettersRefused(LeaseKey shard, Throwable cause, int attempt) {
    to.deadLettersRefused(shard, cause, attempt);
  }

  @Override
  public void stoppedByRule(LeaseKey shard, String reasonOrNull) {
    to.stoppedByRule(shard, reasonOrNull);
  }

  @Override
  public void paused(LeaseKey shard, boolean paused, String reason) {
    to.paused(shard, paused, reason);
  }

  @Override
  public void waiting(LeaseKey shard, long ageMillis, long retentionMillis) {
    to.waiting(shard, ageMillis, retentionMillis);
  }

  @Override
  public void stalled(ShardHealth health) {
    to.stalled(health);
  }

  @Override
  public void moves(ShardHealth health) {
    to.moves(health);
  }

  @Override
  public void standstills(SortedMap<ShardState, Integer> shards) {
    to.standstills(shards);
  }

  @Override
  public void leasesOwned(int count) {
    to.leasesOwned(count);
  }

  @Override
  public void leaseTaken(LeaseKey shard, long token, String how) {
    to.leaseTaken(shard, token, how);
  }

  @Override
  public void leaseLost(LeaseKey shard, long token, String why) {
    to.leaseLost(shard, token, why);
  }

  @Override
  public void leaseGiven(LeaseKey shard, long token, String successorOrNull, String why) {
    to.leaseGiven(shard, token, successorOrNull, why);
  }

  @Override
  public void shardFinished(LeaseKey shard) {
    to.shardFinished(shard);
  }

  @Override
  public void beat(boolean answered, long millis) {
    to.beat(answered, millis);
  }

  @Override
  public void loadMeasured(SessionLoad mine, long fairPerSecond) {
    to.loadMeasured(mine, fairPerSecond);
  }

  @Override
  public void fenced(boolean fenced) {
    to.fenced(fenced);
  }

  @Override
  public void readThrottled(LeaseKey shard) {
    to.readThrottled(shard);
  }

  @Override
  public void readFailed(LeaseKey shard, Throwable cause) {
    to.readFailed(shard, cause);
  }

  @Override
  public void gap(LeaseKey shard, String what) {
    to.gap(shard, what);
  }

  @Override
  public void consumerPhase(LeaseKey shard, String phase, String reason) {
    to.consumerPhase(shard, phase, reason);
  }

  @Override
  public void sessionJoined(String sessionId) {
    to.sessionJoined(sessionId);
  }

  @Override
  public void sessionExpired(String sessionId) {
    to.sessionExpired(sessionId);
  }

  @Override
  public void storeTrouble(String operation, Throwable cause) {
    to.storeTrouble(operation, cause);
  }

  @Override
  public void notice(String level, String message) {
    to.notice(level, message);
  }
}
