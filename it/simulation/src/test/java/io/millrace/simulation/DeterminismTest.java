package io.millrace.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class DeterminismTest {

  private static final long SEEDS = 40;

  /** What the other JVM runs. */
  static final class Main {
    public static void main(String[] args) {
      System.out.println(Long.toHexString(Simulate.seeds(0, SEEDS, 1, p -> {}).hash()));
    }
  }

  @Test
  void two_jvms_and_any_number_of_threads_give_equal_hashes()
      throws IOException, InterruptedException {
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String here = Long.toHexString(Simulate.seeds(0, SEEDS, 2, p -> {}).hash());
    String there =
        new String(other.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(other.waitFor()).isZero();
    assertThat(there).isEqualTo(here);
  }

  @Test
  void a_scenario_survives_being_written_down() {
    for (long seed = 0; seed < 100; seed++) {
      Scenario scenario = Scenario.generate(seed);
      assertThat(Scenario.parse("# a comment\n" + scenario.toText())).isEqualTo(scenario);
    }
  }
}
