package io.millrace.connectors.pipeline;

import io.millrace.kcl.Record;
import java.util.List;

/**
 * What a pipeline makes of a record.
 *
 * @param <U> what the sink stores
 */
@FunctionalInterface
public interface RecordTransform<U> {

  /**
   * Called on processing threads, for one shard one record after another.
   *
   * @return what to store, in order; empty if the record is filtered out; not null
   * @throws Exception if the record is malformed: it becomes a dead letter, with the exception's
   *     message
   */
  List<U> apply(Record record) throws Exception;

  /**
   * As {@link #apply(Record)}, for transforms that want to know the shard.
   *
   * @param shardId that the record is in
   */
  default List<U> apply(Record record, String shardId) throws Exception {
    return apply(record);
  }
}
