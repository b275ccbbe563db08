package io.millrace.kcl.engine;

import io.millrace.kcl.stream.StreamRecord;
import java.util.List;

/**
 * Records that are delivered together.
 *
 * @param records in order; may be empty
 * @param millisBehindLatest how far the last record was behind the newest when it was read, in
 *     milliseconds
 * @param fetchedMillis when the batch was read, on the monotonic clock, in milliseconds
 * @param atShardEnd whether nothing follows
 */
public record Batch(
    List<StreamRecord> records, long millisBehindLatest, long fetchedMillis, boolean atShardEnd) {

  public Batch {
    records = List.copyOf(records);
  }

  /** The bytes that the records keep in memory; an aggregate counts once, as a whole. */
  public long sizeBytes() {
    return StreamRecord.storedBytes(records);
  }
}
