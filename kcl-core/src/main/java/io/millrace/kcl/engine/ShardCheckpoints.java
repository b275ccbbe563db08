package io.millrace.kcl.engine;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.CheckpointTracker;
import io.millrace.lease.HeldLease;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseStore.OwnerResult;
import io.millrace.lease.PendingCheckpoint;
import io.millrace.lease.SessionId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What one shard's consumer writes into its lease: checkpoints, prepared ones, the end of the
 * shard, an announcement, the hand-over. One write after another, each repeated until its outcome
 * is definite, each on condition of the checkpoint that was accepted before it. Lives on the loop;
 * the checkpointers that it hands out may be used from any thread.
 */
final class ShardCheckpoints {

  /** What this needs from the consumer. On the loop, except {@link #isLeaseHeld}. */
  interface Owner {
    boolean isFenced();

    /** Whether the lease may still be acted upon; from any thread. */
    boolean isLeaseHeld();

    /** Whether nothing may be asked for any more: the lease is lost, or its hand-over has begun. */
    boolean isOver();

    void rowChanged(Lease lease);

    /** The store refused a write: the row is not ours, or not as we left it. */
    void refused(Optional<Lease> row);

    /** Creates the rows of the children, repeating until that is done, then tells who they are. */
    void createSuccessors(Consumer<SortedSet<LeaseKey>> created);

    void fatal(Throwable cause);
  }

  private final HeldLease held;
  private final EnginePorts ports;
  private final EventLoop loop;
  private final Owner owner;
  private final OwnerWrites writes;
  private final CheckpointTracker tracker;
  private final List<Runnable> onChildren = new ArrayList<>();
  private final List<CompletableFuture<Void>> awaitingChildren = new ArrayList<>();

  private Lease lease;
  private SortedSet<LeaseKey> children;
  private boolean successionAsked;
  private Checkpoint barrier;

  private volatile Checkpoint accepted;
  private volatile PendingCheckpoint pending;
  private volatile boolean preparedHere;

  ShardCheckpoints(Lease lease, HeldLease held, EnginePorts ports, EventLoop loop, Owner owner) {
    this.lease = lease;
    this.held = held;
    this.ports = ports;
    this.loop = loop;
    this.owner = owner;
    this.accepted = lease.checkpoint();
    this.pending = lease.pending();
    this.tracker = new CheckpointTracker(lease.checkpoint());
    this.writes = new OwnerWrites(ports, loop, owner::isFenced);
    this.writes.onFatal(owner::fatal);
  }

  /** The row as last seen. */
  Lease lease() {
    return lease;
  }

  /** The newest checkpoint that the store accepted. */
  Checkpoint accepted() {
    return accepted;
  }

  /** What is prepared and not committed; null if nothing. */
  PendingCheckpoint pending() {
    return pending;
  }

  /** Whether a checkpoint that was prepared under this token still waits to be committed. */
  boolean isPreparedHere() {
    return preparedHere && pending != null;
  }

  /** Records up to {@code last} are being handed to the processor. */
  void delivered(Checkpoint last) {
    tracker.delivered(last);
  }

  /** The shard is closed and its last record was handed to the processor. */
  void everythingDelivered() {
    tracker.everythingDelivered();
  }

  /** The last position that was handed to the processor. */
  Checkpoint lastDelivered() {
    return tracker.lastDelivered();
  }

  /**
   * Records right behind {@code position} are given up, and their dead letters are not stored yet:
   * until they are, no checkpoint passes them, whoever asks.
   */
  void passNothingBehind(Checkpoint position) {
    barrier = position;
  }

  /** The dead letters are stored. */
  void passAnything() {
    barrier = null;
  }

  /** A checkpointer that takes {@code position} for an unqualified checkpoint. */
  ShardCheckpointer upTo(Checkpoint position) {
    return new Checkpointer(position);
  }

  /** Tells the heir that the lease will be handed over. */
  void announce(SessionId heir, Runnable announced) {
    write(
        "announce",
        true,
        () -> ports.store().announce(held, heir),
        row -> {
          update(row);
          announced.run();
        });
  }

  /** Gives the lease away, after everything that was asked for before. Nothing may follow. */
  void handOff(Optional<SessionId> successor, Consumer<Lease> done) {
    refuseWhoAwaitsChildren();
    write(
        successor.isPresent() ? "hand-off" : "release",
        false,
        () -> ports.store().handOff(held, successor),
        done);
  }

  /** Creates the children's rows, if that has not begun yet, and goes on once they are there. */
  void askForSuccessors(Runnable then) {
    if (children != null) {
      then.run();
      return;
    }
    onChildren.add(then);
    if (!successionAsked) {
      successionAsked = true;
      owner.createSuccessors(
          created -> {
            children = created;
            onChildren.forEach(Runnable::run);
            onChildren.clear();
          });
    }
  }

  /** The lease is gone: whatever is still to be written counts as lost. */
  void close() {
    writes.close();
    refuseWhoAwaitsChildren();
  }

  /** What a processor is told that wants to write under a lease that is gone. */
  ShardCheckpointer.LeaseLostException lost() {
    return new ShardCheckpointer.LeaseLostException(
        "The lease of shard "
            + held.key()
            + " (token "
            + held.token()
            + ") is not held any more; whoever holds it now goes on from the last checkpoint, "
            + accepted);
  }

