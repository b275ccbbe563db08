/**
 * Positions in a shard: sequence numbers, checkpoints, and what may be checkpointed next. Nothing
 * here does I/O, reads a clock or starts a thread.
 */
package io.millrace.checkpoint;
