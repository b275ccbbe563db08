package io.millrace.kcl.keyed;

import io.millrace.kcl.Record;

/**
 * A record whose processing threw.
 *
 * @param shardId its shard
 * @param error what was thrown last
 * @param attempts how often it was tried, from 1
 */
public record RecordFailure(String shardId, Record record, Throwable error, int attempts) {}
