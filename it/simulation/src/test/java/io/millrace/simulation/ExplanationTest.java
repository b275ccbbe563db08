package io.millrace.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What somebody gets to see when a rule is broken. */
class ExplanationTest {

  @Test
  void a_violation_is_shrunk_to_what_it_needs() {
    Simulate.Violation violation = violation(Family.ANY, PlantedBug.CHILDREN_AFTER_SHARD_END);
    assertThat(violation.shrunk().faults()).hasSizeLessThanOrEqualTo(2);
    assertThat(violation.shrunk().workers()).isEqualTo(1);
    assertThat(violation.shrunk().faults())
        .extracting(Fault::kind)
        .isSubsetOf(Fault.Kind.SPLIT, Fault.Kind.MERGE, Fault.Kind.RESHARD);
    assertThat(Run.of(violation.shrunk(), PlantedBug.CHILDREN_AFTER_SHARD_END, 0).violation())
        .isEqualTo(violation.what());
  }

  @Test
  void an_explanation_says_rule_seed_command_scenario_and_trace() {
    Simulate.Violation violation =
        violation(Family.EXPIRY_RACES, PlantedBug.CLAIM_WITHOUT_CONDITION);
    String text = violation.explain();
    long seed = violation.scenario().seed();
    assertThat(text)
        .startsWith(violation.what())
        .contains("seed " + seed + "; replay it with")
        .contains("./millrace simulate --seeds 1 --from " + seed + " --family EXPIRY_RACES")
        .contains("as Java:\n" + violation.shrunk().toJava())
        .contains("as a file for --scenario:\n" + violation.shrunk().toText());
    assertThat(violation.shrunk().toJava())
        .startsWith("new Scenario(" + seed + "L, ")
        .contains("InitialPosition.");
    assertThat(Scenario.parse(violation.shrunk().toText())).isEqualTo(violation.shrunk());
  }

  @Test
  void a_trace_has_a_column_for_each_worker_and_ends_with_what_broke_the_rule() {
    Simulate.Violation violation =
        violation(Family.EXPIRY_RACES, PlantedBug.CLAIM_WITHOUT_CONDITION);
    List<String> lines = violation.trace().lines().toList();
    assertThat(lines).hasSizeBetween(20, 120);
    for (String worker : List.of("w0#0", "w1#1")) {
      List<Integer> starts =
          lines.stream()
              .filter(line -> line.substring(10).startsWith(worker))
              .map(line -> textStart(line))
              .distinct()
              .toList();
      assertThat(starts).as("where the lines of %s begin", worker).hasSize(1);
    }
    assertThat(lines.get(lines.size() - 1)).contains("claim");
  }

  private static int textStart(String line) {
    int start = 19;
    while (line.charAt(start) == ' ') {
      start++;
    }
    return start;
  }

  private static Simulate.Violation violation(Family family, PlantedBug bug) {
    for (long seed = 0; seed < 10; seed++) {
      Simulate.Result result = Simulate.seeds(seed, 1, family, bug);
      if (!result.violations().isEmpty()) {
        assertThat(result.toJson())
            .startsWith("{\"seeds\":1,\"violations\":1,\"seconds\":")
            .contains("\"events\":{\"");
        return result.violations().get(0);
      }
    }
    throw new AssertionError(bug + " was not found");
  }
}
