package io.millrace.connectors.redshift;

import java.io.IOException;
import java.util.List;

/** Reads files that were written before. */
@FunctionalInterface
interface FileRows {
  /**
   * Which rows the errors are about. Blocks.
   *
   * @param errors all of this file
   * @return one for each row that an error is about
   * @throws IOException if a line is not there, or is no row of ours
   */
  List<DroppedRow> find(LoadFile file, List<LoadError> errors) throws IOException;
}
