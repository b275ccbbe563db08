package io.millrace.connectors;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Collects records up to limits of count, bytes and time.
 *
 * @param <T> what a record has become
 */
public class BasicMemoryBuffer<T> implements IBuffer<T> {

  private final long bytesToBuffer;
  private final long numRecordsToBuffer;
  private final long millisecondsToBuffer;
  private final List<T> records;
  private long bytes;
  private String firstSequenceNumber;
  private String lastSequenceNumber;

  public BasicMemoryBuffer(KinesisConnectorConfiguration configuration) {
    this(configuration, new ArrayList<>());
  }

  /**
   * @param records what is collected already; not copied
   */
  public BasicMemoryBuffer(KinesisConnectorConfiguration configuration, List<T> records) {
    this(
        configuration.BUFFER_BYTE_SIZE_LIMIT,
        configuration.BUFFER_RECORD_COUNT_LIMIT,
        configuration.BUFFER_MILLISECONDS_LIMIT,
        records);
  }

  BasicMemoryBuffer(
      long bytesToBuffer, long numRecordsToBuffer, long millisecondsToBuffer, List<T> records) {
    this.bytesToBuffer = bytesToBuffer;
    this.numRecordsToBuffer = numRecordsToBuffer;
    this.millisecondsToBuffer = millisecondsToBuffer;
    this.records = records;
  }

  @Override
  public long getBytesToBuffer() {
    return bytesToBuffer;
  }

  @Override
  public long getNumRecordsToBuffer() {
    return numRecordsToBuffer;
  }

  @Override
  public long getMillisecondsToBuffer() {
    return millisecondsToBuffer;
  }

  /** True at the limits of count and bytes; the pipeline watches the time by itself. */
  @Override
  public boolean shouldFlush() {
    return !records.isEmpty() && (records.size() >= numRecordsToBuffer || bytes >= bytesToBuffer);
  }

  @Override
  public void consumeRecord(T record, int recordBytes, String sequenceNumber) {
    if (records.isEmpty()) {
      firstSequenceNumber = sequenceNumber;
    }
    lastSequenceNumber = sequenceNumber;
    records.add(record);
    bytes += recordBytes;
  }

  @Override
  public void clear() {
    records.clear();
    bytes = 0;
    firstSequenceNumber = null;
    lastSequenceNumber = null;
  }

  @Override
  public String getFirstSequenceNumber() {
    return firstSequenceNumber;
  }

  @Override
  public String getLastSequenceNumber() {
    return lastSequenceNumber;
  }

  @Override
  public List<T> getRecords() {
    return Collections.unmodifiableList(records);
  }
}
