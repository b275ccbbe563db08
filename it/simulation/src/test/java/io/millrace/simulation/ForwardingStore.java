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

/** A store that passes everything on; planted bugs change one operation. */
class ForwardingStore implements LeaseStore {

  final LeaseStore to;

  ForwardingStore(LeaseStore to) {
    this.to = to;
  }

  @Override
  public CompletionStage<Optional<Application>> readApplication() {
    return to.readApplication();
  }

  @Override
  public CompletionStage<Application> createApplication(Application application) {
    return to.createApplication(application);
  }

  @Override
  public CompletionStage<Application> markInitialised() {
    return to.markInitialised();
  }

  @Override
  public CompletionStage<Optional<SessionPage>> readPage(int page) {
    return to.readPage(page);
  }

  @Override
  public CompletionStage<SessionPage> createPage(int page) {
    return to.createPage(page);
  }

  @Override
  public CompletionStage<JoinResult> join(Session session) {
    return to.join(session);
  }

  @Override
  public CompletionStage<BeatResult> beat(Session session) {
    return to.beat(session);
  }

  @Override
  public CompletionStage<ExpireResult> expire(SessionId session, long observedBeat) {
    return to.expire(session, observedBeat);
  }

  @Override
  public CompletionStage<Optional<SessionPage>> leave(SessionId session) {
    return to.leave(session);
  }

  @Override
  public CompletionStage<Optional<SessionPage>> bump() {
    return to.bump();
  }

  @Override
  public CompletionStage<LeaseScan> scan() {
    return to.scan();
  }

  @Override
  public CompletionStage<Optional<Lease>> readLease(LeaseKey key) {
    return to.readLease(key);
  }

  @Override
  public CompletionStage<Lease> create(Lease lease) {
    return to.create(lease);
  }

  @Override
  public CompletionStage<OwnerResult> claim(
      Lease seen, SessionId claimant, OptionalLong startAtMillis) {
    return to.claim(seen, claimant, startAtMillis);
  }

  @Override
  public CompletionStage<OwnerResult> checkpoint(
      HeldLease held, Checkpoint previous, Checkpoint next) {
    return to.checkpoint(held, previous, next);
  }

  @Override
  public CompletionStage<OwnerResult> prepare(
      HeldLease held,
      Checkpoint previous,
      PendingCheckpoint previousPending,
      PendingCheckpoint pending) {
    return to.prepare(held, previous, previousPending, pending);
  }

  @Override
  public CompletionStage<OwnerResult> endShard(
      HeldLease held, Checkpoint previous, SortedSet<LeaseKey> children, long endedAtMillis) {
    return to.endShard(held, previous, children, endedAtMillis);
  }

  @Override
  public CompletionStage<OwnerResult> announce(HeldLease held, SessionId heir) {
    return to.announce(held, heir);
  }

  @Override
  public CompletionStage<OwnerResult> handOff(HeldLease held, Optional<SessionId> successor) {
    return to.handOff(held, successor);
  }

  @Override
  public CompletionStage<DeleteResult> delete(Lease seen) {
    return to.delete(seen);
  }
}
