/**
 * The fleet in a simulator: real workers on virtual time, a simulated table, stream and network,
 * faults, and invariants that are checked after every event.
 */
package io.millrace.simulation;
