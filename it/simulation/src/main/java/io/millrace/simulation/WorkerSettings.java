package io.millrace.simulation;

import io.millrace.kcl.engine.EngineSettings;

/** How a simulated worker is configured; durations in milliseconds. */
record WorkerSettings(
    long failoverMillis,
    long beatMillis,
    int maxLeases,
    int maxRecords,
    long prefetchBytes,
    long auditMillis,
    EngineSettings.Start start,
    EngineSettings.Policies policies) {

  static final WorkerSettings DEFAULTS =
      new WorkerSettings(
          6_000,
          1_000,
          Integer.MAX_VALUE,
          10_000,
          1 << 20,
          60_000,
          new EngineSettings.Start(EngineSettings.InitialPosition.TRIM_HORIZON, null),
          EngineSettings.Policies.DEFAULTS);

  WorkerSettings withFailover(long failover, long beat) {
    return new WorkerSettings(
        failover, beat, maxLeases, maxRecords, prefetchBytes, auditMillis, start, policies);
  }

  WorkerSettings withStart(EngineSettings.Start newStart) {
    return new WorkerSettings(
        failoverMillis,
        beatMillis,
        maxLeases,
        maxRecords,
        prefetchBytes,
        auditMillis,
        newStart,
        policies);
  }

  WorkerSettings withReading(int records, long prefetch) {
    return new WorkerSettings(
        failoverMillis, beatMillis, maxLeases, records, prefetch, auditMillis, start, policies);
  }

  WorkerSettings withAudit(long millis) {
    return new WorkerSettings(
        failoverMillis, beatMillis, maxLeases, maxRecords, prefetchBytes, millis, start, policies);
  }

  WorkerSettings withPolicies(EngineSettings.Policies newPolicies) {
    return new WorkerSettings(
        failoverMillis,
        beatMillis,
        maxLeases,
        maxRecords,
        prefetchBytes,
        auditMillis,
        start,
        newPolicies);
  }

  WorkerSettings withMaxLeases(int most) {
    return new WorkerSettings(
        failoverMillis, beatMillis, most, maxRecords, prefetchBytes, auditMillis, start, policies);
  }
}
