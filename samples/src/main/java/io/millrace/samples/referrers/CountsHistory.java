package io.millrace.samples.referrers;

import io.millrace.samples.referrers.CountsTable.CountedSecond;
import io.millrace.samples.referrers.page.PageState.Counts;
import io.millrace.samples.referrers.page.PageState.Series;
import io.millrace.samples.referrers.page.PageState.Top;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The counts of the last {@value #SECONDS} seconds, put together from what was read of the table
 * bit by bit. Time is an argument. Not safe for use by several threads.
 */
final class CountsHistory {

  static final int SECONDS = 120;

  /**
   * A shard that nobody has written for so long is not counted: its worker is gone, or it is
   * finished. Workers write once a second, give or take.
   */
  static final int STALE_SECONDS = 3;

  /** What is being written may not be complete before it is so old. */
  static final int SETTLED_SECONDS = 2;

  /** So much the clocks of workers on other machines may be late. */
  static final int LATE_SECONDS = 10;

  private static final int TOP = 3;

  /** By second, shard, resource. */
  private final NavigableMap<Long, Map<String, Map<String, CountedSecond>>> seconds =
      new TreeMap<>();

  /** Since when the table has to be read: what was read before is complete. */
  long readSince(long nowSecond) {
    long oldest = nowSecond - SECONDS - STALE_SECONDS;
    return seconds.isEmpty() ? oldest : Math.max(oldest, seconds.lastKey() - 2 * STALE_SECONDS);
  }

  /** Adds what the table has; what is there already is replaced. */
  void add(List<CountedSecond> items, long nowSecond) {
    for (CountedSecond item : items) {
      seconds
          .computeIfAbsent(item.second(), s -> new HashMap<>())
          .computeIfAbsent(item.shard(), s -> new HashMap<>())
          .put(item.resource(), item);
    }
    seconds.headMap(nowSecond - SECONDS - STALE_SECONDS).clear();
  }

  /** As the page shows it. */
  Counts counts(long nowSecond) {
    if (seconds.isEmpty()) {
      return Counts.NONE;
    }
    long asOf = asOf(nowSecond - SETTLED_SECONDS, seconds.lastKey());
    long from = asOf - SECONDS + 1;
    List<Map<String, Long>> sums = new ArrayList<>();
    TreeSet<String> referrers = new TreeSet<>();
    for (long second = from; second <= asOf; second++) {
      Map<String, Long> sum = visits(second);
      sums.add(sum);
      if (sum != null) {
        referrers.addAll(sum.keySet());
      }
    }
    List<Series> series = new ArrayList<>();
    for (String referrer : referrers) {
      List<Long> visits = new ArrayList<>();
      for (Map<String, Long> sum : sums) {
        visits.add(sum == null ? null : sum.getOrDefault(referrer, 0L));
      }
      series.add(new Series(referrer, visits));
    }
    return new Counts(
        from, asOf, SlidingCounts.WINDOW_SECONDS, series, top(sums.get(sums.size() - 1)));
  }

  /** The newest second there is, unless it is so old that nobody counts any more. */
  private static long asOf(long settled, long newest) {
    return newest < settled - LATE_SECONDS ? settled : Math.min(settled, newest);
  }

  private static List<Top> top(Map<String, Long> visits) {
    return visits == null
        ? List.of()
        : visits.entrySet().stream()
            .map(e -> new Top(e.getKey(), e.getValue()))
            .sorted(Comparator.comparingLong(Top::visits).reversed().thenComparing(Top::referrer))
            .limit(TOP)
            .toList();
  }

  /** Of all shards and resources, by referrer; null if nobody counted. */
  private Map<String, Long> visits(long second) {
    Map<String, Map<String, CountedSecond>> newest = newest(second);
    if (newest.isEmpty()) {
      return null;
    }
    Map<String, Long> sums = new TreeMap<>();
    newest
        .values()
        .forEach(
            resources ->
                resources
                    .values()
                    .forEach(
                        item -> item.visits().forEach((who, n) -> sums.merge(who, n, Long::sum))));
    return sums;
  }

  /** For each shard, what was written last, up to a second. */
  private Map<String, Map<String, CountedSecond>> newest(long second) {
    Map<String, Map<String, CountedSecond>> newest = new HashMap<>();
    seconds.subMap(second - STALE_SECONDS, false, second, true).values().forEach(newest::putAll);
    return newest;
  }

  /** What the table says of one shard, lately. */
  record ShardPace(double perSecond, long behindMillis) {}

  /** By shard; one that nobody writes is not there. */
  Map<String, ShardPace> paces(long nowSecond) {
    Map<String, ShardPace> paces = new HashMap<>();
    newest(nowSecond)
        .forEach(
            (shard, resources) -> {
              long visits =
                  resources.values().stream()
                      .flatMap(item -> item.visits().values().stream())
                      .mapToLong(Long::longValue)
                      .sum();
              long behind =
                  resources.values().stream()
                      .mapToLong(CountedSecond::behindMillis)
                      .max()
                      .orElse(0);
              paces.put(
                  shard, new ShardPace((double) visits / SlidingCounts.WINDOW_SECONDS, behind));
            });
    return paces;
  }
}
