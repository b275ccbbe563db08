package io.millrace.simulation;

import io.millrace.kcl.engine.EngineSettings;
import io.millrace.lease.SessionLoad;

/**
 * How a simulated worker is configured; durations in milliseconds; {@code balanceBy} may be null.
 */
record WorkerSettings(
    long failoverMillis,
    long beatMillis,
    int maxLeases,
    int maxRecords,
    long prefetchBytes,
    long auditMillis,
    EngineSettings.Start start,
    int weight,
    SessionLoad.Unit balanceBy) {

  static final WorkerSettings DEFAULTS =
      new WorkerSettings(
          6_000,
          1_000,
          Integer.MAX_VALUE,
          10_000,
          1 << 20,
          60_000,
          new EngineSettings.Start(EngineSettings.InitialPosition.TRIM_HORIZON, null),
          100,
          null);

  WorkerSettings withFailover(long failover, long beat) {
    return new WorkerSettings(
        failover,
        beat,
        maxLeases,
        maxRecords,
        prefetchBytes,
        auditMillis,
        start,
        weight,
        balanceBy);
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
        weight,
        balanceBy);
  }

  WorkerSettings withReading(int records, long prefetch) {
    return new WorkerSettings(
        failoverMillis,
        beatMillis,
        maxLeases,
        records,
        prefetch,
        auditMillis,
        start,
        weight,
        balanceBy);
  }

  WorkerSettings withAudit(long millis) {
    return new WorkerSettings(
        failoverMillis,
        beatMillis,
        maxLeases,
        maxRecords,
        prefetchBytes,
        millis,
        start,
        weight,
        balanceBy);
  }

  WorkerSettings withLoad(SessionLoad.Unit unit, int newWeight) {
    return new WorkerSettings(
        failoverMillis,
        beatMillis,
        maxLeases,
        maxRecords,
        prefetchBytes,
        auditMillis,
        start,
        newWeight,
        unit);
  }
}
