/**
 * Leases and sessions: who processes which shard, and how a fleet agrees on it through one table.
 * {@link io.millrace.lease.LeaseStore} is the port; its operations carry every condition that the
 * protocol rests on.
 */
package io.millrace.lease;
