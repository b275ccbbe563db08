package io.millrace.connectors.pipeline;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.connectors.sink.Exclusion;
import io.millrace.connectors.sink.RangeItem;
import java.util.List;

/**
 * A part of a shard's buffer that is settled at once.
 *
 * @param taken its records, in order; empty if a prepared range is to be finished of which nothing
 *     is left in the stream
 * @param first the range's identity; null if it is passed without the sink
 * @param firstArrivalMillis of the record at {@code first}, in epoch milliseconds
 * @param end the last position of the range; null if it is passed without the sink
 * @param prepared as which range it is stored with the lease already; null if it is not
 * @param stored where a commit record covers it already: the records there that are excluded; null
 *     if none does
 * @param checkpointAt where the checkpoint goes when it is settled; null if it stays
 */
record Cut<U>(
    List<Taken<U>> taken,
    Checkpoint first,
    long firstArrivalMillis,
    Checkpoint end,
    PreparedRange prepared,
    List<Exclusion> stored,
    Checkpoint checkpointAt) {

  /** A range for the sink. */
  static <U> Cut<U> range(
      List<Taken<U>> taken,
      Checkpoint first,
      long firstArrivalMillis,
      Checkpoint end,
      PreparedRange prepared) {
    return new Cut<>(taken, first, firstArrivalMillis, end, prepared, null, last(taken));
  }

  /** Records of which nothing is to be stored. */
  static <U> Cut<U> withoutSink(List<Taken<U>> taken) {
    return new Cut<>(taken, null, 0, null, null, null, last(taken));
  }

  /** Records that a commit record covers already. */
  static <U> Cut<U> stored(List<Taken<U>> taken, List<Exclusion> exclusions) {
    return new Cut<>(taken, null, 0, null, null, exclusions, null);
  }

  /** Nothing but a checkpoint. */
  static <U> Cut<U> checkpointOnly(Checkpoint at) {
    return new Cut<>(List.of(), null, 0, null, null, null, at);
  }

  private static <U> Checkpoint last(List<Taken<U>> taken) {
    return taken.isEmpty() ? null : taken.get(taken.size() - 1).position();
  }

  /** Whether the sink has to do with it. */
  boolean isForSink() {
    return first != null;
  }

  List<RangeItem<U>> items() {
    return taken.stream().flatMap(t -> t.items().stream()).toList();
  }

  List<Exclusion> exclusions() {
    return taken.stream().filter(t -> t.exclusion() != null).map(Taken::exclusion).toList();
  }
}
