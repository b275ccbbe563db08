package io.millrace.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ScenarioTest {

  private static final String GOOD = "scenario 1 2 3 LATEST\n";

  @ParameterizedTest
  @EnumSource(Family.class)
  void a_scenario_survives_being_written_down(Family family) {
    for (long seed = 0; seed < 50; seed++) {
      Scenario scenario = family.generate(seed);
      assertThat(Scenario.parse("# a comment\n" + scenario.toText())).isEqualTo(scenario);
    }
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void equal_seeds_of_a_family_are_equal_scenarios(Family family) {
    Scenario seven = family.generate(7);
    assertThat(family.generate(7)).isEqualTo(seven).isNotEqualTo(family.generate(8));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          fault 1 STORE_CUTT 0 5 0  | line 2, 'fault': kind is 'STORE_CUTT'; allowed are [CRASH,
          fault x STORE_CUT 0 5 0   | line 2, 'fault': atMillis is 'x'; allowed is a whole number from 0 to 45000
          fault 1 STORE_CUT -2 5 0  | line 2, 'fault': target is '-2'; allowed is a whole number from -1
          fault 1 STORE_SLOW 0 5 -1 | line 2, 'fault': amount is '-1'; allowed is a whole number from 0
          fault 1 STORE_CUT 0 5     | line 2, 'fault': has 5 words; expected are 6: fault <atMillis>
          faults 1                  | line 2, 'faults': allowed are 'scenario' and 'fault'
          scenario 1 2 3 LATEST     | line 2, 'scenario': there is one already
          """)
  void what_is_wrong_with_a_line_is_said(String line, String message) {
    assertThatThrownBy(() -> Scenario.parse(GOOD + line))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void a_file_without_a_scenario_is_refused_and_one_that_no_fleet_fits() {
    assertThatThrownBy(() -> Scenario.parse("# nothing"))
        .hasMessageContaining("no line begins with 'scenario'");
    assertThatThrownBy(() -> Scenario.parse("scenario 1 0 3 LATEST"))
        .hasMessageContaining("workers is '0'; allowed is a whole number from 1 to 12");
    assertThatThrownBy(() -> Scenario.parse("scenario 1 1 3 NOW"))
        .hasMessageContaining("start is 'NOW'; allowed are [TRIM_HORIZON, LATEST, AT_TIMESTAMP]");
  }
}
