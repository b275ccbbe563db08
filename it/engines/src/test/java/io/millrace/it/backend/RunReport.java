package io.millrace.it.backend;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;

/**
 * What came of a run, as it is written to {@code target/backends/NAME.json}.
 *
 * @param backend as {@code -Dit.backend=} names it
 * @param date of the run, such as 2026-11-22
 * @param notStarted why nothing ran; empty if it did
 * @param engines by service, what ran there
 * @param seconds from the start of the backend to its end
 * @param tests by name
 */
record RunReport(
    String backend,
    String date,
    String notStarted,
    SortedMap<String, String> engines,
    long seconds,
    List<Result> tests) {

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  enum Outcome {
    PASSED,
    FAILED,
    NOT_APPLICABLE
  }

  /**
   * One test.
   *
   * @param why the difference for which it does not apply, or the failure; else empty
   */
  record Result(String name, Outcome outcome, String why, long millis) {}

  private long count(Outcome outcome) {
    return tests.stream().filter(test -> test.outcome() == outcome).count();
  }

  /** One line for the console. */
  String line() {
    if (!notStarted.isEmpty()) {
      return "backend " + backend + ": NOT STARTED: " + notStarted;
    }
    return "backend %s: %d tests ran, %d passed, %d failed, %d not applicable; %d s; %s"
        .formatted(
            backend,
            count(Outcome.PASSED) + count(Outcome.FAILED),
            count(Outcome.PASSED),
            count(Outcome.FAILED),
            count(Outcome.NOT_APPLICABLE),
            seconds,
            String.join(", ", engines.values()));
  }

  void write(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, JSON.writeValueAsString(this) + "\n");
  }

  static RunReport read(Path file) throws IOException {
    return JSON.readValue(file.toFile(), RunReport.class);
  }
}
