package io.millrace.connectors.sink;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.Record;
import java.util.Objects;

/**
 * One thing to store.
 *
 * @param record that it was made of
 * @param ordinal its index among those made of the same record, from 0
 * @param value what the pipeline made; not null
 * @param <U> its type
 */
public record RangeItem<U>(Record record, int ordinal, U value) {
  public RangeItem {
    Objects.requireNonNull(record, "record");
    Objects.requireNonNull(value, "value");
    if (ordinal < 0) {
      throw new IllegalArgumentException("Negative ordinal: " + ordinal);
    }
  }

  /** The record's position; items of one record share it. */
  public Checkpoint position() {
    return record.getPosition();
  }
}
