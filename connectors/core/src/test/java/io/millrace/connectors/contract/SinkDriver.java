package io.millrace.connectors.contract;

import io.millrace.connectors.message.Message;
import io.millrace.connectors.pipeline.RecordTransform;
import io.millrace.connectors.sink.Sink;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A sink under the contract. Has a public constructor without parameters, since it is also made in
 * processes of their own, where nothing is known but the destination's text.
 */
public interface SinkDriver {

  /**
   * Opens the sink, as a worker would.
   *
   * @param destination everything it has to know: end point, bucket, table, format
   */
  Sink<Message> open(String destination);

  /**
   * The ids of what a reader of the destination finds who honours what the documentation says, each
   * as often as it is there. Records are JSON objects with a text {@code id} and a number {@code
   * n}.
   */
  List<String> stored(String destination) throws Exception;

  /** What the pipeline does with a record that is kept. */
  default RecordTransform<Message> transform() {
    return record -> List.of(Message.of(record));
  }

  /** A payload that contains the id, and that the sink cannot store; null if there is none. */
  default byte[] poison(String id) {
    return ("no JSON: " + id).getBytes(StandardCharsets.UTF_8);
  }
}
