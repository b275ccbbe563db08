package io.millrace.connectors;

/**
 * Everything is stored.
 *
 * @param <T> what a record has become
 */
public class AllPassFilter<T> implements IFilter<T> {

  @Override
  public boolean keepRecord(T record) {
    return true;
  }
}
