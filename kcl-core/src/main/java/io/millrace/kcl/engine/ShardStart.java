package io.millrace.kcl.engine;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.PendingCheckpoint;

/**
 * What a processor is told when it starts.
 *
 * @param checkpoint the resume point
 * @param pending what a predecessor prepared and did not commit; null if nothing
 * @param control holds deliveries up
 */
public record ShardStart(
    LeaseKey shard, Checkpoint checkpoint, PendingCheckpoint pending, ShardControl control) {}
