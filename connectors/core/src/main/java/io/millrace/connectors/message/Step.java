package io.millrace.connectors.message;

import java.util.List;

/**
 * One step of a pipeline without code. Called on several threads at a time; the same message gives
 * the same messages whenever it comes again, or a replay would store something else.
 */
@FunctionalInterface
public interface Step {

  /**
   * Makes of a message what the next step gets.
   *
   * @return none if it is filtered out; several if it is split, in their order
   * @throws MalformedMessageException if the step cannot work with it: its record becomes a dead
   *     letter
   */
  List<Message> apply(Message message, Origin origin);
}
