package io.millrace.connectors;

import java.io.IOException;

/**
 * What {@link ITransformer} and {@link ICollectionTransformer} have in common; implement one of
 * them.
 *
 * @param <T> what a record becomes
 * @param <U> what the destination takes
 */
public interface ITransformerBase<T, U> {

  /**
   * Makes what the destination takes.
   *
   * @throws IOException if that cannot be: the record becomes a dead letter
   */
  U fromClass(T record) throws IOException;
}
