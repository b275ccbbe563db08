package io.millrace.embedded;

import java.math.BigInteger;

/**
 * A shard as it is at one moment.
 *
 * @param shardId such as {@code shardId-000000000000}, not null
 * @param parentShardId the shard it was split or merged from; null if there was none
 * @param adjacentParentShardId the second parent of a merge; null if there was none
 * @param startingHashKey the first hash key it owns, not null
 * @param endingHashKey the last hash key it owns, not null
 * @param startingSequenceNumber not null
 * @param endingSequenceNumber null while the shard is open
 */
public record EmbeddedShard(
    String shardId,
    String parentShardId,
    String adjacentParentShardId,
    BigInteger startingHashKey,
    BigInteger endingHashKey,
    String startingSequenceNumber,
    String endingSequenceNumber) {

  /** Whether records can still be put into it. */
  public boolean isOpen() {
    return endingSequenceNumber == null;
  }
}
