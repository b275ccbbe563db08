package io.millrace.simulation;

import io.millrace.kcl.engine.EngineSettings;
import io.millrace.lease.SessionLoad;

/**
 * How a simulated worker is configured.
 *
 * @param auditMillis how often it audits, in milliseconds
 */
record WorkerSettings(
    EngineSettings.Membership membership,
    EngineSettings.Reading reading,
    EngineSettings.Start start,
    EngineSettings.Policies policies,
    long auditMillis) {

  static final WorkerSettings DEFAULTS =
      new WorkerSettings(
          new EngineSettings.Membership(6_000, 1_000, 100, Integer.MAX_VALUE, null),
          new EngineSettings.Reading(10_000, 1_000, 1 << 20, false),
          new EngineSettings.Start(EngineSettings.InitialPosition.TRIM_HORIZON, null),
          EngineSettings.Policies.DEFAULTS,
          60_000);

  long failoverMillis() {
    return membership.failoverMillis();
  }

  long prefetchBytes() {
    return reading.prefetchBytes();
  }

  /** Null if leases are balanced by their number. */
  SessionLoad.Unit balanceBy() {
    return membership.balanceBy();
  }

  private WorkerSettings withMembership(EngineSettings.Membership its) {
    return new WorkerSettings(its, reading, start, policies, auditMillis);
  }

  WorkerSettings withFailover(long failover, long beat) {
    return withMembership(
        new EngineSettings.Membership(
            failover, beat, membership.weight(), membership.maxLeases(), membership.balanceBy()));
  }

  WorkerSettings withLoad(SessionLoad.Unit unit, int weight) {
    return withMembership(
        new EngineSettings.Membership(
            membership.failoverMillis(),
            membership.beatMillis(),
            weight,
            membership.maxLeases(),
            unit));
  }

  WorkerSettings withMaxLeases(int most) {
    return withMembership(
        new EngineSettings.Membership(
            membership.failoverMillis(),
            membership.beatMillis(),
            membership.weight(),
            most,
            membership.balanceBy()));
  }

  WorkerSettings withStart(EngineSettings.Start newStart) {
    return new WorkerSettings(membership, reading, newStart, policies, auditMillis);
  }

  WorkerSettings withReading(int records, long prefetch) {
    EngineSettings.Reading its = new EngineSettings.Reading(records, 1_000, prefetch, false);
    return new WorkerSettings(membership, its, start, policies, auditMillis);
  }

  WorkerSettings withPolicies(EngineSettings.Policies newPolicies) {
    return new WorkerSettings(membership, reading, start, newPolicies, auditMillis);
  }

  WorkerSettings withAudit(long millis) {
    return new WorkerSettings(membership, reading, start, policies, millis);
  }
}
