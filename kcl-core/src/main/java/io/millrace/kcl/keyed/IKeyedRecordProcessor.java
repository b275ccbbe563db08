package io.millrace.kcl.keyed;

import io.millrace.kcl.InitializationInput;
import io.millrace.kcl.Record;
import io.millrace.kcl.ShutdownReason;

/**
 * Processes the records of one shard, several keys at a time. There is one for each shard.
 *
 * <pre>{@code
 * class Indexer implements IKeyedRecordProcessor {
 *   public void processRecord(Record record) throws Exception {
 *     index.put(record.getPartitionKey(), record.getDataBytes());
 *   }
 * }
 * }</pre>
 */
@FunctionalInterface
public interface IKeyedRecordProcessor {

  /** Called once before the first record; an exception is handled as for any record processor. */
  default void initialize(InitializationInput input) throws Exception {}

  /**
   * Processes one record. Called by several threads at a time, for records of different keys; the
   * records of one key come one after another, in the order of the shard, and what one call wrote
   * the next one of that key sees. May block. When it returns, the record is done: the checkpoint
   * may pass it.
   *
   * @throws Exception anything, errors included: what happens then is up to the {@link
   *     RecordFailureHandler}; until it has, later records of the same key wait
   */
  void processRecord(Record record) throws Exception;

  /**
   * The last call; no record is being processed any more. With {@link ShutdownReason#REQUESTED} and
   * {@link ShutdownReason#TERMINATE} the checkpoint is written after it, unless it throws; with
   * {@link ShutdownReason#ZOMBIE} there is none.
   */
  default void shutdown(ShutdownReason reason) throws Exception {}

  /** As {@link io.millrace.kcl.IRecordProcessor#leaseEnding}: beside other calls, on any thread. */
  default void leaseEnding() {}
}
