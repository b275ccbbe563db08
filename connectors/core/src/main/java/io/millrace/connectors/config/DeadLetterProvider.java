package io.millrace.connectors.config;

import io.millrace.kcl.deadletter.DeadLetterDestination;
import java.util.List;
import java.util.Optional;

/**
 * Makes a destination for dead letters of what a config file says. Found by {@link
 * java.util.ServiceLoader}.
 */
public interface DeadLetterProvider {

  /** Its keys; its name is what {@code deadLetter.type} says. */
  Section section();

  /**
   * Looks whether letters of a pipeline can go there at all; asked when a file is read.
   *
   * @param values allowed by themselves
   * @param source what the file says about the stream that is read
   * @return what is wrong, made by {@link Values#refuse}; empty if nothing is
   */
  default Optional<ConfigException> refusal(Values values, Values source) {
    return Optional.empty();
  }

  /**
   * Opens the destination, to be closed if it is {@link AutoCloseable}.
   *
   * @throws ConfigException if values do not go together
   */
  DeadLetterDestination open(Values values, Surroundings surroundings);

  /** Opens what is stored there, for reading and replaying. */
  DeadLetterSource source(Values values, Surroundings surroundings);

  /** Looks whether everything is there and allowed, and changes nothing. */
  List<Finding> check(Values values, Surroundings surroundings);

  /** Where letters go, in a sentence. */
  String explain(Values values);
}
