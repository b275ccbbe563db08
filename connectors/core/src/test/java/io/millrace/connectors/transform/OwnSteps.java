package io.millrace.connectors.transform;

import io.millrace.connectors.message.Message;
import io.millrace.connectors.message.Origin;
import io.millrace.connectors.message.Step;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Steps as users write them, good ones and bad ones. */
public final class OwnSteps {

  private OwnSteps() {}

  public static final class Twice implements Step {
    @Override
    public List<Message> apply(Message message, Origin origin) {
      return List.of(message, message);
    }
  }

  public static final class Suffix implements Step {
    private final String suffix;

    public Suffix(Map<String, String> options) {
      if (!options.containsKey("suffix")) {
        throw new IllegalArgumentException("say suffix");
      }
      suffix = options.get("suffix");
    }

    @Override
    public List<Message> apply(Message message, Origin origin) {
      String text = StandardCharsets.UTF_8.decode(message.bytes()) + suffix;
      return List.of(message.withBytes(text.getBytes(StandardCharsets.UTF_8)));
    }
  }

  public static final class NoSuitableConstructor implements Step {
    public NoSuitableConstructor(int number) {
      if (number < 0) {
        throw new IllegalArgumentException();
      }
    }

    @Override
    public List<Message> apply(Message message, Origin origin) {
      return List.of();
    }
  }
}
