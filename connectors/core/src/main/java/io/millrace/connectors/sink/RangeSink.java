package io.millrace.connectors.sink;

import java.util.concurrent.CompletionStage;

/**
 * Stores a range of a shard's records at once, exactly once: the last thing it writes is one commit
 * record, named by shard and the range's first position and created only if absent. Whoever finds
 * one there already, because another worker or an earlier attempt was faster, adopts what it says.
 *
 * @param <U> what it stores
 */
public non-sealed interface RangeSink<U> extends Sink<U> {

  /**
   * Whatever goes into names and could come out differently when it is worked out again: by a
   * successor, after a restart with another configuration, after the stream has trimmed the range's
   * first records. Asked once a range, before anything of it is written; stored with the prepared
   * checkpoint, and given back with the range, maybe to another worker.
   *
   * @param start what is known of the range
   * @return at most 1,024 characters; not null
   */
  String nameFor(RangeStart start);

  /**
   * Writes the range and its commit record. Every range that arrives here gets a commit record,
   * also one that has nothing to write.
   *
   * @return completes when a commit record is there: this call's or another one's. Exceptionally if
   *     that is not known: the same range is then committed again, with the next attempt's number,
   *     until it is known, maybe by another worker. An exception is about the sink, not about a
   *     record: records that cannot be stored are excluded, in the commit record. A {@link
   *     SinkException} says whether trying again soon can help, and what to do
   */
  CompletionStage<Commit> commit(RecordRange<U> range);
}
