package io.millrace.embedded;

/**
 * Where a record went.
 *
 * @param shardId not null
 * @param sequenceNumber 56 decimal digits, not null
 */
public record PutResult(String shardId, String sequenceNumber) {}
