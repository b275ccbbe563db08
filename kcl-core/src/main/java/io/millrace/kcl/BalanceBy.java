package io.millrace.kcl;

/** What a fleet evens out between its workers. */
public enum BalanceBy {
  /** The number of leases. */
  LEASES,
  /** The number of leases, roughly, and within that records a second. */
  RECORDS,
  /** The number of leases, roughly, and within that bytes a second. */
  BYTES
}
