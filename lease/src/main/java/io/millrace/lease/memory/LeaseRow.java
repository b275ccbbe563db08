package io.millrace.lease.memory;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.PendingCheckpoint;
import io.millrace.lease.SessionId;
import java.util.SortedSet;

/** One row while an update is applied to it. */
final class LeaseRow {

  private final Lease before;
  String owner;
  long counter;
  Checkpoint checkpoint;
  PendingCheckpoint pending;
  Long startAtMillis;
  SortedSet<LeaseKey> children;
  Long endedAtMillis;
  SessionId heir;
  long ownerSwitchesSinceCheckpoint;

  LeaseRow(Lease before) {
    this.before = before;
    owner = before.owner();
    counter = before.counter();
    checkpoint = before.checkpoint();
    pending = before.pending();
    startAtMillis = before.startAtMillis();
    children = before.children();
    endedAtMillis = before.endedAtMillis();
    heir = before.heir();
    ownerSwitchesSinceCheckpoint = before.ownerSwitchesSinceCheckpoint();
  }

  /** Every change of ownership raises the token; only one from owner to owner is a switch. */
  void changeOwner(String next) {
    if (owner != null && next != null && !owner.equals(next)) {
      ownerSwitchesSinceCheckpoint++;
    }
    owner = next;
    counter++;
    heir = null;
  }

  void moveTo(Checkpoint next) {
    checkpoint = next;
    pending = null;
    ownerSwitchesSinceCheckpoint = 0;
  }

  Lease after() {
    return new Lease(
        before.key(),
        owner,
        counter,
        checkpoint,
        pending,
        startAtMillis,
        before.parents(),
        children,
        before.hashKeyRange(),
        endedAtMillis,
        heir,
        ownerSwitchesSinceCheckpoint);
  }
}
