package io.millrace.connectors;

import io.millrace.kcl.Record;
import java.io.IOException;
import java.util.Collection;

/**
 * Makes several things of a record.
 *
 * @param <T> what a record becomes
 * @param <U> what the destination takes
 */
public interface ICollectionTransformer<T, U> extends ITransformerBase<T, U> {

  /**
   * Reads a record.
   *
   * @return in the order in which they are stored; empty or null for nothing
   * @throws IOException if it is malformed: it becomes a dead letter
   */
  Collection<T> toClass(Record record) throws IOException;
}
