package io.millrace.connectors.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What people get wrong in config files, and what they are told; the documentation lists it. */
class MistakesTest {

  private static final Path DOCUMENT = Path.of("..", "..", "docs", "connectors-config.md");
  private static final String BEGIN = "<!-- mistakes: written by MistakesTest -->\n";
  private static final String END = "<!-- mistakes: end -->";

  private static final String SOURCE =
      """
      source:
        stream: clicks
        application: clicks-to-s3
      """;

  private static final String SINK =
      """
      sink:
        type: s3
        bucket: my-bucket
      """;

  /**
   * @param title what is wrong
   * @param name of the file
   * @param message all of it, with {@code DIR} for the directory
   * @param advice what to do
   */
  record Mistake(String title, String name, String text, String message, String advice) {
    @Override
    public String toString() {
      return title;
    }
  }

  private static Mistake yaml(String title, String text, String message, String advice) {
    return new Mistake(title, "clicks.yaml", text, message, advice);
  }

  private static Mistake properties(String title, String text, String message, String advice) {
    return new Mistake(title, "s3.properties", text, message, advice);
  }

  static Stream<Mistake> mistakes() {
    return Stream.of(
        yaml(
            "A key that does not exist",
            SOURCE + SINK + "buffer:\n  recrods: 500\n",
            "clicks.yaml:8: buffer.recrods: there is no such key; did you mean 'records'? allowed:"
                + " records, bytes, age, workerBytes, concurrentStores",
            "Write the name as the message has it. The [reference](connectors-reference.md) has all"
                + " of them."),
        yaml(
            "A section that does not exist",
            SOURCE + SINK + "buffers:\n  records: 500\n",
            "clicks.yaml:7: buffers: there is no such key; did you mean 'buffer'? allowed: source,"
                + " transform, filter, buffer, retry, sink, deadLetter, checkpoint, metrics, local",
            "As above."),
        yaml(
            "No number",
            SOURCE + SINK + "buffer:\n  records: 10oo\n",
            "clicks.yaml:8: buffer.records: '10oo' is not allowed (it is not a whole number that"
                + " fits); allowed: a whole number from 1 to 20000",
            "Correct the number. Nothing is guessed, and no default takes its place."),
        yaml(
            "A number out of bounds",
            SOURCE + SINK + "buffer:\n  records: 0\n",
            "clicks.yaml:8: buffer.records: '0' is not allowed (it is too small); allowed: a whole"
                + " number from 1 to 20000",
            "Choose a number within the bounds."),
        yaml(
            "A size without a unit that is known",
            SOURCE + SINK + "buffer:\n  bytes: 5 megs\n",
            "clicks.yaml:8: buffer.bytes: '5 megs' is not allowed ('megs' is no unit); allowed: a"
                + " size such as 512 KiB or 5 MiB, from 1 KiB to 5 GiB",
            "Sizes have one of the units B, KiB, MiB, GiB, kB, MB, GB, or none for bytes."),
        yaml(
            "A time without a unit",
            SOURCE + SINK + "buffer:\n  age: 60\n",
            "clicks.yaml:8: buffer.age: '60' is not allowed (the unit is missing); allowed: a time"
                + " such as 500 ms, 30 s, 5 m or 1 h, from 100 ms to 12 h",
            "Times always have a unit: ms, s, m, min, h or d."),
        yaml(
            "A value that is none of those there are",
            SOURCE + "  startAt: newest\n" + SINK,
            "clicks.yaml:4: source.startAt: 'newest' is not allowed (it is none of them); allowed:"
                + " trim-horizon, latest, or a time such as 2026-11-01T00:00:00Z",
            "Choose one of the values that the message has."),
        yaml(
            "A value that is missing behind its key",
            SOURCE + "sink:\n  type: s3\n  bucket:\n",
            "clicks.yaml:6: sink.bucket: has no value; allowed: a text that is not empty",
            "Write a value, or remove the line if the key has a default."),
        yaml(
            "A key that must be there",
            "source:\n  stream: clicks\n" + SINK,
            "clicks.yaml:1: source.application: is missing; allowed: 3 to 255 characters of a-z A-Z"
                + " 0-9 _ . - (it names a DynamoDB table)",
            "Add the key to its section, which begins in the line that is named."),
        yaml(
            "No sink",
            SOURCE,
            "clicks.yaml:1: sink.type: is missing; allowed: dynamodb, s3",
            "Add a section `sink` with a `type`."),
        yaml(
            "A sink that does not exist",
            SOURCE + "sink:\n  type: s4\n",
            "clicks.yaml:5: sink.type: 's4' is not allowed (no module on the class path has it); did"
                + " you mean 's3'? allowed: dynamodb, s3",
            "Choose one that is there, or put the module that has it on the class path: sinks come"
                + " in modules of their own, `millrace-connectors-NAME`."),
        yaml(
            "A sink that is planned",
            SOURCE + "sink:\n  type: opensearch\n",
            "clicks.yaml:5: sink.type: 'opensearch' is not available yet: it needs a module"
                + " millrace-connectors-opensearch, which this version does not have; allowed:"
                + " dynamodb, s3",
            "Wait for it."),
        yaml(
            "A key twice",
            SOURCE + SINK + "buffer:\n  records: 500\n  bytes: 1 MiB\n  records: 600\n",
            "clicks.yaml:10: buffer.records: said twice, first in line 8; say it once",
            "Remove one of the two. YAML would take the last, and nobody would notice."),
        yaml(
            "A list where one value is expected",
            SOURCE + "sink:\n  type: s3\n  bucket: [a, b]\n",
            "clicks.yaml:6: sink.bucket: is a list; allowed: a text that is not empty",
            "One pipeline has one sink; for two buckets run two files, with two applications."),
        yaml(
            "One value where a list is expected",
            SOURCE + "transform:\n  - pick: id\n" + SINK,
            "clicks.yaml:5: transform[1].pick: is a single value; allowed: a list of texts",
            "Write a list: `pick: [id]`."),
        yaml(
            "One value where names with values are expected",
            SOURCE + "transform:\n  - rename: id\n" + SINK,
            "clicks.yaml:5: transform[1].rename: is a single value; allowed: fields with their new"
                + " names, such as {ts: time}",
            "Write names with values: `rename: {id: key}`."),
        yaml(
            "A section that is no section",
            SOURCE + SINK + "buffer: 5 MiB\n",
            "clicks.yaml:7: buffer: is a single value; allowed: keys with values, each on a line of"
                + " its own below it",
            "Write the key below the section: `bytes: 5 MiB`."),
        yaml(
            "A step that does not exist",
            SOURCE + "transform:\n  - gunzp\n" + SINK,
            "clicks.yaml:5: transform[1]: 'gunzp' is not allowed (no step has this name); did you"
                + " mean 'gunzip'? allowed: "
                + String.join(", ", FakeSink.modules().steps().keySet()),
            "Choose one of the steps that there are."),
        yaml(
            "A step that changes messages, under filter",
            SOURCE + "filter:\n  - gunzip\n" + SINK,
            "clicks.yaml:5: filter[1]: 'gunzip' is not allowed (it changes messages: write it under"
                + " transform); allowed: class, jmespath",
            "Write it under `transform`. Filters may stand there too, before or between the other"
                + " steps."),
        yaml(
            "Two steps in one",
            SOURCE + "transform:\n  - pick: [id]\n    drop: [name]\n" + SINK,
            "clicks.yaml:5: transform[1]: is several names: pick, drop; allowed: the name of one"
                + " step, with its settings behind it, such as '- pick: [id, name]'",
            "Begin each step with a `-` of its own: their order is the order in which they run."),
        yaml(
            "A JMESPath expression that is none",
            SOURCE + "filter:\n  - jmespath: status = 'ok'\n" + SINK,
            "clicks.yaml:5: filter[1].jmespath: 'status = 'ok'' is not allowed (at character 8:"
                + " syntax error token recognition error at: '= '); allowed: a JMESPath expression"
                + " such as status == 'ok' && size > `100`",
            "Correct the expression. Texts stand in single quotes, numbers in backticks."),
        yaml(
            "A class of your own that is not there",
            SOURCE + "transform:\n  - class: {name: com.example.Mine}\n" + SINK,
            "clicks.yaml:5: transform[1].class.name: 'com.example.Mine' is not allowed (it is not on"
                + " the class path); allowed: the full name of a public class that implements"
                + " io.millrace.connectors.message.Step, or ITransformer, ICollectionTransformer or"
                + " IFilter of io.millrace.connectors, and has a public constructor without"
                + " parameters, with one Map<String, String> or with one"
                + " KinesisConnectorConfiguration",
            "Put its jar on the class path of the process, or correct the name. Likewise if it"
                + " implements something else or has no such constructor; the message says which."),
        yaml(
            "Values that do not go together",
            SOURCE + "  failoverTime: 2 s\n" + SINK,
            "clicks.yaml:4: source.failoverTime: with a heartbeatInterval of 1 s a failoverTime of 2"
                + " s is too short; allowed: at least three times the heartbeatInterval",
            "Change one of the two."),
        yaml(
            "A tab",
            "source:\n\tstream: clicks\n",
            "clicks.yaml:2: there is a tab before the text; YAML is indented with spaces only",
            "Replace it by spaces; most editors can be told to do so."),
        yaml(
            "No YAML",
            SOURCE + "sink:\n  type: s3\n  bucket: \"my-bucket\n",
            "clicks.yaml:7: this is no YAML: while scanning a quoted scalar, found unexpected end of"
                + " stream",
            "Look at the line and the ones before it: a quote or a bracket is open, or the"
                + " indentation is not that of the lines around it. Only the first such error of a"
                + " file can be told."),
        yaml(
            "Two documents in one file",
            SOURCE + SINK + "---\n" + SOURCE,
            "clicks.yaml:8: a second document begins here; one is allowed",
            "Make two files of it, one for each pipeline."),
        yaml(
            "An empty file",
            "# nothing yet\n",
            "clicks.yaml:1: the file is empty; it needs source and sink at least",
            "Begin with the example above."),
        yaml(
            "An environment variable that is not set",
            SOURCE + "sink:\n  type: s3\n  bucket: ${env:BUCKET}\n",
            "clicks.yaml:6: sink.bucket: the environment variable BUCKET is not set; set it, or"
                + " write ${env:BUCKET:-default}",
            "Set it for the process that runs the pipeline, or give a default."),
        yaml(
            "A file of a secret that is not there",
            SOURCE + SINK + "  password: ${file:secrets/password}\n",
            "clicks.yaml:7: sink.password: the file DIR/secrets/password cannot be read: it does not"
                + " exist",
            "Put the file there, or correct the path, which is relative to the config file."),
        yaml(
            "A reference that is none",
            SOURCE + "sink:\n  type: s3\n  bucket: ${BUCKET}\n",
            "clicks.yaml:6: sink.bucket: '${BUCKET}' is no reference; allowed: ${env:NAME},"
                + " ${env:NAME:-default} or ${file:PATH}; $${ for a ${ that is none",
            "Say where the value comes from: `${env:BUCKET}`."),
        yaml(
            "A secret that is not allowed",
            SOURCE + SINK + "  password: secret\n",
            "clicks.yaml:7: sink.password: what it says is not allowed; allowed: at least 8"
                + " characters",
            "Secrets are never shown, nor what exactly is wrong with them."),
        yaml(
            "A referenced value that is not allowed",
            SOURCE + SINK + "buffer:\n  records: ${env:RECORDS}\n",
            "clicks.yaml:8: buffer.records: '${env:RECORDS}' is not allowed; allowed: a whole number"
                + " from 1 to 20000",
            "Look at the variable or the file: what it holds is not shown, because it may be a"
                + " secret."),
        yaml(
            "Several mistakes",
            "source:\n  stream: clicks\nsink:\n  type: s3\nbuffer:\n  age: 0 s\n",
            "clicks.yaml:1: source.application: is missing; allowed: 3 to 255 characters of a-z A-Z"
                + " 0-9 _ . - (it names a DynamoDB table)\n"
                + "clicks.yaml:3: sink.bucket: is missing; allowed: a text that is not empty\n"
                + "clicks.yaml:6: buffer.age: '0 s' is not allowed (it is too small); allowed: a time"
                + " such as 500 ms, 30 s, 5 m or 1 h, from 100 ms to 12 h",
            "All mistakes of a file are told at once, by line."),
        properties(
            "A name that the old library did not have",
            "connectorDestination = s3\nkinesisInputStream = clicks\ns3Bucket = b\n"
                + "bufferSizeByteLimit = 1048576\n",
            "s3.properties:4: bufferSizeByteLimit: there is no such key; did you mean"
                + " 'bufferByteSizeLimit'? allowed: the old connector library's names, and keys such"
                + " as buffer.bytes that begin with source, transform, filter, buffer, retry, sink,"
                + " deadLetter, checkpoint, metrics, local",
            "The old library ignored such a line, so what it says was never in force: correct it or"
                + " remove it. (This very one is in a sample of the old library.)"),
        properties(
            "No number, in a property file",
            "connectorDestination = s3\nkinesisInputStream = clicks\ns3Bucket = b\n"
                + "bufferRecordCountLimit = 1e3\nbackoffInterval = 10s\n",
            "s3.properties:4: bufferRecordCountLimit: '1e3' is not allowed (it is not a whole number"
                + " that fits); allowed: a whole number from 1 to 20000\n"
                + "s3.properties:5: backoffInterval: '10s' is not allowed (it is not a whole number"
                + " that fits); allowed: a whole number of milliseconds from 1 to 3600000",
            "The old library took its default for such a line, silently. Correct it."),
        properties(
            "A key of the old library without a value",
            "connectorDestination = s3\nkinesisInputStream = clicks\ns3Bucket =\n",
            "s3.properties:3: s3Bucket: has no value; allowed: a text that is not empty",
            "Write a value."),
        properties(
            "A key of the old library that must be there",
            "connectorDestination = s3\nkinesisInputStream = clicks\n",
            "s3.properties:1: s3Bucket: is missing; allowed: a text that is not empty",
            "Add it."),
        properties(
            "The old library's other destinations",
            "connectorDestination = elasticsearch\nkinesisInputStream = clicks\n"
                + "elasticsearchEndpoint = localhost\n",
            "s3.properties:1: connectorDestination: 'elasticsearch' is not available yet: it needs a"
                + " module millrace-connectors-opensearch, which this version does not have; allowed:"
                + " dynamodb, s3",
            "Stay with the old library for these until there is a module."),
        properties(
            "One thing said in both forms",
            "connectorDestination = s3\nkinesisInputStream = clicks\ns3Bucket = b\n"
                + "bufferByteSizeLimit = 1048576\nbuffer.bytes = 5 MiB\n",
            "s3.properties:5: buffer.bytes: said twice, first as bufferByteSizeLimit in line 4; say"
                + " it once",
            "Remove one of the two."),
        properties(
            "A property twice",
            "connectorDestination = s3\nkinesisInputStream = clicks\ns3Bucket = b\ns3Bucket = c\n",
            "s3.properties:4: s3Bucket: said twice, first in line 3; say it once",
            "Remove one of the two. `java.util.Properties` would take the last."),
        properties(
            "A broken escape",
            "connectorDestination = s3\nkinesisInputStream = clicks\ns3Bucket = \\u12\n",
            "s3.properties:1: s3Bucket: is missing; allowed: a text that is not empty\n"
                + "s3.properties:3: 's3Bucket = \\u12' has a \\u that four hexadecimal digits do not"
                + " follow",
            "In property files a backslash begins an escape; write two for one."),
        new Mistake(
            "A file of another kind",
            "clicks.json",
            "{}",
            "clicks.json: its name says no form that is known; allowed: .yaml, .yml, .properties",
            "Rename it, if it is one of these."),
        new Mistake(
            "A file that is not there",
            "none.yaml",
            null,
            "none.yaml: the file cannot be read: it does not exist",
            "Correct the path; a relative one begins in the current directory."));
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void each_mistake_is_told_with_file_line_key_value_and_what_is_allowed(
      Mistake mistake, @TempDir Path directory) throws IOException {
    Path file = directory.resolve(mistake.name());
    if (mistake.text() != null) {
      Files.writeString(file, mistake.text());
    }
    ConfigException refused =
        catchThrowableOfType(
            ConfigException.class,
            () ->
                PipelineConfig.read(
                    file, FakeSink.modules(), name -> Map.of("RECORDS", "many").get(name)));
    assertThat(refused).as("it is refused").isNotNull();
    assertThat(refused.getMessage().replace(file.toString(), mistake.name()))
        .isEqualTo(mistake.message().replace("DIR", directory.toString()));
  }

  @Test
  void the_documentation_lists_each_message() throws IOException {
    String document = Files.readString(DOCUMENT);
    int from = document.indexOf(BEGIN) + BEGIN.length();
    String listed =
        mistakes()
            .map(
                m ->
                    "**"
                        + m.title()
                        + ".**\n\n```\n"
                        + m.message().replace("DIR", "/etc/millrace")
                        + "\n```\n\n"
                        + m.advice()
                        + "\n\n")
            .collect(Collectors.joining("", "\n", ""));
    if (Boolean.getBoolean("millrace.write.docs")) {
      Files.writeString(
          DOCUMENT,
          document.substring(0, from) + listed + document.substring(document.indexOf(END)));
      return;
    }
    assertThat(document.substring(from, document.indexOf(END)))
        .as("run this test with -Dmillrace.write.docs=true to write it anew")
        .isEqualTo(listed);
  }
}
