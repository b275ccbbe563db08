package io.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.chaos.Fault.Service;
import io.millrace.chaos.Fault.Trouble;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ScheduleTest {

  private static final Duration LENGTH = Duration.ofMinutes(3);

  @Test
  void equal_seeds_give_equal_schedules_and_others_do_not() {
    assertThat(Schedule.of(7, LENGTH, 4)).isEqualTo(Schedule.of(7, LENGTH, 4));
    assertThat(Schedule.of(7, LENGTH, 4).faults()).isNotEqualTo(Schedule.of(8, LENGTH, 4).faults());
  }

  @Test
  void two_minutes_have_every_kind_of_fault_whatever_the_seed() {
    for (int seed = 0; seed < 50; seed++) {
      Set<String> kinds = new TreeSet<>();
      for (Schedule.Entry entry : Schedule.of(seed, Duration.ofMinutes(2), 4).faults()) {
        kinds.add(entry.fault().kind());
      }
      // two kinds of kill, two of pauses, outages, rollout, split, merge
      int links = Service.values().length * Trouble.values().length;
      assertThat(kinds).as("seed " + seed).hasSize(links + 2 + 2 + Service.values().length + 3);
    }
  }

  @Test
  void faults_begin_in_time_and_name_workers_that_exist() {
    for (Schedule.Entry entry : Schedule.of(3, LENGTH, 2).faults()) {
      assertThat(entry.at()).isLessThanOrEqualTo(LENGTH);
      if (entry.fault() instanceof Fault.Link link) {
        assertThat(link.worker()).isBetween(0, 1);
      }
      if (entry.fault() instanceof Fault.Kill kill) {
        assertThat(kill.worker()).isBetween(0, 1);
      }
    }
  }
}
