package io.millrace.kcl.engine;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.lease.LeaseKey;

/**
 * What one consumer is doing.
 *
 * @param inCallMillis for how long the record processor's current call has been running, 0 if none
 *     is
 */
public record ShardStatus(
    LeaseKey shard, long token, ConsumerPhase phase, Checkpoint checkpoint, long inCallMillis) {}
