package io.millrace.lease;

import java.util.Objects;

/**
 * What a page says of one live worker.
 *
 * @param id who
 * @param beat a number that rises with every heartbeat
 * @param failoverMillis how long after its last heartbeat others take its leases; its own,
 *     observers use this one
 * @param weight share of the leases relative to others, in hundredths (100 is one share); positive
 * @param maxLeases the most leases it takes; positive
 * @param load what the leases it holds bring it; null if it does not say, and takes its share by
 *     number
 * @param leaving whether it is handing off its leases in order to stop
 */
public record Session(
    SessionId id,
    long beat,
    long failoverMillis,
    int weight,
    int maxLeases,
    SessionLoad load,
    boolean leaving) {

  public static final int DEFAULT_WEIGHT = 100;

  public Session {
    Objects.requireNonNull(id);
    if (failoverMillis <= 0 || weight <= 0 || maxLeases <= 0) {
      throw new IllegalArgumentException(
          "failoverMillis, weight and maxLeases are positive: "
              + failoverMillis
              + ", "
              + weight
              + ", "
              + maxLeases);
    }
  }

  public Session withBeat(long newBeat) {
    return new Session(id, newBeat, failoverMillis, weight, maxLeases, load, leaving);
  }

  public Session withLoad(SessionLoad newLoad) {
    return new Session(id, beat, failoverMillis, weight, maxLeases, newLoad, leaving);
  }

  public Session withLeaving(boolean newLeaving) {
    return new Session(id, beat, failoverMillis, weight, maxLeases, load, newLeaving);
  }
}
