package io.millrace.connectors;

import java.util.Collections;
import java.util.List;
import java.util.Objects;

/**
 * What is to be stored, for reading only.
 *
 * @param <T> what the destination takes
 */
public class UnmodifiableBuffer<T> implements IBuffer<T> {

  private final IBuffer<?> buffer;
  private final List<T> records;

  public UnmodifiableBuffer(IBuffer<T> buffer) {
    this(buffer, buffer.getRecords());
  }

  /**
   * @param buffer whose limits and sequence numbers are given
   * @param records in place of its own
   */
  public UnmodifiableBuffer(IBuffer<?> buffer, List<T> records) {
    this.buffer = Objects.requireNonNull(buffer, "buffer");
    this.records = Collections.unmodifiableList(records);
  }

  @Override
  public long getBytesToBuffer() {
    return buffer.getBytesToBuffer();
  }

  @Override
  public long getNumRecordsToBuffer() {
    return buffer.getNumRecordsToBuffer();
  }

  @Override
  public long getMillisecondsToBuffer() {
    return buffer.getMillisecondsToBuffer();
  }

  /**
   * @throws UnsupportedOperationException always
   */
  @Override
  public boolean shouldFlush() {
    throw new UnsupportedOperationException("It is being stored");
  }

  /**
   * @throws UnsupportedOperationException always
   */
  @Override
  public void consumeRecord(T record, int recordBytes, String sequenceNumber) {
    throw new UnsupportedOperationException("An emitter cannot add records to what it stores");
  }

  /**
   * @throws UnsupportedOperationException always
   */
  @Override
  public void clear() {
    throw new UnsupportedOperationException("An emitter cannot clear what it stores");
  }

  @Override
  public String getFirstSequenceNumber() {
    return buffer.getFirstSequenceNumber();
  }

  @Override
  public String getLastSequenceNumber() {
    return buffer.getLastSequenceNumber();
  }

  @Override
  public List<T> getRecords() {
    return records;
  }

  @Override
  public String toString() {
    return "UnmodifiableBuffer["
        + records.size()
        + " records, "
        + getFirstSequenceNumber()
        + " to "
        + getLastSequenceNumber()
        + "]";
  }
}
