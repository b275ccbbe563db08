package io.millrace.connectors.transform;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.Section;
import io.millrace.connectors.config.StepProvider;
import io.millrace.connectors.config.Values;
import io.millrace.connectors.message.MalformedMessageException;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.message.Step;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Makes several messages of one. */
public final class SplitStep implements StepProvider {

  enum At {
    LINES,
    ARRAY
  }

  private static final Key<At> AT =
      Key.oneOf("at", At.class)
          .required()
          .describedAs(
              "lines: every line that is not empty becomes a message; array: every element of a JSON"
                  + " array does.");

  private static final Section SECTION =
      new Section("split", "Makes several messages of one.", List.of(AT));

  @Override
  public Section section() {
    return SECTION;
  }

  @Override
  public Step open(Values values) {
    return values.get(AT) == At.LINES
        ? (message, origin) -> lines(message)
        : (message, origin) -> elements(message);
  }

  private static List<Message> lines(Message message) {
    ByteBuffer rest = message.bytes();
    List<Message> lines = new ArrayList<>();
    while (rest.hasRemaining()) {
      int end = rest.position();
      while (end < rest.limit() && rest.get(end) != '\n') {
        end++;
      }
      int length = end - rest.position();
      boolean carriageReturn = length > 0 && rest.get(end - 1) == '\r';
      byte[] line = new byte[carriageReturn ? length - 1 : length];
      rest.get(line);
      if (line.length > 0) {
        lines.add(message.withBytes(line));
      }
      rest.position(Math.min(end + 1, rest.limit()));
    }
    return lines;
  }

  private static List<Message> elements(Message message) {
    JsonNode json = message.json();
    if (!json.isArray()) {
      throw new MalformedMessageException(
          SECTION.name() + ": the message is " + JsonFields.kind(json) + ", not a JSON array");
    }
    List<Message> elements = new ArrayList<>();
    json.forEach(element -> elements.add(message.withJson(element)));
    return elements;
  }

  @Override
  public String explain(Values values) {
    return values.get(AT) == At.LINES
        ? "Makes a message of every line that is not empty."
        : "Makes a message of every element of a JSON array.";
  }
}
