package io.millrace.it.kcl;

import java.math.BigInteger;

/**
 * A record as a library gave it to a processor.
 *
 * @param atMillis when, by the clock of this machine, which all processes share
 */
record Given(long atMillis, String shard, Position position, String text) {

  /** A place in a shard. */
  record Position(BigInteger sequence, long sub) implements Comparable<Position> {

    static Position of(String sequence, long sub) {
      return new Position(new BigInteger(sequence), sub);
    }

    @Override
    public int compareTo(Position other) {
      int bySequence = sequence.compareTo(other.sequence);
      return bySequence != 0 ? bySequence : Long.compare(sub, other.sub);
    }
  }
}
