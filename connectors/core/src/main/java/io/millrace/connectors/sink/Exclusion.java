package io.millrace.connectors.sink;

import io.millrace.checkpoint.Checkpoint;
import java.util.Objects;

/**
 * A record that is not stored, with everything that was made of it, and becomes a dead letter.
 *
 * @param position the record
 * @param reason why, in words, at most a line; not null
 */
public record Exclusion(Checkpoint position, String reason) {
  public Exclusion {
    Objects.requireNonNull(position, "position");
    Objects.requireNonNull(reason, "reason");
  }
}
