package io.millrace.lease.plan;

/**
 * How eagerly leases move.
 *
 * @param minHoldMillis a lease is handed off only after its owner has held it for this long, so
 *     that a fleet that starts up does not pass leases around; not when the owner is leaving
 * @param freeClaimMillis a lease that has been free for this long may be claimed by a session that
 *     is not its target, in case the target sees another fleet or is stuck
 * @param freeClaimSpreadMillis up to this much is added to it, different for each session and
 *     lease, so that not everybody claims at once
 * @param minDraining how many leases may be handed off at a time, even where a quarter of those
 *     held is less
 */
public record PlanSettings(
    long minHoldMillis, long freeClaimMillis, long freeClaimSpreadMillis, int minDraining) {

  public static final PlanSettings DEFAULTS = new PlanSettings(3_000, 3_000, 2_000, 5);

  public PlanSettings {
    if (minHoldMillis < 0 || freeClaimMillis < 0 || freeClaimSpreadMillis < 0) {
      throw new IllegalArgumentException(
          "minHoldMillis, freeClaimMillis and freeClaimSpreadMillis are not negative: "
              + minHoldMillis
              + ", "
              + freeClaimMillis
              + ", "
              + freeClaimSpreadMillis);
    }
    if (minDraining <= 0) {
      throw new IllegalArgumentException("minDraining is positive: " + minDraining);
    }
  }
}
