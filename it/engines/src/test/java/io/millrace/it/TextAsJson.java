package io.millrace.it;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.message.Origin;
import io.millrace.connectors.message.Step;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A step as a user writes one: the text becomes a JSON object. */
public final class TextAsJson implements Step {
  @Override
  public List<Message> apply(Message message, Origin origin) {
    String text = StandardCharsets.UTF_8.decode(message.bytes()).toString();
    return List.of(message.withJson(JsonNodeFactory.instance.objectNode().put("text", text)));
  }
}
