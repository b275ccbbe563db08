package io.millrace.kcl.engine;

import io.millrace.kcl.health.ShardHealth;
import io.millrace.kcl.health.ShardState;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.plan.Holder;
import io.millrace.lease.plan.LeasePlanner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/**
 * Looks every few seconds how the shards get on, and tells what stands still. Every worker answers
 * for the shards it holds; for those that nobody holds, the auditor does, so that a fleet says it
 * once. Lives on the loop.
 */
final class ProgressWatch {

  private static final long INTERVAL_MILLIS = 5_000;

  private final WorkerContext context;
  private final Consumers consumers;
  private final BooleanSupplier takesPart;
  private final BooleanSupplier stopped;
  private final Watchdog watchdog;
  private SortedMap<ShardState, Integer> told = new TreeMap<>();

  ProgressWatch(
      WorkerContext context,
      Consumers consumers,
      BooleanSupplier takesPart,
      BooleanSupplier stopped) {
    this.context = context;
    this.consumers = consumers;
    this.takesPart = takesPart;
    this.stopped = stopped;
    this.watchdog = new Watchdog(context.settings().policies().stallMillis());
  }

  void begin() {
    context.loop().after(INTERVAL_MILLIS, this::look);
  }

  /** How every shard is that this worker answers for, by shard. */
  List<ShardHealth> now() {
    watch();
    return watchdog.lastSeen();
  }

  private void look() {
    if (stopped.getAsBoolean()) {
      return;
    }
    watch();
    consumers.all().stream().filter(c -> !c.isEnding()).forEach(ShardConsumer::tellAge);
    context.loop().after(INTERVAL_MILLIS, this::look);
  }

  private void watch() {
    List<ShardHealth> shards = new ArrayList<>();
    for (ShardConsumer consumer : consumers.all()) {
      if (!consumer.isEnding()) {
        shards.add(consumer.health());
      }
    }
    if (takesPart.getAsBoolean() && context.membership().isAuditor()) {
      addUnheld(shards);
    }
    for (Watchdog.Change change : watchdog.look(shards, context.now())) {
      if (change instanceof Watchdog.Change.Stalled stalled) {
        context.ports().events().stalled(stalled.health());
      } else {
        context.ports().events().moves(change.health());
      }
    }
    SortedMap<ShardState, Integer> standstills = new TreeMap<>();
    for (ShardHealth health : watchdog.lastSeen()) {
      if (health.state().isStandstill()) {
        standstills.merge(health.state(), 1, Integer::sum);
      }
    }
    if (!standstills.equals(told)) {
      told = standstills;
      context.ports().events().standstills(standstills);
    }
  }

  private void addUnheld(List<ShardHealth> shards) {
    SortedSet<LeaseKey> eligible = LeasePlanner.eligible(context.book().leases());
    for (Lease lease : context.book().leases()) {
      if (lease.isFinished() || consumers.get(lease.key()) != null) {
        continue;
      }
      if (lease.isForeignOwned() && !context.book().foreign().isDead(lease)) {
        shards.add(
            unheld(
                lease, ShardState.OWNED_BY_ANOTHER_LIBRARY, context.book().foreign().why(lease)));
      } else if (context.book().holder(lease, context.membership()) != Holder.FREE) {
        continue;
      } else if (eligible.contains(lease.key())) {
        shards.add(
            unheld(
                lease,
                ShardState.OWNED_BY_NOBODY,
                "no worker holds it; the fleet's "
                    + context.membership().sessions().size()
                    + " workers have no room for it, or it is about to be claimed"));
      } else {
        shards.add(
            unheld(
                lease,
                ShardState.WAITING_FOR_PARENT,
                "waiting for " + unfinishedParents(lease) + " to be finished"));
      }
    }
  }

  private String unfinishedParents(Lease lease) {
    List<String> parents = new ArrayList<>();
    for (LeaseKey parent : lease.parents()) {
      context
          .book()
          .row(parent)
          .filter(row -> !row.isFinished())
          .ifPresent(
              row ->
                  parents.add(
                      "parent "
                          + parent
                          + " (owned by "
                          + (row.owner() == null ? "nobody" : row.owner())
                          + ")"));
    }
    return String.join(" and ", parents);
  }

  private static ShardHealth unheld(Lease lease, ShardState state, String explanation) {
    return new ShardHealth(
        lease.key().value(), 0, lease.checkpoint(), state, Duration.ZERO, explanation);
  }
}
