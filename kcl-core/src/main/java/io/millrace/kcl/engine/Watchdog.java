package io.millrace.kcl.engine;

import io.millrace.kcl.health.ShardHealth;
import io.millrace.kcl.health.ShardState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Notices which shards stand still, and for how long. Told how every shard is from time to time, it
 * says what changed: a shard that has stood still for the threshold is reported once for each
 * reason, and once more when it moves again. Pure: the time is an argument.
 */
final class Watchdog {

  /** What changed. */
  sealed interface Change {
    ShardHealth health();

    /** The shard has stood still for the threshold, or does so for another reason now. */
    record Stalled(ShardHealth health) implements Change {}

    /** It was reported, and moves again. */
    record Moves(ShardHealth health) implements Change {}
  }

  /**
   * @param reported the standstill that was told last; null if it moves, or nothing was told
   */
  private record Seen(ShardHealth health, long sinceMillis, ShardState reported) {}

  private final long thresholdMillis;
  private SortedMap<String, Seen> shards = new TreeMap<>();

  Watchdog(long thresholdMillis) {
    this.thresholdMillis = thresholdMillis;
  }

  /**
   * @param now how every shard is; a shard that is not mentioned is forgotten, without a word
   * @param nowMillis monotonic
   */
  List<Change> look(Collection<ShardHealth> now, long nowMillis) {
    List<Change> changes = new ArrayList<>();
    SortedMap<String, Seen> next = new TreeMap<>();
    for (ShardHealth health : now) {
      Seen before = shards.get(health.shardId());
      boolean same = before != null && before.health().state() == health.state();
      // how long it has lasted is known better by who saw it begin
      long since =
          Math.min(same ? before.sinceMillis() : nowMillis, nowMillis - health.since().toMillis());
      ShardState reported = before == null ? null : before.reported();
      ShardHealth dated = withSince(health, nowMillis - since);
      if (!health.state().isStandstill()) {
        if (reported != null) {
          changes.add(new Change.Moves(dated));
        }
        reported = null;
      } else if (nowMillis - since >= thresholdMillis && reported != health.state()) {
        changes.add(new Change.Stalled(dated));
        reported = health.state();
      }
      next.put(health.shardId(), new Seen(dated, since, reported));
    }
    shards = next;
    return changes;
  }

  /** As of the last look, by shard. */
  List<ShardHealth> lastSeen() {
    return shards.values().stream().map(Seen::health).toList();
  }

  private static ShardHealth withSince(ShardHealth health, long sinceMillis) {
    return new ShardHealth(
        health.shardId(),
        health.fencingToken(),
        health.checkpoint(),
        health.state(),
        Duration.ofMillis(sinceMillis),
        health.explanation());
  }
}
