/**
 * Streams, shards and their numbers. Nothing here reads a clock, does I/O or starts a thread: time
 * is always an argument, in milliseconds since 1970.
 */
package io.millrace.embedded.model;
