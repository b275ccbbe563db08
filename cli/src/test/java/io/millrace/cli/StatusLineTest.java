package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.samples.referrers.DemoStatus;
import io.millrace.samples.referrers.DemoStatus.ReferrerCount;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class StatusLineTest {

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  @Test
  void it_shows_counts_leases_and_top_referrers() {
    assertThat(StatusLine.format(72_000, status(3)))
        .isEqualTo(
            "1:12  put 2,400  processed 2,390 (3 twice)  |  leases worker-1: 2, worker-2: 2"
                + "  |  top www.reddit.com 30, github.com 9");
  }

  @Test
  void it_says_so_while_there_is_nothing_to_show() {
    assertThat(StatusLine.format(0, new DemoStatus(0, 0, 0, List.of(), new TreeMap<>())))
        .isEqualTo("0:00  put 0  processed 0  |  workers are starting  |  no counts yet");
  }

  @Test
  void without_a_terminal_every_state_is_a_line() {
    StatusLine line = new StatusLine(out, 0);
    line.show(1_000, status(0));
    line.show(2_000, status(0));

    assertThat(text().lines()).hasSize(2);
    assertThat(text()).doesNotContain("\u001b");
  }

  @Test
  void on_a_terminal_it_stays_in_place_and_fits() {
    StatusLine line = new StatusLine(out, 40);
    line.show(1_000, status(0));
    line.say("Killed worker-1.");

    assertThat(text())
        .contains("…")
        .endsWith("\r\u001b[KKilled worker-1." + System.lineSeparator());
  }

  private String text() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static DemoStatus status(long duplicates) {
    return new DemoStatus(
        2_400,
        2_390,
        duplicates,
        List.of(new ReferrerCount("www.reddit.com", 30), new ReferrerCount("github.com", 9)),
        new TreeMap<>(Map.of("worker-1", 2, "worker-2", 2)));
  }
}
