package io.millrace.connectors.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** What is wrong with a file; all of it is said at once, by line. Used by one thread. */
final class Problems {

  private record Problem(int line, String text) {}

  private final String file;
  private final List<Problem> problems = new ArrayList<>();

  /**
   * @param file as the user named it
   */
  Problems(String file) {
    this.file = file;
  }

  /** Something about a line. */
  void add(int line, String text) {
    problems.add(new Problem(line, file + ":" + line + ": " + text));
  }

  /** Something about a key. */
  void add(int line, String key, String text) {
    add(line, key + ": " + text);
  }

  /** What {@link #exception} has made. */
  void add(ConfigException refused) {
    problems.add(new Problem(refused.line(), refused.getMessage()));
  }

  boolean isEmpty() {
    return problems.isEmpty();
  }

  /** For a value that is refused after reading. */
  ConfigException exception(int line, String key, String text) {
    return new ConfigException(file + ":" + line + ": " + key + ": " + text, line);
  }

  void throwIfAny() {
    if (!problems.isEmpty()) {
      throw new ConfigException(
          problems.stream()
              .sorted(Comparator.comparingInt(Problem::line))
              .map(Problem::text)
              .distinct()
              .collect(Collectors.joining("\n")));
    }
  }
}
