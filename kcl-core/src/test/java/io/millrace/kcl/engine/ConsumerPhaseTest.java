package io.millrace.kcl.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.kcl.engine.ConsumerPhase.Signal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ConsumerPhaseTest {

  private static final Path DOCUMENT = Path.of("..", "docs", "consumer-phases.md");

  @Test
  void nothing_follows_stopped() {
    assertThat(ConsumerPhase.transitions().get(ConsumerPhase.STOPPED)).isEmpty();
  }

  @Test
  void every_phase_can_be_reached_and_left() {
    Set<ConsumerPhase> reached = EnumSet.of(ConsumerPhase.WAITING);
    ConsumerPhase.transitions().values().forEach(edges -> reached.addAll(edges.values()));
    assertThat(reached).containsExactlyInAnyOrder(ConsumerPhase.values());
    ConsumerPhase.transitions()
        .forEach(
            (phase, edges) -> {
              if (phase != ConsumerPhase.STOPPED) {
                assertThat(edges).as(phase.name()).isNotEmpty();
              }
            });
  }

  @Test
  void every_call_can_return_or_throw_or_be_abandoned() {
    for (ConsumerPhase phase : ConsumerPhase.values()) {
      if (phase.isCalling()) {
        assertThat(ConsumerPhase.transitions().get(phase).keySet())
            .as(phase.name())
            .contains(Signal.RETURNED, Signal.FAILED, Signal.ABANDON);
      }
    }
  }

  @Test
  void the_diagram_in_the_documentation_is_the_table() throws IOException {
    String document = Files.readString(DOCUMENT);
    int from = document.indexOf("```mermaid\n") + "```mermaid\n".length();
    assertThat(document.substring(from, document.indexOf("```", from))).isEqualTo(diagram());
  }

  private static String diagram() {
    StringBuilder diagram = new StringBuilder("stateDiagram-v2\n    [*] --> WAITING\n");
    ConsumerPhase.transitions()
        .forEach(
            (phase, edges) ->
                edges.forEach(
                    (signal, next) ->
                        diagram.append("    %s --> %s: %s%n".formatted(phase, next, signal))));
    return diagram.append("    STOPPED --> [*]\n").toString();
  }
}