  private void write(
      String name,
      boolean waitsWhileFenced,
      Supplier<CompletionStage<OwnerResult>> call,
      Consumer<Lease> done) {
    writes.add(new OwnerWrites.Write(name, waitsWhileFenced, call, done, owner::refused));
  }

  private void update(Lease row) {
    lease = row;
    accepted = row.checkpoint();
    pending = row.pending();
    owner.rowChanged(row);
  }

  /** Their rows are not created any more, and the processor's thread waits for an answer. */
  private void refuseWhoAwaitsChildren() {
    awaitingChildren.forEach(answer -> answer.completeExceptionally(lost()));
    awaitingChildren.clear();
  }

  private void checkpoint(Checkpoint position, CompletableFuture<Void> answer) {
    if (owner.isOver()) {
      answer.completeExceptionally(lost());
      return;
    }
    Optional<String> refusal = barred(position).or(() -> tracker.request(position));
    if (refusal.isPresent()) {
      answer.completeExceptionally(refused(refusal.get()));
    } else if (position.equals(accepted) && pending == null && writes.isEmpty()) {
      answer.complete(null);
    } else if (position.isShardEnd()) {
      awaitingChildren.add(answer);
      askForSuccessors(
          () -> {
            if (awaitingChildren.remove(answer)) {
              writeCheckpoint(position, answer);
            }
          });
    } else {
      writeCheckpoint(position, answer);
    }
  }

  private Optional<String> barred(Checkpoint position) {
    return barrier == null || position.compareTo(barrier) <= 0
        ? Optional.empty()
        : Optional.of(
            "Cannot checkpoint at "
                + position
                + ": records behind "
                + barrier
                + " were given up, and their dead letters are not stored yet");
  }

  private void writeCheckpoint(Checkpoint position, CompletableFuture<Void> answer) {
    long askedAt = ports.clock().monotonicMillis();
    Checkpoint[] previous = new Checkpoint[1];
    long endedAtMillis = ports.clock().wallMillis();
    writes.add(
        new OwnerWrites.Write(
            "checkpoint",
            true,
            () -> {
              if (accepted.isShardEnd()) {
                // asked for before the end was written, and answered by it
                return CompletableFuture.completedFuture(new OwnerResult.Done(lease));
              }
              if (previous[0] == null) {
                previous[0] = accepted;
              }
              return position.isShardEnd()
                  ? ports.store().endShard(held, previous[0], children, endedAtMillis)
                  : ports.store().checkpoint(held, previous[0], max(position, previous[0]));
            },
            row -> {
              update(row);
              tracker.accepted(row.checkpoint());
              long took = ports.clock().monotonicMillis() - askedAt;
              ports.events().checkpointed(held.key(), row.checkpoint(), took);
              answer.complete(null);
            },
            row -> {
              answer.completeExceptionally(lost());
              owner.refused(row);
            }));
  }

  private static Checkpoint max(Checkpoint a, Checkpoint b) {
    return a.compareTo(b) >= 0 ? a : b;
  }

  private void prepare(PendingCheckpoint wanted, CompletableFuture<Void> answer) {
    if (owner.isOver()) {
      answer.completeExceptionally(lost());
      return;
    }
    Optional<String> refusal =
        barred(wanted.checkpoint()).or(() -> tracker.check(wanted.checkpoint()));
    if (refusal.isPresent()) {
      answer.completeExceptionally(refused(refusal.get()));
      return;
    }
    Checkpoint[] previous = new Checkpoint[1];
    PendingCheckpoint[] previousPending = new PendingCheckpoint[1];
    writes.add(
        new OwnerWrites.Write(
            "prepare",
            true,
            () -> {
              if (previous[0] == null) {
                previous[0] = accepted;
                previousPending[0] = pending;
              }
              return ports.store().prepare(held, previous[0], previousPending[0], wanted);
            },
            row -> {
              update(row);
              preparedHere = true;
              answer.complete(null);
            },
            row -> {
              answer.completeExceptionally(lost());
              owner.refused(row);
            }));
  }

  private IllegalArgumentException refused(String why) {
    return new IllegalArgumentException("Shard " + held.key() + ": " + why);
  }

  private final class Checkpointer implements ShardCheckpointer {
    private final Checkpoint upTo;

    Checkpointer(Checkpoint upTo) {
      this.upTo = upTo;
    }

    @Override
    public Checkpoint upTo() {
      return upTo;
    }

    @Override
    public CompletionStage<Void> checkpoint(Checkpoint position) {
      CompletableFuture<Void> answer = new CompletableFuture<>();
      loop.post(() -> ShardCheckpoints.this.checkpoint(position, answer));
      return answer;
    }

    @Override
    public CompletionStage<Void> prepare(PendingCheckpoint wanted) {
      CompletableFuture<Void> answer = new CompletableFuture<>();
      loop.post(() -> ShardCheckpoints.this.prepare(wanted, answer));
      return answer;
    }

    @Override
    public Checkpoint accepted() {
      return accepted;
    }

    @Override
    public Optional<PendingCheckpoint> pending() {
      return Optional.ofNullable(pending);
    }

    @Override
    public boolean isLeaseHeld() {
      return owner.isLeaseHeld();
    }
  }
}
