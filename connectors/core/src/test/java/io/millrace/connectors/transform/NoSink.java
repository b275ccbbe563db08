package io.millrace.connectors.transform;

import io.millrace.connectors.config.Finding;
import io.millrace.connectors.config.Section;
import io.millrace.connectors.config.SinkProvider;
import io.millrace.connectors.config.Surroundings;
import io.millrace.connectors.config.Values;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Sink;
import java.util.List;

/** Lets a file be read. */
final class NoSink implements SinkProvider {
  @Override
  public Section section() {
    return new Section("none", "Nothing.", List.of());
  }

  @Override
  public Sink<Message> open(Values values, Surroundings surroundings) {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<Finding> check(Values values, Surroundings surroundings) {
    return List.of();
  }

  @Override
  public List<String> explain(Values values) {
    return List.of();
  }
}
