package io.millrace.connectors.redshift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class MergePlanTest {

  private static final long KB = 1_000;
  private static final long MB = 1_000_000;
  private static final long GB = 1_000_000_000;

  private static MergePlan plan(int slices) {
    return new MergePlan(slices, MB, GB);
  }

  private static List<Long> files(int count, long bytes) {
    return Collections.nCopies(count, bytes);
  }

  private static long bytes(List<Integer> group, List<Long> sizes) {
    return group.stream().mapToLong(sizes::get).sum();
  }

  @Test
  void no_files_are_no_groups() {
    assertThat(plan(4).groups(List.of())).isEmpty();
  }

  @Test
  void files_that_the_slices_load_at_once_are_left_alone() {
    assertThat(plan(4).groups(files(4, 10 * KB))).hasSize(4);
  }

  @Test
  void small_files_become_as_many_as_reach_a_megabyte_and_fill_the_slices() {
    List<Long> sizes = files(100, 100 * KB); // 10 MB
    assertThat(plan(4).groups(sizes))
        .hasSize(8)
        .allSatisfy(group -> assertThat(bytes(group, sizes)).isBetween(1_200 * KB, 1_300 * KB));
  }

  @Test
  void what_is_too_little_for_a_file_for_each_slice_fills_fewer_files() {
    assertThat(plan(16).groups(files(50, 100 * KB))).hasSize(5);
    assertThat(plan(16).groups(files(50, KB))).hasSize(1);
  }

  @Test
  void large_files_are_left_alone_and_count_for_the_slices() {
    List<Long> sizes = new ArrayList<>(files(3, 500 * MB));
    sizes.addAll(
        files(40, 100 * KB)); // 4 MB: 3 + 1 files are a round of four slices, 3 + 4 are not
    List<List<Integer>> groups = plan(4).groups(sizes);
    assertThat(groups).hasSize(4).startsWith(List.of(0), List.of(1), List.of(2));
    assertThat(groups.get(3)).hasSize(40);
  }

  @Test
  void no_merged_file_becomes_too_large_for_the_sake_of_the_slices() {
    MergePlan plan = new MergePlan(8, MB, 3 * MB);
    List<Long> sizes = new ArrayList<>(files(7, 5 * MB));
    sizes.addAll(files(100, 80 * KB)); // 8 MB in one file would make it eight in all
    assertThat(plan.groups(sizes))
        .hasSize(7 + 8)
        .allSatisfy(
            group -> assertThat(group.size() == 1 || bytes(group, sizes) <= 3 * MB).isTrue());
  }

  @Test
  void nonsense_is_refused() {
    assertThatThrownBy(() -> new MergePlan(0, MB, GB)).hasMessageContaining("slices 0");
    assertThatThrownBy(() -> new MergePlan(4, MB, MB)).hasMessageContaining("twice the least");
  }

  @Test
  void whatever_the_sizes_each_file_is_in_one_group_and_groups_are_as_promised() {
    Random random = new Random(20261122);
    for (int run = 0; run < 400; run++) {
      int slices = 1 + random.nextInt(20);
      long least = 1 + random.nextInt(1_000);
      MergePlan plan = new MergePlan(slices, least, least * (2 + random.nextInt(50)));
      List<Long> sizes = sizes(random, least);
      List<List<Integer>> groups = plan.groups(sizes);
      String said = plan + " of " + sizes + " gives " + groups;

      assertThat(groups.stream().flatMap(List::stream).sorted().toList())
          .as(said)
          .isEqualTo(IntStream.range(0, sizes.size()).boxed().toList());
      List<List<Integer>> merged = groups.stream().filter(group -> group.size() > 1).toList();
      if (sizes.size() <= slices) {
        assertThat(merged).as(said).isEmpty();
      }
      for (List<Integer> group : merged) {
        assertThat(group).as(said).allMatch(file -> sizes.get(file) < least);
        assertThat(bytes(group, sizes)).as(said).isLessThanOrEqualTo(plan.mostBytes());
      }
      long small = sizes.stream().filter(size -> size < least).mapToLong(s -> s).sum();
      long large = sizes.stream().filter(size -> size >= least).count();
      long smallGroups = groups.size() - large;
      if (sizes.size() > slices && smallGroups > 1) {
        assertThat(small / smallGroups).as(said).isGreaterThanOrEqualTo(least);
        long emptiest =
            groups.stream()
                .filter(group -> sizes.get(group.get(0)) < least)
                .mapToLong(group -> bytes(group, sizes))
                .min()
                .orElseThrow();
        assertThat(emptiest).as(said).isGreaterThan(small / smallGroups - least);
      }
      boolean canBeEven =
          LongStream.rangeClosed(1, Math.min(count(sizes, least), small / least))
              .anyMatch(n -> (large + n) % slices == 0 && small / n + least < plan.mostBytes() - n);
      if (sizes.size() > slices && canBeEven) {
        assertThat(groups.size() % slices).as(said).isZero();
      }
      assertThat(plan.groups(sizes)).as(said).isEqualTo(groups);
    }
  }

  private static long count(List<Long> sizes, long least) {
    return sizes.stream().filter(size -> size < least).count();
  }

  private static List<Long> sizes(Random random, long least) {
    List<Long> sizes = new ArrayList<>();
    int count = random.nextInt(120);
    for (int i = 0; i < count; i++) {
      boolean isLarge = random.nextInt(10) == 0;
      sizes.add(isLarge ? least + random.nextInt(5_000) : (long) random.nextInt((int) least));
    }
    return sizes;
  }
}
