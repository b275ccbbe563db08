package io.millrace.lease.plan;

/** Who holds a lease, as far as this worker knows. */
public enum Holder {
  /** This worker: the row names its session, and it has taken note of that. */
  ME,
  /**
   * Somebody else, or nobody knows: a session that lives or is not proven dead, another library's
   * worker, or this worker's own session in a row that it has not adopted yet.
   */
  OTHER,
  /** Nobody: the row names no owner, or one that is dead for good. It may be claimed. */
  FREE
}
