package io.millrace.connectors;

import io.millrace.kcl.Record;
import java.io.IOException;

/**
 * Makes one thing of a record.
 *
 * @param <T> what a record becomes
 * @param <U> what the destination takes
 */
public interface ITransformer<T, U> extends ITransformerBase<T, U> {

  /**
   * Reads a record.
   *
   * @return null for nothing: the record is passed over
   * @throws IOException if it is malformed: it becomes a dead letter
   */
  T toClass(Record record) throws IOException;
}
