package io.millrace.connectors.deadletter;

import io.millrace.kcl.deadletter.DeadLetter;

/**
 * What tells a dead letter from every other: a letter that is stored twice has one identity.
 *
 * @param sequenceNumber decimal digits
 * @param subSequenceNumber the index within an aggregated record, 0 for any other
 */
public record LetterId(
    String stream, String shardId, String sequenceNumber, long subSequenceNumber) {

  public static LetterId of(DeadLetter letter) {
    return new LetterId(
        letter.stream(), letter.shardId(), letter.sequenceNumber(), letter.subSequenceNumber());
  }
}
