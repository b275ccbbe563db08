package io.millrace.kcl.stream;

/** Which shards to list. */
public sealed interface ShardListFilter {

  /** Every shard that the stream still knows. */
  record All() implements ShardListFilter {}

  /** Those that hold the oldest records. */
  record AtTrimHorizon() implements ShardListFilter {}

  /**
   * Those that were open at a time.
   *
   * @param epochMillis epoch milliseconds
   */
  record AtTimestamp(long epochMillis) implements ShardListFilter {}
}
