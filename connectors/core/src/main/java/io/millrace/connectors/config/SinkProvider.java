package io.millrace.connectors.config;

import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Sink;
import io.millrace.kcl.deadletter.DeadLetterDestination;
import java.util.List;
import java.util.Optional;

/**
 * Makes a sink of what a config file says. Found by {@link java.util.ServiceLoader}, so that a file
 * can name the sinks whose modules are there.
 */
public interface SinkProvider {

  /** Its keys; its name is what {@code sink.type} says. */
  Section section();

  /**
   * Opens the sink. Creates what the file asks to be created; does not wait for the destination
   * otherwise.
   *
   * @throws ConfigException if values do not go together
   */
  Sink<Message> open(Values values, Surroundings surroundings);

  /**
   * Looks whether everything is there and allowed, and changes nothing.
   *
   * @throws ConfigException if values do not go together
   */
  List<Finding> check(Values values, Surroundings surroundings);

  /**
   * Opens the place for dead letters that the sink's own keys name, if they do: what it excludes
   * goes there when the file has no {@code deadLetter} section. To be closed if it is {@link
   * AutoCloseable}.
   */
  default Optional<DeadLetterDestination> deadLetters(Values values, Surroundings surroundings) {
    return Optional.empty();
  }

  /** What it will do, in a few sentences for somebody who has to run it; one sentence each. */
  List<String> explain(Values values);
}
