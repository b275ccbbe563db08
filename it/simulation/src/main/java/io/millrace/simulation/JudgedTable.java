package io.millrace.simulation;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.lease.Application;
import io.millrace.lease.HeldLease;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseScan;
import io.millrace.lease.LeaseStore;
import io.millrace.lease.PendingCheckpoint;
import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import io.millrace.lease.SessionPage;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.concurrent.CompletionStage;

/** The table as one worker's requests reach it: every write is judged as it takes effect. */
final class JudgedTable implements LeaseStore {

  private final String worker;
  private final Truth truth;
  private final LeaseStore table;

  JudgedTable(String worker, Truth truth) {
    this.worker = worker;
    this.truth = truth;
    this.table = truth.table();
  }

  @Override
  public CompletionStage<Optional<Application>> readApplication() {
    return table.readApplication();
  }

  @Override
  public CompletionStage<Application> createApplication(Application application) {
    return table.createApplication(application);
  }

  @Override
  public CompletionStage<Application> markInitialised() {
    return truth.markInitialised(worker);
  }

  @Override
  public CompletionStage<Optional<SessionPage>> readPage(int page) {
    return table.readPage(page);
  }

  @Override
  public CompletionStage<SessionPage> createPage(int page) {
    return table.createPage(page);
  }

  @Override
  public CompletionStage<JoinResult> join(Session session) {
    return truth.join(worker, session);
  }

  @Override
  public CompletionStage<BeatResult> beat(Session session) {
    return truth.beat(worker, session);
  }

  @Override
  public CompletionStage<ExpireResult> expire(SessionId session, long observedBeat) {
    return truth.expire(worker, session, observedBeat);
  }

  @Override
  public CompletionStage<Optional<SessionPage>> leave(SessionId session) {
    return truth.leave(worker, session);
  }

  @Override
  public CompletionStage<Optional<SessionPage>> bump() {
    return table.bump();
  }

  @Override
  public CompletionStage<LeaseScan> scan() {
    return table.scan();
  }

  @Override
  public CompletionStage<Optional<Lease>> readLease(LeaseKey key) {
    return table.readLease(key);
  }

  @Override
  public CompletionStage<Lease> create(Lease lease) {
    return truth.create(worker, lease);
  }

  @Override
  public CompletionStage<OwnerResult> claim(
      Lease seen, SessionId claimant, OptionalLong startAtMillis) {
    return truth.claim(worker, seen, claimant, startAtMillis);
  }

  @Override
  public CompletionStage<OwnerResult> checkpoint(
      HeldLease held, Checkpoint previous, Checkpoint next) {
    return truth.ownerWrite(
        worker, "checkpoint", held, () -> table.checkpoint(held, previous, next));
  }

  @Override
  public CompletionStage<OwnerResult> prepare(
      HeldLease held,
      Checkpoint previous,
      PendingCheckpoint previousPending,
      PendingCheckpoint pending) {
    return truth.ownerWrite(
        worker, "prepare", held, () -> table.prepare(held, previous, previousPending, pending));
  }

  @Override
  public CompletionStage<OwnerResult> endShard(
      HeldLease held, Checkpoint previous, SortedSet<LeaseKey> children, long endedAtMillis) {
    return truth.ownerWrite(
        worker, "endShard", held, () -> table.endShard(held, previous, children, endedAtMillis));
  }

  @Override
  public CompletionStage<OwnerResult> announce(HeldLease held, SessionId heir) {
    return truth.ownerWrite(worker, "announce", held, () -> table.announce(held, heir));
  }

  @Override
  public CompletionStage<OwnerResult> handOff(HeldLease held, Optional<SessionId> successor) {
    return truth.ownerWrite(worker, "handOff", held, () -> table.handOff(held, successor));
  }

  @Override
  public CompletionStage<DeleteResult> delete(Lease seen) {
    return truth.delete(worker, seen);
  }
}
