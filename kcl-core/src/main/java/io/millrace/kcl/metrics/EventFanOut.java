package io.millrace.kcl.metrics;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.engine.EngineEvents;
import io.millrace.kcl.engine.FailureRule;
import io.millrace.kcl.engine.GivenUp;
import io.millrace.kcl.health.ShardHealth;
import io.millrace.kcl.health.ShardState;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.SessionLoad;
import java.util.List;
import java.util.SortedMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells several listeners; one that throws harms neither the others nor the engine. */
public final class EventFanOut implements EngineEvents {

  private static final Logger log = LoggerFactory.getLogger(EventFanOut.class);

  private final List<EngineEvents> listeners;

  /** In this order. */
  public EventFanOut(List<EngineEvents> listeners) {
    this.listeners = List.copyOf(listeners);
  }

  private void tell(Consumer<EngineEvents> event) {
    for (EngineEvents listener : listeners) {
      try {
        event.accept(listener);
      } catch (RuntimeException e) {
        log.debug("{} threw", listener.getClass().getName(), e);
      }
    }
  }

  @Override
  public void delivered(LeaseKey shard, int records, long bytes, long millisBehindLatest) {
    tell(l -> l.delivered(shard, records, bytes, millisBehindLatest));
  }

  @Override
  public void processed(LeaseKey shard, long millis, Throwable failureOrNull, int attempt) {
    tell(l -> l.processed(shard, millis, failureOrNull, attempt));
  }

  @Override
  public void checkpointed(LeaseKey shard, Checkpoint checkpoint, long millis) {
    tell(l -> l.checkpointed(shard, checkpoint, millis));
  }

  @Override
  public void gaveUp(LeaseKey shard, GivenUp records, FailureRule.Then then) {
    tell(l -> l.gaveUp(shard, records, then));
  }

  @Override
  public void deadLettersRefused(LeaseKey shard, Throwable cause, int attempt) {
    tell(l -> l.deadLettersRefused(shard, cause, attempt));
  }

  @Override
  public void stoppedByRule(LeaseKey shard, String reasonOrNull) {
    tell(l -> l.stoppedByRule(shard, reasonOrNull));
  }

  @Override
  public void paused(LeaseKey shard, boolean paused, String reason) {
    tell(l -> l.paused(shard, paused, reason));
  }

  @Override
  public void waiting(LeaseKey shard, long ageMillis, long retentionMillis) {
    tell(l -> l.waiting(shard, ageMillis, retentionMillis));
  }

  @Override
  public void stalled(ShardHealth health) {
    tell(l -> l.stalled(health));
  }

  @Override
  public void moves(ShardHealth health) {
    tell(l -> l.moves(health));
  }

  @Override
  public void standstills(SortedMap<ShardState, Integer> shards) {
    tell(l -> l.standstills(shards));
  }

  @Override
  public void leasesOwned(int count) {
    tell(l -> l.leasesOwned(count));
  }

  @Override
  public void leaseTaken(LeaseKey shard, long token, String how) {
    tell(l -> l.leaseTaken(shard, token, how));
  }

  @Override
  public void leaseLost(LeaseKey shard, long token, String why) {
    tell(l -> l.leaseLost(shard, token, why));
  }

  @Override
  public void leaseGiven(LeaseKey shard, long token, String successorOrNull, String why) {
    tell(l -> l.leaseGiven(shard, token, successorOrNull, why));
  }

  @Override
  public void shardFinished(LeaseKey shard) {
    tell(l -> l.shardFinished(shard));
  }

  @Override
  public void beat(boolean answered, long millis) {
    tell(l -> l.beat(answered, millis));
  }

  @Override
  public void loadMeasured(SessionLoad mine, long fairPerSecond) {
    tell(l -> l.loadMeasured(mine, fairPerSecond));
  }

  @Override
  public void fenced(boolean fenced) {
    tell(l -> l.fenced(fenced));
  }

  @Override
  public void readThrottled(LeaseKey shard) {
    tell(l -> l.readThrottled(shard));
  }

  @Override
  public void readFailed(LeaseKey shard, Throwable cause) {
    tell(l -> l.readFailed(shard, cause));
  }

  @Override
  public void gap(LeaseKey shard, String what) {
    tell(l -> l.gap(shard, what));
  }

  @Override
  public void consumerPhase(LeaseKey shard, String phase, String reason) {
    tell(l -> l.consumerPhase(shard, phase, reason));
  }

  @Override
  public void sessionJoined(String sessionId) {
    tell(l -> l.sessionJoined(sessionId));
  }

  @Override
  public void sessionExpired(String sessionId) {
    tell(l -> l.sessionExpired(sessionId));
  }

  @Override
  public void storeTrouble(String operation, Throwable cause) {
    tell(l -> l.storeTrouble(operation, cause));
  }

  @Override
  public void notice(String level, String message) {
    tell(l -> l.notice(level, message));
  }
}
