/**
 * Who takes which lease. {@link io.millrace.lease.plan.LeasePlanner} is pure: it gets a snapshot
 * and the time, and returns what this worker should do; the worker loop does it.
 */
package io.millrace.lease.plan;
