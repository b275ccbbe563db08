package io.millrace.samples.referrers;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.samples.referrers.CountsTable.CountedSecond;
import io.millrace.samples.referrers.page.PageState.Counts;
import io.millrace.samples.referrers.page.PageState.Series;
import io.millrace.samples.referrers.page.PageState.Top;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CountsHistoryTest {

  private static final long NOW = 10_000;

  private final CountsHistory history = new CountsHistory();

  @Test
  void shards_and_resources_are_added_up() {
    add(item(NOW - 2, "s0", "/a", Map.of("x", 1L, "y", 5L)));
    add(item(NOW - 2, "s0", "/b", Map.of("x", 2L)));
    add(item(NOW - 2, "s1", "/a", Map.of("x", 4L)));

    Counts counts = history.counts(NOW);
    assertThat(counts.asOfSecond()).isEqualTo(NOW - 2);
    assertThat(counts.top()).containsExactly(new Top("x", 7), new Top("y", 5));
  }

  @Test
  void top_three_have_most_visits_and_then_the_first_name() {
    add(item(NOW - 2, "s0", "/a", Map.of("a", 1L, "b", 9L, "c", 9L, "d", 3L)));

    assertThat(history.counts(NOW).top())
        .containsExactly(new Top("b", 9), new Top("c", 9), new Top("d", 3));
  }

  @Test
  void shard_s_newest_counts_stand_for_it_for_three_seconds() {
    add(item(NOW - 6, "s0", "/a", Map.of("x", 5L)));
    add(item(NOW - 4, "s1", "/a", Map.of("x", 1L)));
    add(item(NOW - 2, "s1", "/a", Map.of("x", 2L)));

    List<Long> visits = only(history.counts(NOW)).visits();
    assertThat(visits).hasSize(CountsHistory.SECONDS);
    assertThat(visits.subList(visits.size() - 6, visits.size()))
        .as("seconds %s to %s", NOW - 7, NOW - 2)
        .containsExactly(null, 5L, 5L, 6L, 1L, 2L);
  }

  @Test
  void second_that_is_still_being_written_is_not_shown() {
    add(item(NOW - 2, "s0", "/a", Map.of("x", 1L)));
    add(item(NOW, "s0", "/a", Map.of("x", 9L)));

    assertThat(history.counts(NOW).top()).containsExactly(new Top("x", 1));
  }

  @Test
  void late_clock_of_a_worker_does_not_empty_the_chart() {
    add(item(NOW - 9, "s0", "/a", Map.of("x", 1L)));

    assertThat(history.counts(NOW).asOfSecond()).isEqualTo(NOW - 9);
    assertThat(history.counts(NOW).top()).containsExactly(new Top("x", 1));
  }

  @Test
  void time_goes_on_when_nobody_counts_any_more() {
    add(item(NOW - 20, "s0", "/a", Map.of("x", 1L)));

    Counts counts = history.counts(NOW);
    assertThat(counts.asOfSecond()).isEqualTo(NOW - 2);
    assertThat(counts.top()).isEmpty();
    assertThat(only(counts).visits().get(CountsHistory.SECONDS - 1)).isNull();
    assertThat(only(counts).visits().get(CountsHistory.SECONDS - 19)).isEqualTo(1);
  }

  @Test
  void what_is_read_again_replaces_what_was_read() {
    add(item(NOW - 2, "s0", "/a", Map.of("x", 1L)));
    add(item(NOW - 2, "s0", "/a", Map.of("x", 3L)));

    assertThat(history.counts(NOW).top()).containsExactly(new Top("x", 3));
  }

  @Test
  void first_reading_takes_two_minutes_and_later_ones_what_may_be_new() {
    assertThat(history.readSince(NOW)).isEqualTo(NOW - 123);
    add(item(NOW - 2, "s0", "/a", Map.of("x", 1L)));
    assertThat(history.readSince(NOW)).isEqualTo(NOW - 8);
    assertThat(history.readSince(NOW + 1_000)).as("after a long pause").isEqualTo(NOW + 877);
  }

  @Test
  void nothing_older_than_two_minutes_is_kept() {
    add(item(NOW - 200, "s0", "/a", Map.of("x", 1L)));

    assertThat(history.counts(NOW)).isEqualTo(Counts.NONE);
  }

  @Test
  void pace_of_a_shard_is_its_visits_over_the_window_and_how_far_behind_it_is() {
    add(new CountedSecond(NOW - 1, "s0", "/a", Map.of("x", 70L, "y", 20L), 0));
    add(new CountedSecond(NOW - 1, "s0", "/b", Map.of("x", 10L), 1_500));

    assertThat(history.paces(NOW))
        .containsExactly(Map.entry("s0", new CountsHistory.ShardPace(10.0, 1_500)));
  }

  private void add(CountedSecond item) {
    history.add(List.of(item), NOW);
  }

  private static CountedSecond item(
      long second, String shard, String resource, Map<String, Long> visits) {
    return new CountedSecond(second, shard, resource, visits, 0);
  }

  private static Series only(Counts counts) {
    assertThat(counts.series()).hasSize(1);
    return counts.series().get(0);
  }
}
