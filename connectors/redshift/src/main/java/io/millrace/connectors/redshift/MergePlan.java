package io.millrace.connectors.redshift;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

// Each slice of a cluster loads one file at a time, and opening a file costs as much as loading
// some hundred kilobytes of it. So Amazon asks for files of 1 MB to 1 GB after compression, as
// many as a multiple of the slices, and about equally large.
//
// - As many files as slices, or fewer, are loaded at once by as many slices: merging them would
//   cost requests and make slices idle.
// - A file that is large enough is never touched: moving gigabytes within S3 to win a part of
//   one round of the slices does not pay.
// - The small ones are merged into as many groups as reach the least size, or fewer if that
//   makes the number of all files a multiple of the slices, and filled evenly: the largest file
//   first, each into the group that has least.
/**
 * Which files of a load are merged before it. Pure: the same sizes give the same groups.
 *
 * @param slices of the cluster
 * @param leastBytes a file below this is small
 * @param mostBytes a merged file has no more
 */
record MergePlan(int slices, long leastBytes, long mostBytes) {

  MergePlan {
    if (slices < 1 || leastBytes < 1 || mostBytes < 2 * leastBytes) {
      throw new IllegalArgumentException(
          "Not a plan: slices "
              + slices
              + ", at least "
              + leastBytes
              + " bytes, at most "
              + mostBytes
              + "; the most has to be twice the least");
    }
  }

  /**
   * What becomes one file each.
   *
   * @param sizes in bytes, of files that may be merged with each other
   * @return indexes into {@code sizes}, each in exactly one group; in the order of each group's
   *     first index, and ascending within it
   */
  List<List<Integer>> groups(List<Long> sizes) {
    List<Integer> small =
        IntStream.range(0, sizes.size()).filter(i -> sizes.get(i) < leastBytes).boxed().toList();
    int large = sizes.size() - small.size();
    int merged =
        sizes.size() <= slices
            ? small.size()
            : groupsOfSmall(large, small.size(), small.stream().mapToLong(sizes::get).sum());
    List<List<Integer>> groups = new ArrayList<>();
    IntStream.range(0, sizes.size())
        .filter(i -> sizes.get(i) >= leastBytes)
        .forEach(i -> groups.add(List.of(i)));
    groups.addAll(filled(small, sizes, merged));
    groups.sort(Comparator.comparing(group -> group.get(0)));
    return groups;
  }

  private int groupsOfSmall(int large, int count, long bytes) {
    if (count == 0) {
      return 0;
    }
    int most = (int) Math.max(1, Math.min(count, bytes / leastBytes));
    // each group gets less than its share and the largest small file
    long room = mostBytes - leastBytes;
    int least = (int) Math.max(1, Math.min(most, (bytes + room - 1) / room));
    int even = (large + most) / slices * slices - large;
    return even >= least ? even : most;
  }

  /** The largest first, each into the group that has least. */
  private static List<List<Integer>> filled(List<Integer> files, List<Long> sizes, int groups) {
    List<List<Integer>> filled = new ArrayList<>();
    long[] bytes = new long[groups];
    IntStream.range(0, groups).forEach(i -> filled.add(new ArrayList<>()));
    List<Integer> largestFirst = new ArrayList<>(files);
    largestFirst.sort(
        Comparator.comparing((Integer file) -> sizes.get(file))
            .reversed()
            .thenComparing(Comparator.naturalOrder()));
    for (int file : largestFirst) {
      int emptiest = 0;
      for (int group = 1; group < groups; group++) {
        boolean better =
            bytes[group] < bytes[emptiest]
                || bytes[group] == bytes[emptiest]
                    && filled.get(group).size() < filled.get(emptiest).size();
        emptiest = better ? group : emptiest;
      }
      filled.get(emptiest).add(file);
      bytes[emptiest] += sizes.get(file);
    }
    filled.forEach(group -> group.sort(Comparator.naturalOrder()));
    return filled;
  }
}
