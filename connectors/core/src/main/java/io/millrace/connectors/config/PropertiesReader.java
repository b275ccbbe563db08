package io.millrace.connectors.config;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/**
 * Reads files of {@link Properties}, and knows in which lines their keys are. What a line means is
 * left to that class; here is only where a logical line begins and ends.
 */
final class PropertiesReader {

  /** What one key says. */
  record Entry(int line, String value) {}

  private final Problems problems;

  PropertiesReader(Problems problems) {
    this.problems = problems;
  }

  /** By key, in the order of the file; what is wrong is added to the problems. */
  Map<String, Entry> read(String text) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    List<String> lines = text.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      int first = i + 1;
      String line = lines.get(i);
      if (isComment(line)) {
        continue;
      }
      StringBuilder logical = new StringBuilder(line);
      while (continues(line) && i + 1 < lines.size()) {
        line = lines.get(++i);
        logical.append('\n').append(line);
      }
      add(first, logical.toString(), entries);
    }
    return entries;
  }

  private void add(int line, String logical, Map<String, Entry> entries) {
    Properties properties = new Properties();
    try {
      properties.load(new StringReader(logical));
    } catch (IllegalArgumentException e) {
      problems.add(
          line, "'" + logical.strip() + "' has a \\u that four hexadecimal digits do not follow");
      return;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    properties.forEach(
        (name, value) -> {
          Entry first = entries.putIfAbsent((String) name, new Entry(line, (String) value));
          if (first != null) {
            problems.add(
                line, (String) name, "said twice, first in line " + first.line() + "; say it once");
          }
        });
  }

  private static boolean isComment(String line) {
    String text = line.strip();
    return text.isEmpty() || text.startsWith("#") || text.startsWith("!");
  }

  /** An odd number of backslashes at the end. */
  private static boolean continues(String line) {
    int backslashes = 0;
    while (backslashes < line.length() && line.charAt(line.length() - 1 - backslashes) == '\\') {
      backslashes++;
    }
    return backslashes % 2 == 1;
  }
}
