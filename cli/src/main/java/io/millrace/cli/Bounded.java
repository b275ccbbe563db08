package io.millrace.cli;

import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Checks of option values, said alike everywhere: which option, which value, what is allowed. */
final class Bounded {

  private Bounded() {}

  static void check(CommandLine command, String option, long value, long min, long max) {
    if (value < min || value > max) {
      throw refused(command, option, value, min + " to " + max);
    }
  }

  static ParameterException refused(
      CommandLine command, String option, Object value, String allowed) {
    return new ParameterException(
        command, option + ": '" + value + "' is not allowed; allowed: " + allowed);
  }
}
