package io.millrace.connectors.config;

import java.util.Objects;

/**
 * A sink, a dead letter destination or a step that a file names, with what the file says for it.
 *
 * @param provider makes it
 * @param values what the file says
 */
public record Chosen<P>(P provider, Values values) {
  public Chosen {
    Objects.requireNonNull(provider, "provider");
    Objects.requireNonNull(values, "values");
  }

  /** What the file calls it. */
  public String name() {
    return values.section().name();
  }
}
