package io.millrace.kcl.stream;

import io.millrace.lease.LeaseKey;
import java.util.List;

/**
 * What one read of a shard gave.
 *
 * @param records in order
 * @param nextIterator where to read on; null at the end of a closed shard
 * @param childShards the shards that follow, at the end of a closed shard and where the server says
 *     so; else empty
 * @param millisBehindLatest how far the last record is behind the newest, in milliseconds; 0 at the
 *     tip
 */
public record ReadResult(
    List<StreamRecord> records,
    String nextIterator,
    List<LeaseKey> childShards,
    long millisBehindLatest) {

  public ReadResult {
    records = List.copyOf(records);
    childShards = List.copyOf(childShards);
  }

  /** The payloads' size in bytes. */
  public long sizeBytes() {
    return StreamRecord.storedBytes(records);
  }
}
