package io.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * A fleet of real processes under load and real faults. {@code -Dchaos.seconds}, {@code
 * -Dchaos.seed}, {@code -Dchaos.workers} and {@code -Dchaos.rate} make it longer, other, larger and
 * busier.
 */
class ChaosIT {

  /** In so many seconds every kind of fault has its turn, see {@link Schedule}. */
  private static final int ENOUGH_SECONDS = 120;

  @Test
  void every_record_is_accounted_for_whatever_happens_to_processes_and_connections()
      throws Exception {
    Path folder = Path.of(System.getProperty("chaos.folder", "target/chaos"));
    ChaosRun.Setting setting =
        new ChaosRun.Setting(
            folder,
            Long.getLong("chaos.seed", 1),
            Duration.ofSeconds(Integer.getInteger("chaos.seconds", 180)),
            Integer.getInteger("chaos.workers", 4),
            Integer.getInteger("chaos.rate", 400));
    Report report;
    try (ChaosRun run = new ChaosRun(setting)) {
      ChaosRun.Outcome outcome = run.run();
      report = new Report(setting, outcome, Checker.check(outcome.evidence()));
    }
    String text = report.table() + report.json() + "\n";
    Files.writeString(folder.resolve("report.txt"), text);
    Files.writeString(folder.resolve("schedule.txt"), report.outcome().schedule().text());
    new PrintStream(System.out, true, StandardCharsets.UTF_8).println(text);

    assertThat(report.findings().violations()).as(report.violations()).isEmpty();
    assertThat(report.findings().totals().put()).isPositive();
    if (setting.faults().toSeconds() >= ENOUGH_SECONDS) {
      Set<String> planned = new TreeSet<>();
      report.outcome().schedule().faults().forEach(entry -> planned.add(entry.fault().kind()));
      assertThat(report.kindsDone()).as("every kind of fault was carried out").isEqualTo(planned);
    }
  }
}
