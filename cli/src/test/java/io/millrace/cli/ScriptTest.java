package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ScriptTest {

  private final Script script =
      new Script(
          List.of(
              new Script.Step(35, Script.Action.SPLIT), new Script.Step(20, Script.Action.KILL)));

  @Test
  void a_step_is_due_once() {
    assertThat(script.due(19_000, 19_999)).isEmpty();
    assertThat(script.due(19_999, 20_000)).containsExactly(new Script.Step(20, Script.Action.KILL));
    assertThat(script.due(20_000, 21_000)).isEmpty();
  }

  @Test
  void steps_that_were_missed_together_come_in_order() {
    assertThat(script.due(0, 60_000))
        .extracting(Script.Step::action)
        .containsExactly(Script.Action.KILL, Script.Action.SPLIT);
  }

  @Test
  void the_next_step_is_the_first_that_is_not_past() {
    assertThat(script.nextMillis(0)).isEqualTo(20_000);
    assertThat(script.nextMillis(20_000)).isEqualTo(35_000);
    assertThat(script.nextMillis(35_000)).isEqualTo(Long.MAX_VALUE);
  }
}
