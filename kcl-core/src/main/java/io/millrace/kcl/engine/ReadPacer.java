package io.millrace.kcl.engine;

/**
 * When a shard is read next. Kinesis allows five reads and 2 MB a second per shard, shared by all
 * that read it; we stay just below, read right away while behind, and slow down to one read per
 * {@code idleReadMillis} on a shard that has been empty for ten seconds.
 */
final class ReadPacer {

  /** Five are allowed; another consumer's odd call fits in between. */
  private static final double READS_PER_SECOND = 4.8;

  private static final double BYTES_PER_SECOND = 2_000_000;

  /** Between reads at the tip while records flow. */
  private static final long FLOWING_MILLIS = 210;

  private static final long IDLE_AFTER_MILLIS = 10_000;

  private final long idleReadMillis;
  private final TokenBucket reads;
  private final TokenBucket bytes;
  private long lastRecordsAt;
  private long notBefore;

  ReadPacer(long idleReadMillis, long nowMillis) {
    this.idleReadMillis = idleReadMillis;
    this.reads = new TokenBucket(READS_PER_SECOND, 1, nowMillis);
    this.bytes = new TokenBucket(BYTES_PER_SECOND, BYTES_PER_SECOND, nowMillis);
    this.lastRecordsAt = nowMillis;
    this.notBefore = nowMillis;
  }

  void reading(long nowMillis) {
    reads.take(1, nowMillis);
  }

  void read(int records, long sizeBytes, long millisBehindLatest, long nowMillis) {
    bytes.take(sizeBytes, nowMillis);
    if (records > 0) {
      lastRecordsAt = nowMillis;
    }
    if (millisBehindLatest > 0) {
      notBefore = nowMillis;
    } else if (nowMillis - lastRecordsAt < IDLE_AFTER_MILLIS) {
      notBefore = nowMillis + Math.min(FLOWING_MILLIS, idleReadMillis);
    } else {
      notBefore = nowMillis + idleReadMillis;
    }
  }

  /** Not before this much later, whatever else allows it. */
  void pause(long millis, long nowMillis) {
    notBefore = Math.max(notBefore, nowMillis + millis);
  }

  long nextReadAt(long nowMillis) {
    return Math.max(
        notBefore, Math.max(reads.availableAt(1, nowMillis), bytes.availableAt(1, nowMillis)));
  }
}
