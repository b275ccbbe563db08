package io.millrace.connectors.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import io.millrace.connectors.config.Chosen;
import io.millrace.connectors.config.ConfigException;
import io.millrace.connectors.config.Modules;
import io.millrace.connectors.config.PipelineConfig;
import io.millrace.connectors.config.StepProvider;
import io.millrace.connectors.message.MalformedMessageException;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.message.Origin;
import io.millrace.kcl.Record;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What each step makes of a message, as a file says it. */
class StepsTest {

  private static final Origin ORIGIN = new Origin("clicks", "shardId-000000000003");

  @TempDir private Path directory;

  private static Message message(byte[] data) {
    return Message.of(
        Record.builder()
            .partitionKey("user-7")
            .sequenceNumber("49590338271490256608559692538361571095921575989136588898")
            .subSequenceNumber(2)
            .approximateArrivalTimestamp(Instant.parse("2026-11-01T12:00:00.123Z"))
            .data(data)
            .build());
  }

  /** The step as a file has it, on one line. */
  private List<Message> run(String step, byte[] data) throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("a.yaml"),
            "source: {stream: clicks, application: app}\n"
                + "transform:\n  - "
                + step
                + "\nsink: {type: none}\n");
    Modules installed = Modules.installed();
    PipelineConfig config =
        PipelineConfig.read(
            file,
            new Modules(
                List.of(new NoSink()),
                installed.deadLetters().values(),
                installed.steps().values()),
            name -> null);
    Chosen<StepProvider> chosen = config.transform().get(0);
    assertThat(chosen.provider().explain(chosen.values())).endsWith(".");
    return chosen.provider().open(chosen.values()).apply(message(data), ORIGIN);
  }

  private List<String> texts(String step, String data) throws IOException {
    List<String> texts = new ArrayList<>();
    run(step, data.getBytes(StandardCharsets.UTF_8))
        .forEach(m -> texts.add(StandardCharsets.UTF_8.decode(m.bytes()).toString()));
    return texts;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          pick: [b, a]                | {"a":1,"b":2,"c":3}                      | {"b":2,"a":1}
          pick: [a, z]                | {"a":1}                                  | {"a":1}
          pick: [u.id, u.n.x, c]      | {"u":{"id":1,"k":2,"n":{"x":3}},"c":4}    | {"u":{"id":1,"n":{"x":3}},"c":4}
          pick: [u.id]                | {"u.id":1,"u":{"id":2}}                  | {"u.id":1}
          pick: [a.b.c]               | {"a":{"b.c":1,"d":2}}                    | {"a":{"b.c":1}}
          drop: [a, u.id, z.z]        | {"a":1,"u":{"id":1,"k":2}}               | {"u":{"k":2}}
          'rename: {a: b, b: a}'      | {"a":1,"b":2}                            | {"b":1,"a":2}
          'rename: {u.id: user, z: y}' | {"u":{"id":1,"k":2}}                    | {"u":{"k":2},"user":1}
          flatten                     | {"a":{"b":{"c":1},"d":[{"e":2}]},"f":{}} | {"a_b_c":1,"a_d":[{"e":2}],"f":{}}
          flatten: .                  | {"a":{"b":1}}                            | {"a.b":1}
          'cast: {a: integer}'        | {"a":"12"}                               | {"a":12}
          'cast: {a: integer}'        | {"a":12.0}                               | {"a":12}
          'cast: {a: number}'         | {"a":" 1.50 "}                           | {"a":1.50}
          'cast: {a: text, b: text}'  | {"a":1.50,"b":true}                      | {"a":"1.50","b":"true"}
          'cast: {a: boolean, b: boolean}' | {"a":"TRUE","b":0}                  | {"a":true,"b":false}
          'cast: {a: integer, z: integer}' | {"a":null}                          | {"a":null}
          'cast: {u.id: text}'        | {"u":{"id":12345678901234567890123}}     | {"u":{"id":"12345678901234567890123"}}
          """)
  void json_is_changed(String step, String before, String after) throws IOException {
    assertThat(texts(step, before)).containsExactly(after);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          pick: [a]              | [1]                    | pick: the message is an array, not a JSON object
          pick: [a]              | {"a":                  | not JSON: Unexpected end-of-input within/between Object entries (line 1, column 6)
          drop: [a]              | null                   | drop: the message is null, not a JSON object
          'rename: {a: b}'       | {"a":1,"b":2}          | rename: there is a field 'b' already
          flatten                | {"a":{"b":1},"a_b":2}  | flatten: there is a field 'a_b' already
          'cast: {a: integer}'   | {"a":"1.5"}            | cast: the field 'a' is a text that is no integer
          'cast: {a: integer}'   | {"a":1e999999999}      | cast: the field 'a' is a number that is no integer
          'cast: {a: number}'    | {"a":"ten"}            | cast: the field 'a' is a text that is no number
          'cast: {a: boolean}'   | {"a":"yes"}            | cast: the field 'a' is a text that is no boolean
          'cast: {a: text}'      | {"a":[1]}              | cast: the field 'a' is an array that is no text
          'metadata: {stream: s}' | {"s":1}               | metadata: there is a field 's' already
          split: array           | {"a":1}                | split: the message is an object, not a JSON array
          """)
  void what_does_not_fit_is_malformed(String step, String before, String why) {
    assertThatThrownBy(() -> texts(step, before))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage(why);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          status == 'ok'                 | {"status":"ok"}              | true
          status == 'ok'                 | {"status":"no"}              | false
          status == 'ok'                 | {}                           | false
          code == `200`                  | {"code":200}                 | true
          code == `200`                  | {"code":200.0}               | true
          code == `1.5`                  | {"code":1.50}                | true
          code != `200`                  | {"code":200}                 | false
          code == `20000000000`          | {"code":20000000000}         | true
          contains([`1`, `2`], code)     | {"code":2}                   | true
          size > `100` && !deleted       | {"size":101}                 | true
          size > `100` && !deleted       | {"size":101,"deleted":true}  | false
          size > `100`                   | {"size":99.99}               | false
          size > `100`                   | {"size":"101"}               | false
          tags && contains(tags, 'a')    | {"tags":["a"]}               | true
          tags && contains(tags, 'a')    | {}                           | false
          user.id                        | {"user":{"id":0}}            | true
          items[?price > `10`]           | {"items":[{"price":11}]}     | true
          items[?price > `10`]           | {"items":[{"price":9}]}      | false
          """)
  void a_jmespath_expression_keeps_or_drops(String expression, String json, boolean kept)
      throws IOException {
    String step = "jmespath: \"" + expression + "\"";

    assertThat(texts(step, json)).isEqualTo(kept ? List.of(json) : List.of());
  }

  @Test
  void a_function_that_gets_something_of_a_wrong_type_makes_a_dead_letter() {
    assertThatThrownBy(() -> texts("jmespath: contains(tags, 'a')", "{}"))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessageContaining("contains");
  }

  @Test
  void what_the_stream_knows_of_a_record_is_added() throws IOException {
    assertThat(texts("metadata", "{\"a\":1}"))
        .containsExactly(
            "{\"a\":1,\"partitionKey\":\"user-7\","
                + "\"sequenceNumber\":\"49590338271490256608559692538361571095921575989136588898\","
                + "\"subSequenceNumber\":2,\"shardId\":\"shardId-000000000003\","
                + "\"arrivalTime\":\"2026-11-01T12:00:00.123Z\",\"stream\":\"clicks\"}");
    assertThat(texts("metadata: {arrivalTime: at, partitionKey: key}", "{}"))
        .containsExactly("{\"key\":\"user-7\",\"at\":\"2026-11-01T12:00:00.123Z\"}");
  }

  @Test
  void one_message_becomes_several_in_their_order() throws IOException {
    assertThat(texts("split: lines", "a\r\n\n b \nc")).containsExactly("a", " b ", "c");
    assertThat(texts("split: lines", "\n\n")).isEmpty();
    assertThat(texts("split: array", "[1, {\"a\": 2}, \"c\"]"))
        .containsExactly("1", "{\"a\":2}", "\"c\"");
  }

  @Test
  void gzip_is_unpacked_several_members_too() throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    for (String part : new String[] {"one ", "two"}) {
      try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
        gzip.write(part.getBytes(StandardCharsets.UTF_8));
      }
    }

    List<Message> messages = run("gunzip", packed.toByteArray());

    assertThat(StandardCharsets.UTF_8.decode(messages.get(0).bytes()).toString())
        .isEqualTo("one two");
  }

  @Test
  void zstd_is_unpacked() throws IOException {
    byte[] packed = Zstd.compress("one two".getBytes(StandardCharsets.UTF_8));

    List<Message> messages = run("unzstd", packed);

    assertThat(StandardCharsets.UTF_8.decode(messages.get(0).bytes()).toString())
        .isEqualTo("one two");
  }

  @Test
  void what_unpacks_to_too_much_is_malformed_and_exactly_as_much_is_not() throws IOException {
    byte[] zeros = new byte[1 << 20];
    ByteArrayOutputStream gzip = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(gzip)) {
      out.write(zeros);
    }

    for (String step : new String[] {"gunzip", "unzstd"}) {
      byte[] packed = step.equals("gunzip") ? gzip.toByteArray() : Zstd.compress(zeros);
      assertThat(run(step + ": 1 MiB", packed).get(0).bytes().remaining()).isEqualTo(1 << 20);
      assertThatThrownBy(() -> run(step + ": 1047552", packed))
          .isInstanceOf(MalformedMessageException.class)
          .hasMessage(step + ": it unpacks to more than 1023 KiB (maxBytes)");
    }
  }

  @Test
  void what_is_not_packed_or_ends_too_early_is_malformed() {
    byte[] whole = Zstd.compress(new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
    byte[] half = Arrays.copyOf(whole, whole.length - 3);

    assertThatThrownBy(() -> run("unzstd", half))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessageStartingWith("unzstd: it cannot be unpacked: ");
    assertThatThrownBy(() -> run("unzstd", new byte[] {1, 2, 3}))
        .isInstanceOf(MalformedMessageException.class);
    assertThatThrownBy(() -> run("gunzip", "plain".getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("gunzip: it cannot be unpacked: Not in GZIP format");
    assertThatThrownBy(() -> run("gunzip", new byte[0]))
        .isInstanceOf(MalformedMessageException.class);
  }

  @Test
  void a_class_of_the_user_is_a_step() throws IOException {
    assertThat(texts("class: {name: " + OwnSteps.Twice.class.getName() + "}", "a"))
        .containsExactly("a", "a");
    assertThat(
            texts(
                "class: {name: " + OwnSteps.Suffix.class.getName() + ", options: {suffix: b}}",
                "a"))
        .containsExactly("ab");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          com.example.Nothing      | transform[1].class.name: 'com.example.Nothing' is not allowed (it is not on the class path); allowed:
          java.lang.String         | (it does not implement io.millrace.connectors.message.Step); allowed:
          OWN$NoSuitableConstructor | (it has no such constructor); allowed:
          OWN$Suffix               | transform[1].class.name: the constructor of OWN$Suffix threw java.lang.IllegalArgumentException: say suffix
          OWN$Twice, options: {a: b} | transform[1].class.options: OWN$Twice has no public constructor that takes them
          """)
  void a_class_that_cannot_be_used_is_refused_with_the_reason(String name, String message) {
    String own = OwnSteps.class.getName();

    assertThatThrownBy(() -> texts("class: {name: " + name.replace("OWN", own) + "}", "a"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("a.yaml:3: ")
        .hasMessageContaining(message.replace("OWN", own));
  }
}
