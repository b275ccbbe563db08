package io.millrace.samples.referrers.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.samples.referrers.page.PageState.Counts;
import io.millrace.samples.referrers.page.PageState.Top;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChartWatchTest {

  private final ChartWatch watch = new ChartWatch();

  @Test
  void chart_moves_when_visits_of_two_seconds_have_been_served() {
    watch.served(Counts.NONE);
    watch.served(counts(100, 0));
    watch.served(counts(102, 7));
    assertThat(watch.isMoving()).isFalse();
    watch.served(counts(102, 7));
    assertThat(watch.isMoving()).as("the same second again").isFalse();

    watch.served(counts(104, 8));
    assertThat(watch.isMoving()).isTrue();
  }

  private static Counts counts(long asOf, long visits) {
    return new Counts(asOf - 119, asOf, 10, List.of(), List.of(new Top("a", visits)));
  }
}
