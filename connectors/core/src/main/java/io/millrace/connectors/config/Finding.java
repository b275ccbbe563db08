package io.millrace.connectors.config;

import java.util.Objects;

/**
 * What looking at a destination has shown.
 *
 * @param ok whether the pipeline can work with it
 * @param text what was looked at and found; if it is not ok, also what to do
 */
public record Finding(boolean ok, String text) {
  public Finding {
    Objects.requireNonNull(text, "text");
  }

  public static Finding good(String text) {
    return new Finding(true, text);
  }

  public static Finding bad(String text) {
    return new Finding(false, text);
  }
}
