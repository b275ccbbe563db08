package io.millrace.connectors.sink;

import io.millrace.checkpoint.Checkpoint;
import java.time.Instant;
import java.util.Objects;

/**
 * What names of a range may be made of.
 *
 * @param stream the stream's name
 * @param shardId the shard
 * @param first the position of the range's first record, filtered out or not
 * @param firstArrival when the stream took that record
 * @param preparedAt this machine's clock when the range was closed
 */
public record RangeStart(
    String stream, String shardId, Checkpoint first, Instant firstArrival, Instant preparedAt) {
  public RangeStart {
    Objects.requireNonNull(stream, "stream");
    Objects.requireNonNull(shardId, "shardId");
    Objects.requireNonNull(first, "first");
    Objects.requireNonNull(firstArrival, "firstArrival");
    Objects.requireNonNull(preparedAt, "preparedAt");
  }
}
