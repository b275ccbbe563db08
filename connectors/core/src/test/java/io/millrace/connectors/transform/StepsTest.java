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
import io.millrace.connectors.message.Step;
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

  /** The step as a file has it, on one line; more of them on further lines. */
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
    List<Message> messages = List.of(message(data));
    for (Chosen<StepProvider> chosen : config.transform()) {
      assertThat(chosen.provider().explain(chosen.values())).endsWith(".");
      Step opened = chosen.provider().open(chosen.values());
      messages = messages.stream().flatMap(m -> opened.apply(m, ORIGIN).stream()).toList();
    }
    return messages;
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
          ToBytes, options: {s3Bucket: b, own: o} | a    | abo
          ToBytes            | a                         | akinesis-bucketnull
          ToJson             | a                         | {"text":"a"}
          ToJson             | ' '                       |
          Words              | one two                   | one,two
          Words              | ''                        |
          Anything           | a                         | a@user-7.2
          KeepsShort         | ünd4                      | ünd4
          KeepsShort         | und45                     |
          KeepsShortBytes    | ünd                       | ünd
          KeepsShortBytes    | ünd4                      |
          KeepsShortRecords  | und4                      | und4
          KeepsShortRecords  | ünd4                      |
          KeepsShortMessages | und4                      | und4
          KeepsShortMessages | ünd4                      |
          KeepsNumbers       | 1                         | 1
          KeepsNumbers       | "1"                       |
          """)
  void transformers_and_filters_of_the_old_library_are_steps(
      String name, String before, String after) throws IOException {
    assertThat(texts("class: {name: " + OwnPorted.class.getName() + "$" + name + "}", before))
        .isEqualTo(after == null ? List.of() : List.of(after.split(",(?=[a-z])")));
  }

  @Test
  void a_filter_that_leaves_open_what_it_takes_gets_the_message() throws IOException {
    assertThat(texts("class: {name: io.millrace.connectors.AllPassFilter}", "a"))
        .containsExactly("a");
  }

  @Test
  void a_transformer_of_the_old_library_gets_what_the_steps_before_it_have_made()
      throws IOException {
    assertThat(
            texts(
                "split: lines\n  - class: {name: " + OwnPorted.Anything.class.getName() + "}",
                "a\nb"))
        .containsExactly("a@user-7.2", "b@user-7.2");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ToJson       | bad    | class: OWN$ToJson: it is bad
          Anything     | number | class: the fromClass of OWN$Anything made java.math.BigDecimal, and not byte[], java.lang.String or com.fasterxml.jackson.databind.JsonNode
          Anything     | null   | class: the fromClass of OWN$Anything made null, and not byte[], java.lang.String or com.fasterxml.jackson.databind.JsonNode
          KeepsNumbers | a      | not JSON: Unrecognized token 'a': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false') (line 1, column 1)
          """)
  void what_a_class_of_the_old_library_cannot_work_with_is_malformed(
      String name, String before, String why) {
    String own = OwnPorted.class.getName();

    assertThatThrownBy(() -> texts("class: {name: " + own + "$" + name + "}", before))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage(why.replace("OWN", own));
  }

  @Test
  void bytes_that_are_no_text_are_malformed_for_a_filter_of_texts() {
    String name = OwnPorted.KeepsShort.class.getName();

    assertThatThrownBy(() -> run("class: {name: " + name + "}", new byte[] {(byte) 0xff}))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("class: " + name + " takes a text, and the message is no UTF-8");
  }

  @Test
  void a_class_of_the_old_library_is_called_by_one_thread_at_a_time() throws Exception {
    Step step = PortedStep.of(new OwnPorted.Alone());
    Message message = message(new byte[] {'a'});
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Thread thread =
          new Thread(
              () -> {
                for (int n = 0; n < 2_000; n++) {
                  step.apply(message, ORIGIN);
                }
              },
              "shard-" + i);
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(OwnPorted.Alone.TOGETHER).isFalse();
  }

  private static final String CLASSES_ALLOWED =
      "; allowed: the full name of a public class that implements"
          + " io.millrace.connectors.message.Step, or ITransformer, ICollectionTransformer or IFilter"
          + " of io.millrace.connectors, and has a public constructor without parameters, with one"
          + " Map<String, String> or with one KinesisConnectorConfiguration";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          com.example.Nothing       | it is not on the class path
          java.lang.String          | it implements none of them
          OWN$NoSuitableConstructor | it has no such constructor
          OLD$OfText                | it is abstract, or not public
          OLD$TwoKinds              | it implements ITransformer and IFilter, of which one is allowed
          OLD$ToRow                 | its fromClass makes java.util.Map, and not byte[], java.lang.String or com.fasterxml.jackson.databind.JsonNode
          OLD$KeepsNumberedRows     | its keepRecord takes java.util.Map, and there are only io.millrace.connectors.message.Message, io.millrace.kcl.Record, byte[], java.lang.String or com.fasterxml.jackson.databind.JsonNode
          """)
  void a_class_that_is_no_step_is_refused_with_the_reason(String name, String reason) {
    String full = full(name);

    assertThatThrownBy(() -> texts("class: {name: " + full + "}", "a"))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            directory.resolve("a.yaml")
                + ":3: transform[1].class.name: '"
                + full
                + "' is not allowed ("
                + reason
                + ")"
                + CLASSES_ALLOWED);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          OWN$Suffix | name: the constructor of OWN$Suffix threw java.lang.IllegalArgumentException: say suffix
          OLD$Unmakeable | name: OLD$Unmakeable cannot be made: java.lang.NumberFormatException: For input string: "none"
          OLD$ToBytes, options: {own: a, retryLimit: none} | options: what retryLimit says is not allowed; allowed is a whole number from 1 to 1000000
          OWN$Twice, options: {a: b} | options: OWN$Twice has no public constructor that takes them; allowed: none, or a constructor with one Map<String, String> or one KinesisConnectorConfiguration
          """)
  void a_class_of_which_no_object_can_be_made_is_refused_with_the_reason(
      String name, String reason) {
    assertThatThrownBy(() -> texts("class: {name: " + full(name) + "}", "a"))
        .isInstanceOf(ConfigException.class)
        .hasMessage(directory.resolve("a.yaml") + ":3: transform[1].class." + full(reason));
  }

  private static String full(String text) {
    return text.replace("OWN", OwnSteps.class.getName()).replace("OLD", OwnPorted.class.getName());
  }
}
