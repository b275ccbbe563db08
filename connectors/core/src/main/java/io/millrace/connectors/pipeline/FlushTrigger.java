package io.millrace.connectors.pipeline;

import io.millrace.kcl.Record;

/**
 * Asks for a shard's buffer to be stored before its limits say so. One for each shard.
 *
 * @param <U> what the sink stores
 */
public interface FlushTrigger<U> {

  /**
   * Something was taken into the buffer.
   *
   * @return whether what is there is to be stored now
   */
  boolean taken(U value, Record record);

  /** It was taken out of the buffer, to be stored. */
  void flushed();
}
