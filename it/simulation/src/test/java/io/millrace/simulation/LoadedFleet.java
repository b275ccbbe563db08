package io.millrace.simulation;

import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.SessionLoad;
import io.millrace.simulation.SimulatedStream.ShardState;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/** Workers on a stream whose shards are not all equally busy. */
final class LoadedFleet {

  final World world;
  final VirtualTime time;
  final SortedMap<LeaseKey, Long> bytesPerSecond = new TreeMap<>();

  /** By how much the rate of a shard differs from its mean now: 1 if not at all. */
  ToDoubleFunction<LeaseKey> wobble = shard -> 1;

  private final SeededRandom random;
  private final SortedMap<LeaseKey, String> owners = new TreeMap<>();
  private boolean flowing = true;
  private int moves;

  LoadedFleet(long seed, int shards) {
    world = new World(seed, shards, Mutation.NONE, false, false);
    time = world.time();
    random = world.random().fork("load");
    time.after(500, this::putAll);
    time.after(1_000, this::countMoves);
  }

  SeededRandom random() {
    return random;
  }

  /** Rates between 2 KB/s and 100 KB/s, a few of them many times the others. */
  void skew() {
    for (LeaseKey shard : world.stream().openShards()) {
      bytesPerSecond.put(shard, 2_000 + 98_000 * cube(random.nextLong(1_000)) / 1_000_000_000);
    }
  }

  private static long cube(long x) {
    return x * x * x;
  }

  SimulatedWorker join(String name, SessionLoad.Unit unit, int weight) {
    return world.join(name, WorkerSettings.DEFAULTS.withLoad(unit, weight));
  }

  private void putAll() {
    if (!flowing) {
      return;
    }
    for (LeaseKey shard : world.stream().openShards()) {
      double bytes = bytesPerSecond.getOrDefault(shard, 20_000L) * wobble.applyAsDouble(shard);
      for (int left = (int) bytes; left > 0; left -= 50_000) {
        world.stream().put(shard, Math.min(left, 50_000));
      }
    }
    time.after(1_000, this::putAll);
  }

  void stopFlow() {
    flowing = false;
  }

  private void countMoves() {
    for (Lease lease : world.leases()) {
      if (lease.owner() != null) {
        String before = owners.put(lease.key(), lease.owner());
        if (before != null && !before.equals(lease.owner())) {
          moves++;
        }
      }
    }
    time.after(1_000, this::countMoves);
  }

  /** How often a lease has changed hands since this was last asked. */
  int takeMoves() {
    int counted = moves;
    moves = 0;
    return counted;
  }

  List<LeaseKey> owned(SimulatedWorker worker) {
    List<LeaseKey> owned = new ArrayList<>();
    for (Lease lease : world.leases()) {
      ShardState shard = world.stream().state(lease.key());
      if (shard.isOpen() && lease.isOwnedBy(worker.session())) {
        owned.add(lease.key());
      }
    }
    return owned;
  }

  /** What a worker carries, from the shards' mean rates. */
  long carried(SimulatedWorker worker) {
    return owned(worker).stream().mapToLong(s -> bytesPerSecond.getOrDefault(s, 20_000L)).sum();
  }

  /** The most minus the least that the workers carry, as a part of the mean. */
  double spread() {
    List<Long> carried = world.up().stream().map(this::carried).toList();
    double mean = carried.stream().mapToLong(x -> x).average().orElseThrow();
    long most = carried.stream().mapToLong(x -> x).max().orElseThrow();
    long least = carried.stream().mapToLong(x -> x).min().orElseThrow();
    return (most - least) / mean;
  }
}
