package io.millrace.lease;

/**
 * A lease as its owner holds it; what every write of the owner is conditional on.
 *
 * @param token the fencing token: the lease's counter when it was claimed or received
 */
public record HeldLease(LeaseKey key, SessionId owner, long token) {}
