package io.millrace.connectors.config;

import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Sink;
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
   * The {@code deadLetter} section that a key of the sink stands for, if the file says that key. A
   * file that has both is refused.
   *
   * @param values may lack what is required, while mistakes of a file are looked for
   */
  default Optional<OwnDeadLetters> deadLetters(Values values) {
    return Optional.empty();
  }

  /**
   * The applications that a file describes, each with a stream, a lease table and a worker of its
   * own; they are run side by side. One for nearly every sink.
   *
   * @param file what was read
   * @return at least one; their own sinks make one each
   * @throws ConfigException if values do not go together
   */
  default List<Stage> stages(PipelineConfig file) {
    return List.of(new Stage("", file, false));
  }

  /** What it will do, in a few sentences for somebody who has to run it; one sentence each. */
  List<String> explain(Values values);
}
