/**
 * The worker's engine: one loop that decides what to do, and everything it decides about. It knows
 * the store, the stream and the record processors only through ports, so that a whole fleet runs in
 * a simulator unchanged.
 */
package io.millrace.kcl.engine;
