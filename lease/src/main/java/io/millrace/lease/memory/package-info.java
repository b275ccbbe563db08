/** A lease store in memory: for tests, simulations, and a single process that needs no table. */
package io.millrace.lease.memory;
