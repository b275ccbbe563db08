package io.millrace.kcl.engine;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.health.ShardHealth;
import io.millrace.kcl.health.ShardState;
import io.millrace.lease.LeaseKey;
import java.time.Duration;

/** Judges how a shard gets on from what its consumer knows. Pure. */
final class ShardConditions {

  /**
   * Calls that failed in a row.
   *
   * @param call which
   * @param sinceMillis when the first of them failed, monotonic
   * @param attempts how many
   * @param state what that makes of the shard
   * @param cause in words
   */
  record Failing(String call, long sinceMillis, int attempts, ShardState state, String cause) {}

  /**
   * Somebody wants no deliveries.
   *
   * @param state {@link ShardState#PAUSED} or {@link ShardState#STOPPED}
   */
  record Held(ShardState state, long sinceMillis, String reason) {}

  /**
   * Why nothing is read.
   *
   * @param state {@link ShardState#THROTTLED}, {@link ShardState#UNREADABLE} or {@link
   *     ShardState#WAITING_FOR_MEMORY}
   */
  record ReadTrouble(ShardState state, long sinceMillis, String cause) {}

  /**
   * What the consumer knows; null where there is nothing to tell.
   *
   * @param call the call under way
   * @param callStartedMillis when it began, monotonic
   * @param where in the user's code it is
   * @param waitingFor the unfinished parent
   * @param upToDate whether there is nothing left to deliver
   */
  record Facts(
      LeaseKey shard,
      long token,
      Checkpoint checkpoint,
      String call,
      long callStartedMillis,
      String where,
      boolean fenced,
      Held held,
      Failing failing,
      LeaseKey waitingFor,
      ReadTrouble readTrouble,
      boolean upToDate) {}

  private ShardConditions() {}

  static ShardHealth judge(Facts facts, long stallMillis, long nowMillis) {
    long inCallMillis = facts.call() == null ? 0 : nowMillis - facts.callStartedMillis();
    // first: a call may be waiting for nothing but the table, to checkpoint
    if (facts.fenced()) {
      return health(facts, ShardState.FENCED, 0, "no heartbeat of this worker got through in time");
    }
    if (facts.call() != null && inCallMillis >= stallMillis) {
      return health(
          facts,
          ShardState.PROCESSOR_STUCK,
          inCallMillis,
          facts.call()
              + " has not returned for "
              + seconds(inCallMillis)
              + (facts.where() == null ? "" : "; it is at " + facts.where()));
    }
    if (facts.held() != null) {
      long since = nowMillis - facts.held().sinceMillis();
      return health(
          facts,
          facts.held().state(),
          since,
          facts.held().reason() + ", " + seconds(since) + " ago");
    }
    if (facts.failing() != null) {
      Failing failing = facts.failing();
      long since = nowMillis - failing.sinceMillis();
      return health(
          facts,
          failing.state(),
          since,
          failing.call()
              + " has failed "
              + failing.attempts()
              + " times in "
              + seconds(since)
              + ", the last time with: "
              + failing.cause());
    }
    if (facts.call() != null) {
      return health(facts, ShardState.PROCESSING, inCallMillis, facts.call() + " is being called");
    }
    if (facts.waitingFor() != null) {
      return health(
          facts, ShardState.WAITING_FOR_PARENT, 0, "waiting for parent " + facts.waitingFor());
    }
    if (facts.readTrouble() != null) {
      long since = nowMillis - facts.readTrouble().sinceMillis();
      return health(
          facts,
          facts.readTrouble().state(),
          since,
          facts.readTrouble().cause() + ", for " + seconds(since));
    }
    return facts.upToDate()
        ? health(facts, ShardState.UP_TO_DATE, 0, "everything has been processed")
        : health(facts, ShardState.PROCESSING, 0, "between two calls");
  }

  private static ShardHealth health(
      Facts facts, ShardState state, long sinceMillis, String explanation) {
    return new ShardHealth(
        facts.shard().value(),
        facts.token(),
        facts.checkpoint(),
        state,
        Duration.ofMillis(Math.max(0, sinceMillis)),
        explanation);
  }

  private static String seconds(long millis) {
    return millis / 1_000 + "." + millis % 1_000 / 100 + " s";
  }
}
