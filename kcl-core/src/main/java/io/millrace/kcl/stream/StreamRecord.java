package io.millrace.kcl.stream;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import java.nio.ByteBuffer;
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
    this.partitionKey = Objects.requireNonNull(partitionKey);
    this.explicitHashKey = explicitHashKey;
    this.sequenceNumber = Objects.requireNonNull(sequenceNumber);
    this.subSequenceNumber = subSequenceNumber;
    this.arrivalMillis = arrivalMillis;
    this.encryptionType = encryptionType;
    this.data = data.asReadOnlyBuffer();
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

  /** The resume point behind this record. */
  public Checkpoint position() {
    return Checkpoint.at(sequenceNumber, subSequenceNumber);
  }
}
