package io.millrace.kcl.deadletter;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.kcl.stream.StreamRecord;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Objects;

/**
 * A record that could not be processed, and why. Immutable; may be kept and passed to other
 * threads.
 *
 * <p>Sequence number and sub-sequence number tell one record of a shard from every other. A letter
 * may be stored twice (after a crash, say), so whoever reads letters goes by them.
 */
public final class DeadLetter {

  /** The most characters of an error's message that are kept. */
  public static final int MAX_MESSAGE_CHARACTERS = 2_000;

  /** The most characters of an error's stack trace that are kept. */
  public static final int MAX_STACK_TRACE_CHARACTERS = 16_000;

  private final String stream;
  private final String shardId;
  private final StreamRecord record;
  private final String errorClass;
  private final String errorMessage;
  private final String stackTrace;
  private final int attempts;
  private final Instant failedAt;

  private DeadLetter(Builder builder) {
    this.stream = required(builder.stream, "stream");
    this.shardId = required(builder.shardId, "shardId");
    this.record =
        new StreamRecord(
            required(builder.partitionKey, "partitionKey"),
            builder.explicitHashKey,
            required(builder.sequenceNumber, "sequenceNumber"),
            builder.subSequenceNumber,
            required(builder.arrival, "approximateArrival").toEpochMilli(),
            null,
            required(builder.payload, "payload"));
    this.errorClass = builder.errorClass;
    this.errorMessage = shortened(builder.errorMessage, MAX_MESSAGE_CHARACTERS);
    this.stackTrace = shortened(builder.stackTrace, MAX_STACK_TRACE_CHARACTERS);
    this.attempts = builder.attempts;
    this.failedAt = required(builder.failedAt, "failedAt");
  }

  public static Builder builder() {
    return new Builder();
  }

  /** The stream's name; not null. */
  public String stream() {
    return stream;
  }

  /** Not null. */
  public String shardId() {
    return shardId;
  }

  /** Not null. */
  public String partitionKey() {
    return record.partitionKey();
  }

  /** Null if not known; it is known for aggregated records only. */
  public String explicitHashKey() {
    return record.explicitHashKey();
  }

  /** Decimal digits; not null. */
  public String sequenceNumber() {
    return record.sequenceNumber().digits();
  }

  /** The index within an aggregated record, 0 for any other. */
  public long subSequenceNumber() {
    return record.subSequenceNumber();
  }

  /** Sequence number and sub-sequence number. */
  public Checkpoint position() {
    return record.position();
  }

  /** When the stream took the record, to a millisecond; not null. */
  public Instant approximateArrival() {
    return Instant.ofEpochMilli(record.arrivalMillis());
  }

  /** The payload: a fresh read-only buffer at every call, positioned at the start. */
  public ByteBuffer payload() {
    return record.data();
  }

  /** The class of the last error; null if there was none. */
  public String errorClass() {
    return errorClass;
  }

  /** Its message, at most {@value #MAX_MESSAGE_CHARACTERS} characters; may be null. */
  public String errorMessage() {
    return errorMessage;
  }

  /** Its stack trace, at most {@value #MAX_STACK_TRACE_CHARACTERS} characters; may be null. */
  public String stackTrace() {
    return stackTrace;
  }

  /** How often processing was tried. */
  public int attempts() {
    return attempts;
  }

  /** When it was given up; not null. */
  public Instant failedAt() {
    return failedAt;
  }

  /** Where it comes from and what went wrong; never the payload. */
  @Override
  public String toString() {
    return "DeadLetter["
        + stream
        + " "
        + shardId
        + " at "
        + position()
        + ", "
        + attempts
        + " attempts, "
        + errorClass
        + "]";
  }

  private static <T> T required(T value, String name) {
    return Objects.requireNonNull(value, () -> "A dead letter needs " + name);
  }

  private static String shortened(String text, int most) {
    return text == null || text.length() <= most ? text : text.substring(0, most - 1) + "…";
  }

  /** See {@link DeadLetter#builder}. Everything is required but explicit hash key and error. */
  public static final class Builder {
    private String stream;
    private String shardId;
    private String partitionKey;
    private String explicitHashKey;
    private SequenceNumber sequenceNumber;
    private long subSequenceNumber;
    private Instant arrival;
    private ByteBuffer payload;
    private String errorClass;
    private String errorMessage;
    private String stackTrace;
    private int attempts = 1;
    private Instant failedAt;

    private Builder() {}

    /** The stream's name. */
    public Builder stream(String stream) {
      this.stream = stream;
      return this;
    }

    public Builder shardId(String shardId) {
      this.shardId = shardId;
      return this;
    }

    /** Keys, position, arrival and payload. */
    public Builder record(StreamRecord record) {
      partitionKey = record.partitionKey();
      explicitHashKey = record.explicitHashKey();
      sequenceNumber = record.sequenceNumber();
      subSequenceNumber = record.subSequenceNumber();
      arrival = Instant.ofEpochMilli(record.arrivalMillis());
      payload = record.data();
      return this;
    }

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
     * @param digits the sequence number
     * @param subSequenceNumber 0 unless the record was aggregated
     * @throws IllegalArgumentException if it is not a number
     */
    public Builder position(String digits, long subSequenceNumber) {
      this.sequenceNumber = SequenceNumber.of(digits);
      this.subSequenceNumber = subSequenceNumber;
      return this;
    }

    public Builder approximateArrival(Instant arrival) {
      this.arrival = arrival;
      return this;
    }

    /** From position to limit; not copied, so nobody may change it. */
    public Builder payload(ByteBuffer payload) {
      this.payload = payload;
      return this;
    }

    /** What processing threw last; null if nothing was. */
    public Builder error(Throwable error) {
      if (error == null) {
        return error(null, null, null);
      }
      StringWriter trace = new StringWriter();
      error.printStackTrace(new PrintWriter(trace));
      return error(error.getClass().getName(), error.getMessage(), trace.toString());
    }

    /** The same as texts; each may be null. */
    public Builder error(String errorClass, String message, String stackTrace) {
      this.errorClass = errorClass;
      this.errorMessage = message;
      this.stackTrace = stackTrace;
      return this;
    }

    /**
     * How often processing was tried; 1 by default.
     *
     * @throws IllegalArgumentException if negative
     */
    public Builder attempts(int attempts) {
      if (attempts < 0) {
        throw new IllegalArgumentException("Negative number of attempts: " + attempts);
      }
      this.attempts = attempts;
      return this;
    }

    /** When it was given up. */
    public Builder failedAt(Instant failedAt) {
      this.failedAt = failedAt;
      return this;
    }

    /**
     * @throws NullPointerException if something is missing, with its name
     */
    public DeadLetter build() {
      return new DeadLetter(this);
    }
  }
}
