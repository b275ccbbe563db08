package io.millrace.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PlantedBugTest {

  @ParameterizedTest
  @MethodSource("io.millrace.simulation.PlantedBug#soughtInEveryBuild")
  void a_planted_bug_is_found_within_its_number_of_seeds(PlantedBug bug) {
    assumeTrue(
        bug.withinSeeds() <= 1_000 || Boolean.getBoolean("millrace.it"),
        "needs more seeds than every build can spend; -Dmillrace.it=true spends them");
    for (int seed = 0; seed < bug.withinSeeds(); seed++) {
      String violation = Run.of(Scenario.generate(seed), bug, 0).violation();
      if (violation != null) {
        System.out.printf("%s: found by seed %d: %s%n", bug, seed, violation);
        return;
      }
    }
    assertThat(bug.withinSeeds()).as("%s was not found within so many seeds", bug).isZero();
  }
}
