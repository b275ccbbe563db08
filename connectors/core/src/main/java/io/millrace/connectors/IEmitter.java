package io.millrace.connectors;

import java.io.IOException;
import java.util.List;

/**
 * Stores what was collected of a shard, at least once: after a crash, or when a shard changes
 * hands, what was stored behind the checkpoint comes again. Calls may block; they do not overlap. A
 * sink that stores effectively once implements {@link io.millrace.connectors.sink.RangeSink} or
 * {@link io.millrace.connectors.sink.RecordSink} instead.
 *
 * @param <T> what the destination takes
 */
public interface IEmitter<T> {

  /**
   * Stores records.
   *
   * @return those that were not stored and are to be tried again, out of the buffer's; empty or
   *     null for none
   * @throws IOException if the destination is out of reach: all of them come again, and none is
   *     given up
   */
  List<T> emit(UnmodifiableBuffer<T> buffer) throws IOException;

  /**
   * Records have used up their attempts. They become dead letters whatever this does.
   *
   * @param records in their order
   */
  void fail(List<T> records);

  /** The shard has ended or gone: nothing more will come. */
  void shutdown();
}
