package io.millrace.connectors.sink;

import io.millrace.checkpoint.Checkpoint;
import java.util.List;
import java.util.Objects;

/**
 * What a range's commit record says.
 *
 * @param end the last position that it covers
 * @param exclusions the records up to there that are not stored, by position; among them the
 *     range's own
 * @param byThisCall false if the record was there already, whoever wrote it: its end and exclusions
 *     need not be those of the range then
 * @param bytes that this call stored; 0 if nothing
 */
public record Commit(Checkpoint end, List<Exclusion> exclusions, boolean byThisCall, long bytes) {
  public Commit {
    Objects.requireNonNull(end, "end");
    exclusions = List.copyOf(exclusions);
  }
}
