package io.millrace.connectors;

/**
 * Says what is stored.
 *
 * @param <T> what a record has become
 */
public interface IFilter<T> {

  /** Whether it is stored; what is not, the checkpoint passes all the same. */
  boolean keepRecord(T record);
}
