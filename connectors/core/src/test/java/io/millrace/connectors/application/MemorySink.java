package io.millrace.connectors.application;

import io.millrace.connectors.config.Chosen;
import io.millrace.connectors.config.DeadLetterProvider;
import io.millrace.connectors.config.Finding;
import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.OwnDeadLetters;
import io.millrace.connectors.config.Section;
import io.millrace.connectors.config.SinkProvider;
import io.millrace.connectors.config.Surroundings;
import io.millrace.connectors.config.Values;
import io.millrace.connectors.deadletter.FileDeadLetterProvider;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Outcome;
import io.millrace.connectors.sink.RecordRange;
import io.millrace.connectors.sink.RecordSink;
import io.millrace.connectors.sink.Sink;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps what it gets. */
final class MemorySink implements SinkProvider {

  private static final Key<Boolean> REFUSE = Key.flag("refuse").withDefault(false);
  private static final Key<String> ERRORS = Key.text("errors");

  private final List<String> texts = new CopyOnWriteArrayList<>();
  private volatile boolean closed;

  List<String> texts() {
    return List.copyOf(texts);
  }

  boolean closed() {
    return closed;
  }

  @Override
  public Section section() {
    return new Section("memory", "Keeps what it gets.", List.of(REFUSE, ERRORS));
  }

  @Override
  public Sink<Message> open(Values values, Surroundings surroundings) {
    if (values.get(REFUSE)) {
      throw values.refuse(REFUSE, "it was asked to");
    }
    return new RecordSink<>() {
      @Override
      public CompletionStage<List<Outcome>> deliver(RecordRange<Message> range) {
        range
            .items()
            .forEach(
                item -> texts.add(StandardCharsets.UTF_8.decode(item.value().bytes()).toString()));
        return CompletableFuture.completedFuture(
            range.items().stream().map(item -> Outcome.delivered()).toList());
      }

      @Override
      public String name() {
        return "memory";
      }

      @Override
      public void close() {
        closed = true;
      }
    };
  }

  /** Files in a directory. */
  @Override
  public Optional<OwnDeadLetters> deadLetters(Values values) {
    DeadLetterProvider files = new FileDeadLetterProvider();
    return values
        .find(ERRORS)
        .map(
            directory ->
                new OwnDeadLetters(
                    ERRORS,
                    new Chosen<>(
                        files,
                        new Values(
                            files.section(), Map.of("directory", directory), values::refuse))));
  }

  @Override
  public List<Finding> check(Values values, Surroundings surroundings) {
    return List.of(Finding.good("memory is there"));
  }

  @Override
  public List<String> explain(Values values) {
    return List.of("Keeps what it gets in memory.");
  }
}
