package io.millrace.connectors.sink;

import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Stores records one by one, each in a way that makes repeating harmless, or at least once where
 * the destination has no such way.
 *
 * @param <U> what it stores
 */
public non-sealed interface RecordSink<U> extends Sink<U> {

  /**
   * Stores records. Those that are to be tried again come again, in their order, together and
   * before any later ones of the shard; a sink that keeps an order among some of them (those of one
   * key, say) must not store a later one when it asks for an earlier one to be tried again.
   *
   * @param range whose {@link RecordRange#items items} are stored; at least one
   * @return one outcome for each item, in their order. Exceptionally if the sink as a whole is in
   *     trouble: all of them come again, and that counts as nobody's attempt
   */
  CompletionStage<List<Outcome>> deliver(RecordRange<U> range);

  /**
   * Items that were asked to be tried again have used up their attempts or their time, and their
   * records become dead letters. Must not block.
   */
  default void gaveUp(List<RangeItem<U>> items) {}
}
