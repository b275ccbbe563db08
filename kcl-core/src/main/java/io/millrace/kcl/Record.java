package io.millrace.kcl;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.kcl.stream.StreamRecord;
import java.nio.ByteBuffer;
import java.time.Instant;

/**
 * One record of a stream, as a user of the stream put it. Immutable; may be kept and passed to
 * other threads.
 *
 * <p>Import it by its single name ({@code import io.millrace.kcl.Record;}): next to a wildcard
 * import the compiler finds {@code java.lang.Record} too.
 */
public final class Record {

  private final StreamRecord record;

  Record(StreamRecord record) {
    this.record = record;
  }

  /** A builder, for unit tests of processors; partition key and sequence number are required. */
  public static Builder builder() {
    return new Builder();
  }

  /** What decides which shard a record goes to, and whose records stay in order; not null. */
  public String getPartitionKey() {
    return record.partitionKey();
  }

  /**
   * The hash key that the producer chose in place of the partition key's hash; known only for
   * records that a producer library aggregated, null otherwise.
   */
  public String getExplicitHashKey() {
    return record.explicitHashKey();
  }

  /** The sequence number: decimal digits, unique within the shard, ascending as a number. */
  public String getSequenceNumber() {
    return record.sequenceNumber().digits();
  }

  /**
   * The index within a record that aggregates several, which share a sequence number; 0 for any
   * other.
   */
  public long getSubSequenceNumber() {
    return record.subSequenceNumber();
  }

  /** Sequence number and sub-sequence number: where the record is in its shard. */
  public Checkpoint getPosition() {
    return record.position();
  }

  /**
   * Whether a producer library put the record into the stream together with others, as one record
   * of the stream.
   */
  public boolean isAggregated() {
    return record.aggregated();
  }

  /** When the stream took the record, by the stream's clock, to about a millisecond. */
  public Instant getApproximateArrivalTimestamp() {
    return Instant.ofEpochMilli(record.arrivalMillis());
  }

  /** {@code NONE} or {@code KMS}; null if the stream did not say. */
  public String getEncryptionType() {
    return record.encryptionType();
  }

  /**
   * The payload: a fresh read-only buffer at every call, positioned at the start. Nothing is
   * copied.
   */
  public ByteBuffer getData() {
    return record.data();
  }

  /** A copy of the payload. */
  public byte[] getDataBytes() {
    byte[] bytes = new byte[record.sizeBytes()];
    record.data().get(bytes);
    return bytes;
  }

  /** Partition key, position and size; never the payload. */
  @Override
  public String toString() {
    return "Record["
        + record.partitionKey()
        + " at "
        + record.position()
        + ", "
        + record.sizeBytes()
        + " bytes]";
  }

  StreamRecord streamRecord() {
    return record;
  }

  /** See {@link Record#builder}. */
  public static final class Builder {
    private String partitionKey;
    private String explicitHashKey;
    private SequenceNumber sequenceNumber;
    private long subSequenceNumber;
    private Instant approximateArrivalTimestamp = Instant.EPOCH;
    private String encryptionType;
    private ByteBuffer data = ByteBuffer.allocate(0);

    private Builder() {}

    public Builder partitionKey(String partitionKey) {
      this.partitionKey = partitionKey;
      return this;
    }

    /** Null for none, the default. */
    public Builder explicitHashKey(String explicitHashKey) {
      this.explicitHashKey = explicitHashKey;
      return this;
    }

    /**
     * @param sequenceNumber decimal digits
     * @throws IllegalArgumentException if it is anything else
     */
    public Builder sequenceNumber(String sequenceNumber) {
      this.sequenceNumber = SequenceNumber.of(sequenceNumber);
      return this;
    }

    /** 0 by default. */
    public Builder subSequenceNumber(long subSequenceNumber) {
      if (subSequenceNumber < 0) {
        throw new IllegalArgumentException("Negative sub-sequence number: " + subSequenceNumber);
      }
      this.subSequenceNumber = subSequenceNumber;
      return this;
    }

    /** The epoch by default. */
    public Builder approximateArrivalTimestamp(Instant approximateArrivalTimestamp) {
      this.approximateArrivalTimestamp = approximateArrivalTimestamp;
      return this;
    }

    /** Null, the default, if not said. */
    public Builder encryptionType(String encryptionType) {
      this.encryptionType = encryptionType;
      return this;
    }

    /** The payload, from position to limit; copied. Empty by default. */
    public Builder data(ByteBuffer data) {
      ByteBuffer copy = ByteBuffer.allocate(data.remaining());
      copy.put(data.duplicate()).flip();
      this.data = copy;
      return this;
    }

    /** The payload; copied. Empty by default. */
    public Builder data(byte[] data) {
      return data(ByteBuffer.wrap(data));
    }

    /**
     * @throws IllegalStateException if partition key or sequence number is missing
     */
    public Record build() {
      if (partitionKey == null || sequenceNumber == null) {
        throw new IllegalStateException(
            "A record needs a partition key and a sequence number; missing: "
                + (partitionKey == null ? "partitionKey" : "sequenceNumber"));
      }
      return new Record(
          new StreamRecord(
              partitionKey,
              explicitHashKey,
              sequenceNumber,
              subSequenceNumber,
              approximateArrivalTimestamp.toEpochMilli(),
              encryptionType,
              data));
    }
  }
}
