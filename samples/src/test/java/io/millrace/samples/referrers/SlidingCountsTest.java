package io.millrace.samples.referrers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SlidingCountsTest {

  private final SlidingCounts counts = new SlidingCounts();

  @Test
  void visits_are_counted_per_resource_and_referrer() {
    visit("/a", "x", 1_000);
    visit("/a", "x", 2_500);
    visit("/a", "y", 2_500);
    visit("/b", "x", 3_000);

    assertThat(counts.counts(3_000))
        .isEqualTo(
            new TreeMap<>(
                Map.of(
                    "/a", new TreeMap<>(Map.of("x", 2L, "y", 1L)),
                    "/b", new TreeMap<>(Map.of("x", 1L)))));
  }

  @Test
  void a_visit_is_forgotten_when_the_window_has_passed() {
    visit("/a", "x", 1_000);
    visit("/a", "x", 5_000);

    assertThat(counts.counts(10_999).get("/a")).containsEntry("x", 2L);
    assertThat(counts.counts(11_000).get("/a")).containsEntry("x", 1L);
    assertThat(counts.counts(15_000)).isEmpty();
  }

  private void visit(String resource, String referrer, long atMillis) {
    counts.count(new Visit(resource, referrer, "w1", 0), atMillis);
  }
}
