package io.millrace.connectors.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a file says, before anybody knows what it means. */
sealed interface Raw {

  /** Where it begins, from 1. */
  int line();

  /**
   * A single value.
   *
   * @param written as the file has it; what messages show
   * @param value with references replaced
   * @param referenced whether there were any: then the value is not for showing
   */
  record Text(String written, String value, boolean referenced, int line) implements Raw {
    static Text plain(String text, int line) {
      return new Text(text, text, false, line);
    }
  }

  /** Several values. */
  record Items(List<Raw> elements, int line) implements Raw {}

  /** Values with names, in the order of the file. */
  record Fields(Map<String, Field> fields, int line) implements Raw {
    static Fields none(int line) {
      return new Fields(new LinkedHashMap<>(), line);
    }
  }

  /**
   * A named value.
   *
   * @param shown what messages call it: the path, or the old library's name
   * @param line where the name stands
   */
  record Field(String shown, int line, Raw value) {}
}
