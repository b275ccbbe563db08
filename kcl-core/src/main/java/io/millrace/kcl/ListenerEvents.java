package io.millrace.kcl;

import io.millrace.kcl.ShardShutdown.Outcome;
import io.millrace.kcl.engine.EngineEvents;
import io.millrace.kcl.engine.FailureRule;
import io.millrace.kcl.engine.GivenUp;
import io.millrace.kcl.health.ShardHealth;
import io.millrace.lease.LeaseKey;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Passes the engine's events to a user's listener, and remembers how each shard ended during a
 * shutdown.
 */
final class ListenerEvents implements EngineEvents {

  private final WorkerListener listener;
  private final SortedMap<String, ShardShutdown> shutdowns = new TreeMap<>();
  private boolean shuttingDown;
  private boolean toldFenced; // on the loop only

  ListenerEvents(WorkerListener listener) {
    this.listener = listener;
  }

  synchronized void shuttingDown() {
    shuttingDown = true;
  }

  synchronized List<ShardShutdown> shutdowns() {
    return List.copyOf(shutdowns.values());
  }

  private synchronized void ended(LeaseKey shard, Outcome outcome, String successor) {
    if (shuttingDown) {
      shutdowns.put(shard.value(), new ShardShutdown(shard.value(), outcome, successor));
    }
  }

  @Override
  public void gap(LeaseKey shard, String what) {
    listener.gap(shard.value(), what);
  }

  @Override
  public void leaseTaken(LeaseKey shard, long token, String how) {
    listener.leaseTaken(shard.value(), token);
  }

  @Override
  public void leaseLost(LeaseKey shard, long token, String why) {
    ended(shard, Outcome.LOST, null);
    listener.leaseEnded(shard.value(), "lost: " + why);
  }

  @Override
  public void leaseGiven(LeaseKey shard, long token, String successorOrNull, String why) {
    Outcome outcome =
        "abandoned".equals(why)
            ? Outcome.ABANDONED
            : successorOrNull == null ? Outcome.RELEASED : Outcome.HANDED_OVER;
    ended(shard, outcome, outcome == Outcome.HANDED_OVER ? successorOrNull : null);
    listener.leaseEnded(
        shard.value(), successorOrNull == null ? "released" : "handed over to " + successorOrNull);
  }

  @Override
  public void shardFinished(LeaseKey shard) {
    ended(shard, Outcome.FINISHED, null);
    listener.leaseEnded(shard.value(), "the shard is finished");
  }

  @Override
  public void stalled(ShardHealth health) {
    listener.shardStalled(health);
  }

  @Override
  public void moves(ShardHealth health) {
    listener.shardMoves(health);
  }

  @Override
  public void gaveUp(LeaseKey shard, GivenUp records, FailureRule.Then then) {
    listener.recordsGivenUp(
        shard.value(),
        records.records().get(0).sequenceNumber().digits(),
        records.records().size(),
        records.cause());
  }

  @Override
  public void fenced(boolean fenced) {
    // a worker begins fenced, until it has joined: nothing that anybody needs to be told
    if (fenced || toldFenced) {
      toldFenced = fenced;
      listener.selfFenced(fenced);
    }
  }
}
