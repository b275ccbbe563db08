package io.millrace.connectors.redshift;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.connectors.message.MalformedMessageException;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Exclusion;
import io.millrace.connectors.sink.RangeItem;
import io.millrace.connectors.sink.RecordRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Makes of a range of records one of rows. */
final class StagedRange {
  private StagedRange() {}

  /** The same range with a row for each item; what has none is excluded, with all of its record. */
  static RecordRange<Message> of(RecordRange<Message> range, RowShape shape) {
    String source = Staged.source(range.stream(), range.shardId());
    Map<Checkpoint, Exclusion> excluded = new TreeMap<>();
    range.exclusions().forEach(exclusion -> excluded.put(exclusion.position(), exclusion));
    List<RangeItem<Message>> rows = new ArrayList<>();
    for (RangeItem<Message> item : range.items()) {
      try {
        rows.add(new RangeItem<>(item.record(), item.ordinal(), shape.rowOf(item, source)));
      } catch (MalformedMessageException e) {
        excluded.putIfAbsent(item.position(), new Exclusion(item.position(), e.getMessage()));
      }
    }
    rows.removeIf(row -> excluded.containsKey(row.position()));
    return new RecordRange<>(
        range.start(),
        range.name(),
        range.end(),
        rows,
        List.copyOf(excluded.values()),
        range.bytes(),
        range.writer(),
        range.attempt());
  }
}
