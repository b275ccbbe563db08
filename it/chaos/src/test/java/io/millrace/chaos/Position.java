package io.millrace.chaos;

import java.util.Comparator;

/**
 * A place in a shard: before its first record, at a record, or at its end. Written down and
 * compared here on purpose, not by the classes of the framework: they are what is under test.
 *
 * @param rank 0 before the first record, 1 at a record, 2 at the end
 * @param sequence decimal digits; empty unless at a record
 * @param subSequence 0 unless records are aggregated
 */
record Position(int rank, String sequence, long subSequence) implements Comparable<Position> {

  static final Position START = new Position(0, "", 0);
  static final Position END = new Position(2, "", 0);

  private static final Comparator<Position> ORDER =
      Comparator.comparingInt(Position::rank)
          .thenComparing(Position::sequence, Position::compareNumbers)
          .thenComparingLong(Position::subSequence);

  static Position at(String sequence) {
    return new Position(1, sequence, 0);
  }

  /**
   * @param text a sentinel of a lease row, or digits, or digits/sub-sequence
   * @throws IllegalArgumentException if it is none of them
   */
  static Position parse(String text) {
    return switch (text) {
      case "TRIM_HORIZON", "AT_TIMESTAMP", "LATEST" -> START;
      case "SHARD_END" -> END;
      default -> {
        if (!text.matches("[0-9]+(/[0-9]+)?")) {
          throw new IllegalArgumentException("'" + text + "' is no position in a shard");
        }
        int slash = text.indexOf('/');
        yield slash < 0
            ? at(text)
            : new Position(1, text.substring(0, slash), Long.parseLong(text.substring(slash + 1)));
      }
    };
  }

  /** Decimal numbers without leading zeros. */
  static int compareNumbers(String a, String b) {
    return a.length() == b.length() ? a.compareTo(b) : Integer.compare(a.length(), b.length());
  }

  String text() {
    return switch (rank) {
      case 0 -> "TRIM_HORIZON";
      case 2 -> "SHARD_END";
      default -> subSequence == 0 ? sequence : sequence + "/" + subSequence;
    };
  }

  @Override
  public int compareTo(Position other) {
    return ORDER.compare(this, other);
  }
}
