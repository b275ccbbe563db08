package io.millrace.connectors;

import java.util.List;

/**
 * Says when what was collected of a shard is stored. The three limits are kept whatever {@link
 * #shouldFlush} says, also in the middle of a batch and while no records come; with {@code
 * shouldFlush} a buffer asks for more than that. What is stored is kept by the pipeline: a buffer
 * may count and look, and cannot change it.
 *
 * @param <T> what a record has become
 */
public interface IBuffer<T> {

  /** The limit in bytes of the records' payloads. */
  long getBytesToBuffer();

  /** The limit in records, 1 to 20,000. */
  long getNumRecordsToBuffer();

  /** The limit in milliseconds since the first record. */
  long getMillisecondsToBuffer();

  /** Whether what was collected should be stored now. */
  boolean shouldFlush();

  /**
   * A record is collected.
   *
   * @param recordBytes of its payload
   */
  void consumeRecord(T record, int recordBytes, String sequenceNumber);

  /** What was collected is being stored. */
  void clear();

  /** Null if nothing is collected. */
  String getFirstSequenceNumber();

  /** Null if nothing is collected. */
  String getLastSequenceNumber();

  /** What is collected. */
  List<T> getRecords();
}
