package io.millrace.connectors.redshift;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.connectors.sink.Exclusion;
import io.millrace.connectors.sink.Positions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A range of a shard's records, as it is loaded and as the history knows it.
 *
 * @param stream the stream's name
 * @param shardId the shard
 * @param first the position of the first record: with stream and shard the range's identity
 * @param end the position of the last one
 * @param exclusions records up to there that are not loaded, by position
 * @param rows in the files of the load before it, or in the table after it
 */
record SourceRange(
    String stream,
    String shardId,
    Checkpoint first,
    Checkpoint end,
    List<Exclusion> exclusions,
    long rows) {

  SourceRange {
    Objects.requireNonNull(stream, "stream");
    Objects.requireNonNull(shardId, "shardId");
    Objects.requireNonNull(first, "first");
    Objects.requireNonNull(end, "end");
    exclusions = List.copyOf(exclusions);
    if (rows < 0) {
      throw new IllegalArgumentException("rows is negative: " + rows);
    }
  }

  /** What a row of it says in the column {@link Staged#SOURCE}. */
  String source() {
    return Staged.source(stream, shardId);
  }

  /** The first position as the history has it. */
  String firstText() {
    return Positions.sortable(first);
  }

  /** Whether it begins where the other one does, in the same shard. */
  boolean isSameAs(SourceRange other) {
    return stream.equals(other.stream)
        && shardId.equals(other.shardId)
        && first.equals(other.first);
  }

  /** The same with more records that are not loaded, by position, and fewer rows. */
  SourceRange without(List<Exclusion> dropped, long rowsLeft) {
    List<Exclusion> all = new ArrayList<>(exclusions);
    all.addAll(dropped);
    all.sort(java.util.Comparator.comparing(Exclusion::position));
    return new SourceRange(stream, shardId, first, end, all, rowsLeft);
  }

  String describe() {
    return stream + "/" + shardId + " from " + first + " to " + end;
  }
}
