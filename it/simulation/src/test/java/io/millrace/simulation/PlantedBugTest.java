package io.millrace.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PlantedBugTest {

  @ParameterizedTest
  @EnumSource(PlantedBug.class)
  void a_planted_bug_is_found_within_its_number_of_seeds(PlantedBug bug) {
    for (int seed = 0; seed < bug.withinSeeds(); seed++) {
      String violation = Run.of(bug.family().generate(seed), bug, 0).violation();
      if (violation != null) {
        System.out.printf("%s: found by seed %d of %s: %s%n", bug, seed, bug.family(), violation);
        return;
      }
    }
    assertThat(bug.withinSeeds())
        .as("%s was not found within so many seeds of %s", bug, bug.family())
        .isZero();
  }
}
