package io.millrace.kcl.stream;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;

/**
 * One record, as it was read. The payload is shared and never changed; {@link #data} gives a fresh
 * view each time.
 */
public final class StreamRecord {

  private final String partitionKey;
  private final String explicitHashKey;
  private final SequenceNumber sequenceNumber;
  private final long subSequenceNumber;
  private final long arrivalMillis;
  private final String encryptionType;
  private final ByteBuffer data;
  private final boolean aggregated;
  private final int storedBytes;

  /**
   * @param explicitHashKey null unless the record was aggregated with one
   * @param arrivalMillis when the stream took it, in epoch milliseconds
   * @param encryptionType {@code NONE}, {@code KMS}, or null if not said
   * @param data from position to limit; not copied, so nobody may change it
   */
  public StreamRecord(
      String partitionKey,
      String explicitHashKey,
      SequenceNumber sequenceNumber,
      long subSequenceNumber,
      long arrivalMillis,
      String encryptionType,
      ByteBuffer data) {
    this(
        partitionKey,
        explicitHashKey,
        sequenceNumber,
        subSequenceNumber,
        arrivalMillis,
        encryptionType,
        data,
        null);
  }

  private StreamRecord(
      String partitionKey,
      String explicitHashKey,
      SequenceNumber sequenceNumber,
      long subSequenceNumber,
      long arrivalMillis,
      String encryptionType,
      ByteBuffer data,
      StreamRecord aggregate) {
    this.partitionKey = Objects.requireNonNull(partitionKey);
    this.explicitHashKey = explicitHashKey;
    this.sequenceNumber = Objects.requireNonNull(sequenceNumber);
    this.subSequenceNumber = subSequenceNumber;
    this.arrivalMillis = arrivalMillis;
    this.encryptionType = encryptionType;
    this.data = data.asReadOnlyBuffer();
    this.aggregated = aggregate != null;
    this.storedBytes = aggregated ? aggregate.storedBytes : this.data.remaining();
  }

  /**
   * A user record that this record holds together with others.
   *
   * @param explicitHashKey null if it has none
   * @param subSequenceNumber its index within this record
   * @param data from position to limit; not copied, so nobody may change it
   */
  public StreamRecord userRecord(
      String partitionKey, String explicitHashKey, long subSequenceNumber, ByteBuffer data) {
    return new StreamRecord(
        partitionKey,
        explicitHashKey,
        sequenceNumber,
        subSequenceNumber,
        arrivalMillis,
        encryptionType,
        data,
        this);
  }

  public String partitionKey() {
    return partitionKey;
  }

  /** Null unless the record was aggregated with one. */
  public String explicitHashKey() {
    return explicitHashKey;
  }

  public SequenceNumber sequenceNumber() {
    return sequenceNumber;
  }

  public long subSequenceNumber() {
    return subSequenceNumber;
  }

  /** When the stream took it, in epoch milliseconds. */
  public long arrivalMillis() {
    return arrivalMillis;
  }

  /** {@code NONE}, {@code KMS}, or null if the stream did not say. */
  public String encryptionType() {
    return encryptionType;
  }

  /** A fresh read-only view of the whole payload. */
  public ByteBuffer data() {
    return data.duplicate();
  }

  /** The payload's size in bytes. */
  public int sizeBytes() {
    return data.remaining();
  }

  /** Whether the stream holds it together with others in one record. */
  public boolean aggregated() {
    return aggregated;
  }

  /**
   * The bytes that these records keep in memory: their payloads, and where a record came with
   * others in an aggregate, the whole aggregate, once.
   *
   * @param records in order
   */
  public static long storedBytes(List<StreamRecord> records) {
    long bytes = 0;
    StreamRecord previous = null;
    for (StreamRecord record : records) {
      if (previous == null
          || !record.aggregated
          || !record.sequenceNumber.equals(previous.sequenceNumber)) {
        bytes += record.storedBytes;
      }
      previous = record;
    }
    return bytes;
  }

  /** The resume point behind this record. */
  public Checkpoint position() {
    return Checkpoint.at(sequenceNumber, subSequenceNumber);
  }
}
