package io.millrace.kcl.engine;

import io.millrace.kcl.stream.StreamRecord;
import java.util.List;
import java.util.Objects;

/**
 * Records that are not delivered again.
 *
 * @param records in order, at least one
 * @param cause what the last call with them threw
 * @param attempts calls that they were part of
 */
public record GivenUp(List<StreamRecord> records, Throwable cause, int attempts) {

  public GivenUp {
    records = List.copyOf(records);
    Objects.requireNonNull(cause);
  }
}
