package io.millrace.embedded.model;

/**
 * Which shards a caller asks for.
 *
 * @param shardId of {@code AFTER_SHARD_ID}, else null
 * @param timestampMillis of the two types with a timestamp, else 0
 */
public record ShardFilter(Type type, String shardId, long timestampMillis) {
  /** The types that ListShards knows. */
  public enum Type {
    AFTER_SHARD_ID,
    AT_TRIM_HORIZON,
    FROM_TRIM_HORIZON,
    AT_LATEST,
    AT_TIMESTAMP,
    FROM_TIMESTAMP
  }

  /** Every shard that retention has not removed. */
  public static final ShardFilter ALL = new ShardFilter(Type.FROM_TRIM_HORIZON, null, 0);

  /** Whether the shard passes, for a stream whose trim horizon is at that time. */
  boolean accepts(Shard shard, long horizonMillis) {
    return switch (type) {
      case AFTER_SHARD_ID -> shard.id().compareTo(shardId) > 0;
      case AT_TRIM_HORIZON -> shard.wasOpenAt(horizonMillis);
      case FROM_TRIM_HORIZON -> true;
      case AT_LATEST -> shard.isOpen();
      case AT_TIMESTAMP -> shard.wasOpenAt(Math.max(timestampMillis, horizonMillis));
      case FROM_TIMESTAMP -> shard.closedAtMillis() >= Math.max(timestampMillis, horizonMillis);
    };
  }
}
