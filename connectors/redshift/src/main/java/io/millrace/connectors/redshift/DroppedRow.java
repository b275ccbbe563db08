package io.millrace.connectors.redshift;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.connectors.sink.Positions;

/**
 * A row of a file that COPY has left out.
 *
 * @param source {@link Staged#SOURCE}
 * @param position {@link Staged#POSITION}
 * @param reason what the load-error view says, on one line
 */
record DroppedRow(String source, String position, String reason) {

  /** The record's position as text, without the ordinal of what was made of it. */
  String recordText() {
    return position.substring(0, position.lastIndexOf('.'));
  }

  /** The record. */
  Checkpoint record() {
    return Positions.parse(recordText());
  }
}
