package io.millrace.kcl.lineage;

import io.millrace.lease.HashKeyRange;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Arithmetic on sets of hash-key ranges. */
final class HashKeySpace {

  private HashKeySpace() {}

  /** The parts of {@code whole} that none of {@code ranges} covers, in order. */
  static List<HashKeyRange> subtract(HashKeyRange whole, Collection<HashKeyRange> ranges) {
    List<HashKeyRange> sorted =
        ranges.stream()
            .filter(whole::overlaps)
            .sorted(Comparator.comparing(HashKeyRange::start))
            .toList();
    List<HashKeyRange> rest = new ArrayList<>();
    BigInteger next = whole.start();
    for (HashKeyRange range : sorted) {
      if (range.start().compareTo(next) > 0) {
        rest.add(new HashKeyRange(next, range.start().subtract(BigInteger.ONE)));
      }
      next = next.max(range.end().add(BigInteger.ONE));
    }
    if (next.compareTo(whole.end()) <= 0) {
      rest.add(new HashKeyRange(next, whole.end()));
    }
    return rest;
  }

  static boolean overlapsAny(HashKeyRange range, Collection<HashKeyRange> ranges) {
    return ranges.stream().anyMatch(range::overlaps);
  }
}
