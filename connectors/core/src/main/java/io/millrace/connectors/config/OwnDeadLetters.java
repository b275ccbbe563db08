package io.millrace.connectors.config;

import java.util.Objects;

/**
 * A place for dead letters that a sink's section names, in place of a {@code deadLetter} section.
 *
 * @param key the sink's key that names it
 * @param section what a {@code deadLetter} section would say
 */
public record OwnDeadLetters(Key<?> key, Chosen<DeadLetterProvider> section) {
  public OwnDeadLetters {
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(section, "section");
  }
}
