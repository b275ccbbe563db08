package io.millrace.connectors.pipeline;

import io.millrace.connectors.sink.Exclusion;
import io.millrace.connectors.sink.RangeItem;
import io.millrace.kcl.Record;
import java.util.ArrayList;
import java.util.List;

/** What becomes of a shard's records before they are buffered. Calls the user's code. */
final class Intake<U> {

  /**
   * Besides a payload: the record, its keys and numbers, its item. What {@code bench/run outage}
   * measured on a 64-bit JVM, for sequence numbers of today's length.
   */
  private static final long RECORD_OVERHEAD_BYTES = 640;

  private static final long FILTERED_RECORD_BYTES = 64;

  private static final int MAX_REASON_CHARACTERS = 500;

  private final PipelineSettings<U> settings;
  private final ShardParts<U> parts;

  Intake(PipelineSettings<U> settings, ShardParts<U> parts) {
    this.settings = settings;
    this.parts = parts;
  }

  /**
   * Transforms and filters. A record that cannot be transformed is excluded.
   *
   * @throws IllegalStateException if it would have to be excluded, and there is neither a
   *     destination for dead letters nor the permission to skip it
   */
  Taken<U> taken(Record record, String shardId) {
    List<RangeItem<U>> items = new ArrayList<>();
    Exclusion exclusion = null;
    long bytes = 0;
    try {
      for (U value : parts.transform().apply(record, shardId)) {
        items.add(new RangeItem<>(record, items.size(), value));
        bytes += settings.weigher().applyAsLong(value);
      }
    } catch (Exception e) {
      if (settings.badRecords().destination() == null && !settings.badRecords().skip()) {
        throw new IllegalStateException(
            "Shard "
                + shardId
                + ": "
                + record
                + " could not be transformed, and there is no destination for dead letters: give one, or say that"
                + " bad records are to be skipped. Until then the shard waits before this record. "
                + reason(e),
            e);
      }
      items.clear();
      exclusion = new Exclusion(record.getPosition(), reason(e));
      bytes = 0;
    }
    boolean matters = !items.isEmpty() || exclusion != null;
    return new Taken<>(
        record.getPosition(),
        record.getApproximateArrivalTimestamp().toEpochMilli(),
        matters ? record : null,
        List.copyOf(items),
        exclusion,
        matters
            ? record.getData().remaining() + bytes + RECORD_OVERHEAD_BYTES
            : FILTERED_RECORD_BYTES,
        settings.tools().clock().monotonicMillis());
  }

  /** Whether the user's trigger wants everything up to this record stored. */
  boolean isTriggered(Taken<U> taken) {
    boolean triggered = false;
    if (parts.trigger() != null) {
      for (RangeItem<U> item : taken.items()) {
        triggered |= parts.trigger().taken(item.value(), item.record());
      }
    }
    return triggered;
  }

  /** The first line of what an error says, cut. */
  static String reason(Throwable e) {
    String message = e.getMessage() == null ? e.toString() : e.getMessage();
    String line = message.lines().findFirst().orElse(message);
    return line.length() <= MAX_REASON_CHARACTERS
        ? line
        : line.substring(0, MAX_REASON_CHARACTERS) + "…";
  }
}
