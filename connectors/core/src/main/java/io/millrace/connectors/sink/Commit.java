package io.millrace.connectors.sink;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.deadletter.DeadLetter;
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
 * @param letters dead letters of other records than this shard's: where a record stands for others,
 *     as an announcement for the records of a file, and some of those were not stored. They go
 *     where the exclusions go, before the checkpoint passes the range
 */
public record Commit(
    Checkpoint end,
    List<Exclusion> exclusions,
    boolean byThisCall,
    long bytes,
    List<DeadLetter> letters) {
  public Commit {
    Objects.requireNonNull(end, "end");
    exclusions = List.copyOf(exclusions);
    letters = List.copyOf(letters);
  }

  /** Without letters of other records: what a sink has whose items are what it stores. */
  public Commit(Checkpoint end, List<Exclusion> exclusions, boolean byThisCall, long bytes) {
    this(end, exclusions, byThisCall, bytes, List.of());
  }
}
