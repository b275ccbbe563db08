package io.millrace.connectors.config;

import io.millrace.connectors.message.Step;

/**
 * Makes a step of a pipeline of what a config file says under {@code transform} or {@code filter}.
 * Found by {@link java.util.ServiceLoader}.
 */
public interface StepProvider {

  /**
   * Its keys; its name is what the file says. If it has exactly one key, its value stands directly
   * behind the name: {@code pick: [id, name]}.
   */
  Section section();

  /** Whether it only keeps messages or drops them, and so may stand under {@code filter} too. */
  default boolean filters() {
    return false;
  }

  /**
   * Makes the step. Once a pipeline, for all shards.
   *
   * @throws ConfigException if values do not go together
   */
  Step open(Values values);

  /** What it does, in a sentence. */
  String explain(Values values);
}
