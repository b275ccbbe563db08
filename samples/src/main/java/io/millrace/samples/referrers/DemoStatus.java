package io.millrace.samples.referrers;

import java.util.List;
import java.util.SortedMap;

/**
 * What a {@link Demo} looks like at one moment.
 *
 * @param put records that the stream has acknowledged, from the ledgers
 * @param processed records that processors have processed, from the ledgers
 * @param duplicates of those, repetitions
 * @param topReferrers with most visits first, from the table that the workers write
 * @param leases how many each running worker holds, from the lease table; unowned ones under {@code
 *     "nobody"}
 */
public record DemoStatus(
    long put,
    long processed,
    long duplicates,
    List<ReferrerCount> topReferrers,
    SortedMap<String, Integer> leases) {

  /** Visits that a referrer sent, within the workers' window. */
  public record ReferrerCount(String referrer, long visits) {}
}
