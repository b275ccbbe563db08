package io.millrace.checkpoint;

import java.util.Comparator;
import java.util.Objects;
import java.util.Optional;

/**
 * A resume point in a shard: everything up to and including it has been processed.
 *
 * <p>It is either a record's position (sequence number and, within a record that aggregates
 * several, sub-sequence number) or one of four sentinels. The three initial sentinels stand before
 * every record, {@link #SHARD_END} after every record. Among the initial ones there is no
 * meaningful order; they compare as equal so that none is "ahead" of another.
 */
public final class Checkpoint implements Comparable<Checkpoint> {

  /** Where reading starts, or that it has ended. */
  public enum Position {
    /** The oldest record that is still there. */
    TRIM_HORIZON,
    /**
     * The end of the shard as it was when this was resolved. Millrace reads it, and never writes
     * it.
     */
    LATEST,
    /** The first record at or after a time that the lease carries beside the checkpoint. */
    AT_TIMESTAMP,
    /** Just behind one record. */
    RECORD,
    /** Every record of the shard has been processed. */
    SHARD_END
  }

  public static final Checkpoint TRIM_HORIZON = new Checkpoint(Position.TRIM_HORIZON, null, 0);
  public static final Checkpoint LATEST = new Checkpoint(Position.LATEST, null, 0);
  public static final Checkpoint AT_TIMESTAMP = new Checkpoint(Position.AT_TIMESTAMP, null, 0);
  public static final Checkpoint SHARD_END = new Checkpoint(Position.SHARD_END, null, 0);

  private static final Comparator<Checkpoint> ORDER =
      Comparator.comparingInt(Checkpoint::rank)
          .thenComparing(c -> c.sequenceNumber, Comparator.nullsFirst(Comparator.naturalOrder()))
          .thenComparingLong(c -> c.subSequenceNumber);

  private final Position position;
  private final SequenceNumber sequenceNumber;
  private final long subSequenceNumber;

  private Checkpoint(Position position, SequenceNumber sequenceNumber, long subSequenceNumber) {
    this.position = position;
    this.sequenceNumber = sequenceNumber;
    this.subSequenceNumber = subSequenceNumber;
  }

  /**
   * The position of one record.
   *
   * @param subSequenceNumber the index within an aggregated record, 0 otherwise; not negative
   */
  public static Checkpoint at(SequenceNumber sequenceNumber, long subSequenceNumber) {
    Objects.requireNonNull(sequenceNumber, "sequence number");
    if (subSequenceNumber < 0) {
      throw new IllegalArgumentException("Negative sub-sequence number: " + subSequenceNumber);
    }
    return new Checkpoint(Position.RECORD, sequenceNumber, subSequenceNumber);
  }

  /**
   * Reads a checkpoint as a lease row holds it: the name of a sentinel or decimal digits, and a
   * sub-sequence number.
   *
   * @throws IllegalArgumentException if the text is neither
   */
  public static Checkpoint parse(String text, long subSequenceNumber) {
    Objects.requireNonNull(text, "checkpoint");
    return switch (text) {
      case "TRIM_HORIZON" -> TRIM_HORIZON;
      case "LATEST" -> LATEST;
      case "AT_TIMESTAMP" -> AT_TIMESTAMP;
      case "SHARD_END" -> SHARD_END;
      default -> {
        if (!SequenceNumber.isNumber(text)) {
          throw new IllegalArgumentException(
              "Not a checkpoint: '"
                  + text
                  + "'; expected a sequence number, TRIM_HORIZON, LATEST, AT_TIMESTAMP or SHARD_END");
        }
        yield at(SequenceNumber.of(text), subSequenceNumber);
      }
    };
  }

  public Position position() {
    return position;
  }

  /** The record's sequence number; empty for a sentinel. */
  public Optional<SequenceNumber> sequenceNumber() {
    return Optional.ofNullable(sequenceNumber);
  }

  /**
   * The record's index within an aggregate; 0 for a record that is not aggregated, and for a
   * sentinel.
   */
  public long subSequenceNumber() {
    return subSequenceNumber;
  }

  /** Whether this is the position of a record. */
  public boolean isRecord() {
    return position == Position.RECORD;
  }

  public boolean isShardEnd() {
    return position == Position.SHARD_END;
  }

  /** Whether nothing has been processed yet: one of the three initial sentinels. */
  public boolean isInitial() {
    return !isRecord() && !isShardEnd();
  }

  /** What a lease row holds in {@code checkpoint}. */
  public String text() {
    return sequenceNumber == null ? position.name() : sequenceNumber.digits();
  }

  private int rank() {
    return switch (position) {
      case TRIM_HORIZON, LATEST, AT_TIMESTAMP -> 0;
      case RECORD -> 1;
      case SHARD_END -> 2;
    };
  }

  /**
   * Order of resume points; consistent with {@code equals} except that all initial sentinels
   * compare as 0.
   */
  @Override
  public int compareTo(Checkpoint other) {
    return ORDER.compare(this, other);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Checkpoint that
        && position == that.position
        && subSequenceNumber == that.subSequenceNumber
        && Objects.equals(sequenceNumber, that.sequenceNumber);
  }

  @Override
  public int hashCode() {
    return Objects.hash(position, sequenceNumber, subSequenceNumber);
  }

  @Override
  public String toString() {
    return subSequenceNumber == 0 ? text() : text() + "/" + subSequenceNumber;
  }
}
