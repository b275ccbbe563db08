package io.millrace.samples.referrers;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Counts per resource and referrer over the last {@value #WINDOW_SECONDS} seconds, in buckets of a
 * second. Time is an argument. Safe for use by several threads.
 */
final class SlidingCounts {

  static final int WINDOW_SECONDS = 10;

  private record Bucket(long second, Map<String, Map<String, Long>> counts) {}

  /** Oldest first; as many as the window has seconds. */
  private final Deque<Bucket> buckets = new ArrayDeque<>();

  private volatile long behindMillis;

  /** How far behind the tip of its shard the processor is. */
  void behind(long millis) {
    behindMillis = millis;
  }

  long behindMillis() {
    return behindMillis;
  }

  synchronized void count(Visit visit, long nowMillis) {
    long second = Math.floorDiv(nowMillis, 1_000);
    if (buckets.isEmpty() || buckets.getLast().second() < second) {
      buckets.addLast(new Bucket(second, new HashMap<>()));
    }
    forget(second);
    buckets
        .getLast()
        .counts()
        .computeIfAbsent(visit.resource(), r -> new HashMap<>())
        .merge(visit.referrer(), 1L, Long::sum);
  }

  /** By resource, then referrer; what has no visits in the window is not there. */
  synchronized SortedMap<String, SortedMap<String, Long>> counts(long nowMillis) {
    forget(Math.floorDiv(nowMillis, 1_000));
    SortedMap<String, SortedMap<String, Long>> sums = new TreeMap<>();
    for (Bucket bucket : buckets) {
      bucket
          .counts()
          .forEach(
              (resource, referrers) -> {
                SortedMap<String, Long> sum = sums.computeIfAbsent(resource, r -> new TreeMap<>());
                referrers.forEach((referrer, n) -> sum.merge(referrer, n, Long::sum));
              });
    }
    return sums;
  }

  private void forget(long second) {
    while (!buckets.isEmpty() && buckets.getFirst().second() <= second - WINDOW_SECONDS) {
      buckets.removeFirst();
    }
  }
}
