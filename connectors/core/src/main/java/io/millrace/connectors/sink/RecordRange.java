package io.millrace.connectors.sink;

import io.millrace.checkpoint.Checkpoint;
import java.util.List;
import java.util.Objects;

/**
 * Records of one shard, from where the range before ended, in the order of the shard.
 *
 * @param start what its names are made of
 * @param name what {@link RangeSink#nameFor} said, maybe on another worker; empty for a {@link
 *     RecordSink}
 * @param end the position of the last record, filtered out or not
 * @param items what is to be stored; empty if everything was filtered out
 * @param exclusions records of the range that could not be transformed, by position
 * @param bytes of the payloads of the records that the items were made of
 * @param writer tells this worker's hold on the shard from every other one's, also from its own
 *     earlier ones: 16 hexadecimal digits, for the names of what must never be overwritten
 * @param attempt from 1, for each call with this range
 * @param <U> what is stored
 */
public record RecordRange<U>(
    RangeStart start,
    String name,
    Checkpoint end,
    List<RangeItem<U>> items,
    List<Exclusion> exclusions,
    long bytes,
    String writer,
    int attempt) {
  public RecordRange {
    Objects.requireNonNull(start, "start");
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(end, "end");
    items = List.copyOf(items);
    exclusions = List.copyOf(exclusions);
    Objects.requireNonNull(writer, "writer");
  }

  public String stream() {
    return start.stream();
  }

  public String shardId() {
    return start.shardId();
  }

  /** The position of the first record, filtered out or not: the range's identity in its shard. */
  public Checkpoint first() {
    return start.first();
  }

  /** The range's identity and extent, for messages. */
  public String describe() {
    return shardId() + " from " + first() + " to " + end + ", attempt " + attempt;
  }
}
