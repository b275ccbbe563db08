package io.millrace.kcl.engine;

import io.millrace.lease.SessionLoad;

/**
 * How a worker behaves, checked before it gets here. All durations in milliseconds.
 *
 * @param auditMillis how often the auditor looks for holes and rows to delete
 */
public record EngineSettings(
    Names names,
    Membership membership,
    Start start,
    Reading reading,
    Processing processing,
    Policies policies,
    long auditMillis) {

  /**
   * What it is called, for messages.
   *
   * @param workerId need not be unique
   */
  public record Names(String workerId, String application, String stream, String table) {}

  /**
   * How it takes part in the fleet.
   *
   * @param failoverMillis how long after its last heartbeat others take its leases
   * @param weight share of the leases, 100 is one share
   * @param balanceBy what is evened out beside the number of leases; null if nothing
   */
  public record Membership(
      long failoverMillis, long beatMillis, int weight, int maxLeases, SessionLoad.Unit balanceBy) {

    /** Of a worker that takes its share by number. */
    public Membership(long failoverMillis, long beatMillis, int weight, int maxLeases) {
      this(failoverMillis, beatMillis, weight, maxLeases, null);
    }

    /** Kept between the moment this worker stops delivering and the moment others may take over. */
    long marginMillis() {
      return Math.max(50, failoverMillis / 20);
    }

    /** How long after the call of its last successful heartbeat a worker goes on delivering. */
    public long fenceMillis() {
      return patienceMillis(failoverMillis) - marginMillis();
    }

    /**
     * How long observers watch a heartbeat stand still before they expire its session. It follows
     * from the session's own failover time alone: the heartbeat intervals of owner and observer may
     * differ, and the one must have stopped before the other is done. The rest of the failover time
     * is what noticing and claiming take.
     */
    public static long patienceMillis(long failoverMillis) {
      return failoverMillis - failoverMillis / 6;
    }
  }

  /** Where an application that starts for the first time begins to read. */
  public enum InitialPosition {
    TRIM_HORIZON,
    LATEST,
    AT_TIMESTAMP
  }

  /**
   * @param timestampMillis for {@code AT_TIMESTAMP}, epoch milliseconds; else null
   * @param foreign what becomes of leases that workers of another library own
   */
  public record Start(InitialPosition position, Long timestampMillis, ForeignRule foreign) {

    /** Of a worker that waits for others as long as is usual. */
    public Start(InitialPosition position, Long timestampMillis) {
      this(position, timestampMillis, ForeignRule.DEFAULT);
    }
  }

  /**
   * What becomes of leases whose owners are no sessions of ours.
   *
   * @param watchMillis how long their rows must have stood still before their owners count as dead
   * @param takeover whether those that own a lease when this worker first looks count as dead at
   *     once
   */
  public record ForeignRule(long watchMillis, boolean takeover) {
    public static final ForeignRule DEFAULT = new ForeignRule(60_000, false);
  }

  /**
   * @param maxRecords the most records of one read, 1 to 10,000
   * @param idleReadMillis how often a shard is read that has been empty for a while
   * @param prefetchBytes the most bytes of records in memory, over all shards
   * @param deliverEmpty whether a processor is also called when a read gave nothing
   */
  public record Reading(
      int maxRecords, long idleReadMillis, long prefetchBytes, boolean deliverEmpty) {}

  /**
   * @param retryMillis the first pause after a call of the processor has thrown; doubles up to
   *     {@code maxRetryMillis}
   * @param parentPollMillis how often the rows of unfinished parents are read
   * @param drainMillis how long a processor may take to finish before its lease is given away
   *     without it
   */
  public record Processing(
      long retryMillis, long maxRetryMillis, long parentPollMillis, long drainMillis) {}

  /**
   * What becomes of records that fail, when is checkpointed, and what counts as standing still.
   *
   * @param stallMillis a shard without progress for so long is reported
   */
  public record Policies(FailureRule failure, CheckpointRule checkpoint, long stallMillis) {

    public static final Policies DEFAULTS =
        new Policies(FailureRule.RETRY_FOR_EVER, CheckpointRule.BY_HAND, 30_000);
  }
}
