package io.millrace.connectors.pipeline;

/**
 * When a shard's buffer is stored: as soon as one limit is reached. No range is larger, but one of
 * a single record that is larger by itself.
 *
 * @param items so many things to store
 * @param bytes so many bytes
 * @param ageMillis so long after the first of them was taken in; {@link Long#MAX_VALUE} for never
 * @param idleCheckpointMillis so long after records were passed over without anything to store, the
 *     checkpoint follows them
 */
record BufferLimits(int items, long bytes, long ageMillis, long idleCheckpointMillis) {

  BufferLimits {
    if (items < 1
        || items > ShardBuffer.MAX_RECORDS
        || bytes < 1
        || ageMillis < 1
        || idleCheckpointMillis < 0) {
      throw new IllegalArgumentException(
          "items are 1 to 20,000, bytes and age at least 1, and the time between idle checkpoints is not negative: "
              + items
              + ", "
              + bytes
              + ", "
              + ageMillis
              + ", "
              + idleCheckpointMillis);
    }
  }
}
