package io.millrace.connectors.pipeline;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.connectors.sink.Exclusion;
import io.millrace.connectors.sink.RangeItem;
import io.millrace.kcl.Record;
import java.util.List;

/**
 * A record that was taken in, and what the pipeline made of it.
 *
 * @param position where it is in its shard
 * @param arrivalMillis when the stream took it, in epoch milliseconds
 * @param record null if nothing is to be stored of it, and it is no dead letter either
 * @param items to store; empty if it was filtered out
 * @param exclusion why it is a dead letter; null if it is none
 * @param bytes that it takes up in memory
 * @param takenAtMillis when, on the monotonic clock
 */
record Taken<U>(
    Checkpoint position,
    long arrivalMillis,
    Record record,
    List<RangeItem<U>> items,
    Exclusion exclusion,
    long bytes,
    long takenAtMillis) {

  /** Whether the sink has to know of it. */
  boolean matters() {
    return !items.isEmpty() || exclusion != null;
  }
}
