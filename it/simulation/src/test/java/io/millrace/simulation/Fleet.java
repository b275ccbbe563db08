package io.millrace.simulation;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.engine.CheckpointRule;
import io.millrace.kcl.engine.EngineSettings;
import io.millrace.kcl.engine.FailureRule;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** A world without chance faults, in the words of readable tests. */
final class Fleet {

  static final long STALL_MILLIS = 10_000;

  final World world;
  final VirtualTime time;
  final SimulatedStream stream;
  private final SortedSet<Long> put = new TreeSet<>();
  private WorkerSettings settings = WorkerSettings.DEFAULTS;

  Fleet(int shards) {
    this(shards, Mutation.NONE);
  }

  Fleet(int shards, Mutation mutation) {
    world = new World(7, shards, mutation, false, true);
    time = world.time();
    stream = world.stream();
  }

  void startAtLatest() {
    settings =
        settings.withStart(new EngineSettings.Start(EngineSettings.InitialPosition.LATEST, null));
  }

  void policies(FailureRule failure, CheckpointRule checkpoint) {
    settings =
        settings.withPolicies(new EngineSettings.Policies(failure, checkpoint, STALL_MILLIS));
  }

  void maxLeases(int most) {
    settings = settings.withMaxLeases(most);
  }

  void prefetch(long bytes) {
    settings = settings.withReading(10_000, bytes);
  }

  SimulatedWorker join(String name) {
    return world.join(name, settings);
  }

  /** The unfinished leases that a worker owns, as the table says. */
  List<LeaseKey> owned(SimulatedWorker worker) {
    List<LeaseKey> owned = new ArrayList<>();
    for (Lease lease : world.leases()) {
      if (!lease.isFinished() && lease.isOwnedBy(worker.session())) {
        owned.add(lease.key());
      }
    }
    return owned;
  }

  boolean allOwnedBy(SimulatedWorker worker) {
    return owned(worker).containsAll(stream.openShards());
  }

  Checkpoint checkpoint(int shard) {
    return world.truth().row(SimulatedStream.shard(shard)).orElseThrow().checkpoint();
  }

  List<String> notices() {
    return world.workers().stream().flatMap(w -> w.notices().stream()).toList();
  }

  /** One record to every open shard. */
  void putEverywhere() {
    stream.openShards().forEach(shard -> put.add(stream.put(shard, 10).number));
  }

  /** A record that every processor fails to process. */
  long putPoison(LeaseKey shard) {
    SimulatedStream.Entry entry = stream.put(shard, 10);
    entry.poison = true;
    return entry.number;
  }

  /** Lets time pass while records keep coming. */
  void flow(long millis) {
    for (long passed = 0; passed < millis; passed += 100) {
      putEverywhere();
      time.pass(100);
    }
  }

  SortedSet<Long> processed() {
    SortedSet<Long> numbers = new TreeSet<>();
    world.deliveries().forEach(d -> numbers.add(d.number()));
    return numbers;
  }

  int duplicates() {
    return world.deliveries().size() - processed().size();
  }

  boolean everythingProcessed() {
    return processed().containsAll(put);
  }
}
