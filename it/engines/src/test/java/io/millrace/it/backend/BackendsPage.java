package io.millrace.it.backend;

import io.millrace.it.backend.RunReport.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The part of {@code docs/testing-backends.md} that is made from the reports of runs. */
final class BackendsPage {

  static final Path DOCUMENT = Path.of("..", "..", "docs", "testing-backends.md");

  /** The last report of each backend, as the page shows it. */
  private static final Path RECORDED = Path.of("src", "test", "backends");

  private static final Path LATEST = Path.of("target", "backends");
  private static final String BEGIN = "<!-- from here on made from the reports of runs -->\n";
  private static final String END = "<!-- up to here -->\n";

  private BackendsPage() {}

  /** The tests of the suite, by name. */
  static List<String> tests() {
    return Arrays.stream(BackendSuite.class.getDeclaredMethods())
        .filter(method -> method.isAnnotationPresent(Test.class))
        .map(java.lang.reflect.Method::getName)
        .sorted()
        .toList();
  }

  /** Takes over what was reported since. A backend that could not be started keeps its report. */
  static void record() throws IOException {
    Files.createDirectories(RECORDED);
    for (Kind kind : Kind.values()) {
      Path latest = LATEST.resolve(kind.text() + ".json");
      if (Files.exists(latest) && RunReport.read(latest).notStarted().isEmpty()) {
        Files.copy(
            latest, RECORDED.resolve(kind.text() + ".json"), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  static Map<Kind, RunReport> recorded() throws IOException {
    Map<Kind, RunReport> reports = new EnumMap<>(Kind.class);
    for (Kind kind : Kind.values()) {
      Path file = RECORDED.resolve(kind.text() + ".json");
      if (Files.exists(file)) {
        reports.put(kind, RunReport.read(file));
      }
    }
    return reports;
  }

  /** The page with its made part made anew. */
  static String with(String page, Map<Kind, RunReport> reports) {
    int begin = page.indexOf(BEGIN) + BEGIN.length();
    int end = page.indexOf(END);
    if (begin < BEGIN.length() || end < begin) {
      throw new IllegalArgumentException(
          DOCUMENT + " needs the lines\n" + BEGIN + "and\n" + END + "in this order");
    }
    return page.substring(0, begin) + made(reports) + page.substring(end);
  }

  private static String made(Map<Kind, RunReport> reports) {
    StringBuilder text = new StringBuilder("\n");
    row(text, "", kind -> "`" + kind.text() + "`");
    row(text, "---", kind -> "---");
    row(text, "run on", kind -> report(reports, kind).map(RunReport::date).orElse("not run"));
    row(
        text,
        "engines",
        kind -> report(reports, kind).map(r -> String.join(", ", r.engines().values())).orElse(""));
    for (String test : tests()) {
      row(text, sentence(test), kind -> cell(reports, kind, test));
    }
    text.append("\n`–`: does not apply, because of a difference; `*`: with `-Pit` only.\n");
    text.append("\n### Known differences\n\n");
    for (Difference difference : Difference.values()) {
      List<String> backends = new ArrayList<>();
      for (Kind kind : Kind.values()) {
        if (kind.differences().contains(difference)) {
          backends.add("`" + kind.text() + "`");
        }
      }
      text.append("- `")
          .append(difference)
          .append("`: ")
          .append(difference.sentence())
          .append(" (")
          .append(String.join(", ", backends))
          .append(").\n");
    }
    return text.append('\n').toString();
  }

  private static void row(
      StringBuilder text, String first, java.util.function.Function<Kind, String> cell) {
    text.append("| ")
        .append(first)
        .append(" | ")
        .append(Arrays.stream(Kind.values()).map(cell).collect(Collectors.joining(" | ")))
        .append(" |\n");
  }

  private static Optional<RunReport> report(Map<Kind, RunReport> reports, Kind kind) {
    return Optional.ofNullable(reports.get(kind));
  }

  private static String cell(Map<Kind, RunReport> reports, Kind kind, String test) {
    return report(reports, kind)
        .map(
            report ->
                report.tests().stream()
                    .filter(result -> result.name().equals(test))
                    .map(BackendsPage::word)
                    .findFirst()
                    .orElse("not run"))
        .orElse("");
  }

  private static String word(Result result) {
    return switch (result.outcome()) {
      case PASSED -> "passed";
      case FAILED -> "**failed**";
      case NOT_APPLICABLE -> "–";
    };
  }

  static String sentence(String test) {
    return test.replace('_', ' ') + (isHeavy(test) ? " `*`" : "");
  }

  private static boolean isHeavy(String test) {
    return Arrays.stream(BackendSuite.class.getDeclaredMethods())
        .filter(method -> method.getName().equals(test))
        .anyMatch(method -> method.isAnnotationPresent(org.junit.jupiter.api.Tag.class));
  }
}
