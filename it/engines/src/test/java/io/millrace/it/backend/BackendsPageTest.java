package io.millrace.it.backend;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.it.backend.RunReport.Outcome;
import io.millrace.it.backend.RunReport.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class BackendsPageTest {

  @BeforeAll
  static void write() throws IOException {
    if (Boolean.getBoolean("millrace.write.docs")) {
      BackendsPage.record();
      Files.writeString(
          BackendsPage.DOCUMENT,
          BackendsPage.with(Files.readString(BackendsPage.DOCUMENT), BackendsPage.recorded()));
    }
  }

  @Test
  void the_page_is_what_the_last_reports_say() throws IOException {
    String page = Files.readString(BackendsPage.DOCUMENT);
    assertThat(BackendsPage.with(page, BackendsPage.recorded()))
        .as("run this test with -Dmillrace.write.docs=true to write it anew")
        .isEqualTo(page);
  }

  @Test
  void the_page_names_every_test_and_every_difference() throws IOException {
    String page = Files.readString(BackendsPage.DOCUMENT);
    assertThat(BackendsPage.tests()).hasSizeGreaterThan(5);
    for (String test : BackendsPage.tests()) {
      assertThat(page).contains("| " + BackendsPage.sentence(test) + " |");
    }
    for (Difference difference : Difference.values()) {
      assertThat(page).contains("- `" + difference + "`: " + difference.sentence());
    }
    for (Kind kind : Kind.values()) {
      assertThat(page).contains("`" + kind.text() + "`");
    }
  }

  @Test
  void reports_that_the_page_shows_have_run_every_test_of_today() throws IOException {
    Map<Kind, RunReport> recorded = BackendsPage.recorded();
    assertThat(recorded).containsKeys(Kind.EMBEDDED, Kind.KINESIS_LOCAL);
    recorded.forEach(
        (kind, report) ->
            assertThat(report.tests().stream().map(Result::name))
                .as("run the suite on %s again, and write the page anew", kind.text())
                .containsExactlyInAnyOrderElementsOf(BackendsPage.tests()));
  }

  @Test
  void what_failed_and_what_does_not_apply_can_be_told_from_what_passed() throws IOException {
    List<String> tests = BackendsPage.tests();
    RunReport report =
        new RunReport(
            "moto",
            "2026-01-02",
            "",
            new TreeMap<>(Map.of("Kinesis", "moto 1")),
            7,
            List.of(
                new Result(tests.get(0), Outcome.FAILED, "expected 1", 1),
                new Result(tests.get(1), Outcome.NOT_APPLICABLE, "NO_CBOR: no", 0),
                new Result(tests.get(2), Outcome.PASSED, "", 2)));
    Map<Kind, RunReport> reports = new EnumMap<>(Map.of(Kind.MOTO, report));
    String page = BackendsPage.with(Files.readString(BackendsPage.DOCUMENT), reports);
    assertThat(page)
        .contains("| run on | not run | not run | not run | not run | 2026-01-02 | not run |")
        .contains("| " + BackendsPage.sentence(tests.get(0)) + " |  |  |  |  | **failed** |  |")
        .contains("| " + BackendsPage.sentence(tests.get(1)) + " |  |  |  |  | – |  |")
        .contains("| " + BackendsPage.sentence(tests.get(2)) + " |  |  |  |  | passed |  |")
        .contains("| " + BackendsPage.sentence(tests.get(3)) + " |  |  |  |  | not run |  |");
    assertThat(report.line())
        .isEqualTo("backend moto: 2 tests ran, 1 passed, 1 failed, 1 not applicable; 7 s; moto 1");
  }
}
