package io.millrace.connectors.config;

import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.Outcome;
import io.millrace.connectors.sink.RecordRange;
import io.millrace.connectors.sink.RecordSink;
import io.millrace.connectors.sink.Sink;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A sink with a key of each kind. */
final class FakeSink implements SinkProvider {

  static final Key<String> BUCKET = Key.text("bucket").required();
  static final Key<Boolean> CREATE = Key.flag("createBucket").withDefault(false);
  static final Key<String> PASSWORD =
      Key.parsed(
              "password",
              "at least 8 characters",
              text -> {
                if (text.length() < 8) {
                  throw new IllegalArgumentException("'" + text + "' is too short");
                }
                return text;
              })
          .secret();
  static final Key<Map<String, Object>> TAGS =
      Key.map("tags", "names with values, such as {team: clicks}", map -> map);
  static final Key<List<String>> COLUMNS = Key.list("columns");
  static final Key<String> ENDPOINT = Key.text("endpoint");

  private final Section section;

  FakeSink(String name) {
    section =
        new Section(name, "A fake.", List.of(BUCKET, CREATE, PASSWORD, TAGS, COLUMNS, ENDPOINT));
  }

  @Override
  public Section section() {
    return section;
  }

  @Override
  public Sink<Message> open(Values values, Surroundings surroundings) {
    return new RecordSink<>() {
      @Override
      public CompletionStage<List<Outcome>> deliver(RecordRange<Message> range) {
        return CompletableFuture.completedFuture(
            range.items().stream().map(item -> Outcome.delivered()).toList());
      }

      @Override
      public String name() {
        return section.name();
      }
    };
  }

  @Override
  public List<Finding> check(Values values, Surroundings surroundings) {
    return List.of();
  }

  @Override
  public List<String> explain(Values values) {
    return List.of("Stores nothing.");
  }

  /** This sink under the names of real ones, and everything that core has. */
  static Modules modules() {
    Modules installed = Modules.installed();
    return new Modules(
        List.of(new FakeSink("s3"), new FakeDynamoDb()),
        installed.deadLetters().values(),
        installed.steps().values());
  }

  /** With the keys that the old library's names become. */
  static final class FakeDynamoDb implements SinkProvider {
    static final Key<String> TABLE = Key.text("table").required();
    private static final Section SECTION =
        new Section(
            "dynamodb",
            "A fake.",
            List.of(
                TABLE, Key.text("endpoint"), Key.text("partitionKey"), Key.flag("createTable")));

    @Override
    public Section section() {
      return SECTION;
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
}
