package io.millrace.lease.plan;

import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.SessionId;

/** One thing that this worker should begin now. */
public sealed interface LeaseAction {

  /** The lease that it is about. */
  LeaseKey key();

  /** Claim a free lease, as it was seen. */
  record ClaimLease(Lease seen) implements LeaseAction {
    @Override
    public LeaseKey key() {
      return seen.key();
    }
  }

  /** Begin to hand a held lease to another session: announce it, drain, hand over. */
  record HandOffLease(LeaseKey key, SessionId heir) implements LeaseAction {}

  /** Begin to give a held lease back to nobody: drain, release. Only a leaving session does so. */
  record ReleaseLease(LeaseKey key) implements LeaseAction {}
}
