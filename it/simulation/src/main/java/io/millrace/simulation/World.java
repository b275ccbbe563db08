package io.millrace.simulation;

import io.millrace.kcl.stream.StreamRecord;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.SessionId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Time, a table, a stream, and workers that come and go. */
final class World {

  /** How long a processor may take to finish. */
  static final long DRAIN_MILLIS = 10_000;

  /** What a processor saw. */
  record Delivery(String worker, LeaseKey shard, long at, long number) {}

  private final VirtualTime time = new VirtualTime();
  private final SeededRandom random;
  private final Journal journal;
  private final SimulatedStream stream;
  private final Mutation mutation;
  private final Truth truth;
  private final List<SimulatedWorker> workers = new ArrayList<>();
  private final boolean keepsDeliveries;
  private final List<Delivery> deliveries = new ArrayList<>();
  private final List<String> gaps = new ArrayList<>();
  private boolean over;
  private boolean poisonHealed;

  World(long seed, int shards, Mutation mutation, boolean tracing, boolean keepsDeliveries) {
    this.random = new SeededRandom(seed);
    this.journal = new Journal(time, tracing);
    this.stream = new SimulatedStream(time, shards);
    this.mutation = mutation;
    this.truth = new Truth(time, stream, journal, this::isSessionOf, mutation::table);
    this.keepsDeliveries = keepsDeliveries;
  }

  private boolean isSessionOf(String worker, SessionId session) {
    return workers.stream().anyMatch(w -> w.name().equals(worker) && session.equals(w.session()));
  }

  VirtualTime time() {
    return time;
  }

  SeededRandom random() {
    return random;
  }

  Journal journal() {
    return journal;
  }

  SimulatedStream stream() {
    return stream;
  }

  Truth truth() {
    return truth;
  }

  Mutation mutation() {
    return mutation;
  }

  List<SimulatedWorker> workers() {
    return Collections.unmodifiableList(workers);
  }

  List<SimulatedWorker> up() {
    return workers.stream().filter(SimulatedWorker::isUp).toList();
  }

  boolean keepsDeliveries() {
    return keepsDeliveries;
  }

  List<Delivery> deliveries() {
    return Collections.unmodifiableList(deliveries);
  }

  List<String> gaps() {
    return Collections.unmodifiableList(gaps);
  }

  /** The table or the stream is gone: from here on workers stop by themselves. */
  void over() {
    over = true;
  }

  boolean isOver() {
    return over;
  }

  SimulatedWorker join(String workerId, WorkerSettings settings) {
    SimulatedWorker worker =
        new SimulatedWorker(this, workerId + "#" + workers.size(), workerId, settings);
    workers.add(worker);
    return worker.start();
  }

  /** From here on every record can be processed, as after a deployment. */
  void healPoison() {
    poisonHealed = true;
    stream.shards().forEach(shard -> shard.entries.forEach(entry -> entry.poison = false));
  }

  boolean isPoisonHealed() {
    return poisonHealed;
  }

  void stopped(SimulatedWorker worker) {
    journal.note(
        worker.name(), "has stopped", null, 0, worker.failure() == null ? "" : worker.failure());
    if (worker.failure() != null && !over) {
      time.violation(worker.name() + " stopped by itself: " + worker.failure())
          .initCause(worker.failure());
    }
  }

  void delivered(SimulatedWorker worker, LeaseKey shard, StreamRecord record) {
    if (keepsDeliveries) {
      deliveries.add(
          new Delivery(
              worker.name(), shard, time.now(), SimulatedStream.numberOf(record.sequenceNumber())));
    }
  }

  void gap(LeaseKey shard, String what) {
    gaps.add(shard + ": " + what);
  }

  List<Lease> leases() {
    return truth.leases();
  }
}
