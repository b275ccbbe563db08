package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.embedded.EmbeddedKinesis;
import io.millrace.kcl.aws.AwsClients;
import io.millrace.kcl.deadletter.DeadLetter;
import io.millrace.kcl.deadletter.FileDeadLetters;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/** On files, and an embedded Kinesis. */
class DlqCommandTest {

  private static final StaticCredentialsProvider CREDENTIALS =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local"));
  private static final String FIRST = "49590380271490256608559692538361571095921575989136588";
  private static final String SECOND = "49590380271490256608559692538361571095921575989136600";
  private static final byte[] BINARY = {0, 1, (byte) 0xff, 27};

  private static EmbeddedKinesis kinesis;
  private static int streams;

  @TempDir private Path place;
  private final String stream = "clicks-" + streams++;
  private Path directory;
  private StringWriter out = new StringWriter();
  private StringWriter err = new StringWriter();

  @BeforeAll
  static void start() {
    kinesis = EmbeddedKinesis.start();
  }

  @AfterAll
  static void stop() {
    kinesis.close();
  }

  @BeforeEach
  void threeLettersOneOfThemTwice() throws Exception {
    directory = place.resolve("dead");
    try (FileDeadLetters letters = FileDeadLetters.builder(directory).build()) {
      DeadLetter first = letter(FIRST, 7, "schlüssel", "no\ttext".getBytes(StandardCharsets.UTF_8));
      store(letters, first);
      store(letters, letter(FIRST, 8, "b", BINARY));
      store(letters, letter(SECOND, 0, "c\u001b[2J", new byte[0]));
      store(letters, first);
    }
  }

  private DeadLetter letter(String sequence, long sub, String key, byte[] payload) {
    return DeadLetter.builder().stream(stream)
        .shardId(sequence.equals(FIRST) ? "shardId-000000000000" : "shardId-000000000001")
        .partitionKey(key)
        .explicitHashKey(sub == 8 ? "0" : null)
        .position(sequence, sub)
        .approximateArrival(Instant.parse("2026-11-22T10:00:00Z"))
        .payload(ByteBuffer.wrap(payload))
        .error("java.lang.IllegalStateException", "no field\nat all", "trace\n\tat Foo.bar")
        .attempts(3)
        .failedAt(Instant.parse(sub == 8 ? "2026-11-22T11:00:00Z" : "2026-11-22T10:00:00Z"))
        .build();
  }

  private static void store(FileDeadLetters letters, DeadLetter letter) throws Exception {
    letters.store(letter).toCompletableFuture().get();
  }

  private int dlq(String... words) {
    out = new StringWriter();
    err = new StringWriter();
    List<String> line = new ArrayList<>(List.of("dlq"));
    line.addAll(Arrays.asList(words));
    CommandLine commandLine = Millrace.commandLine();
    ((DlqReplayCommand)
                commandLine.getSubcommands().get("dlq").getSubcommands().get("replay").getCommand())
            .credentials =
        CREDENTIALS;
    return commandLine
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(line.toArray(String[]::new));
  }

  private int replay(String... more) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "replay",
                "--dir",
                directory.toString(),
                "--endpoint",
                kinesis.endpoint().toString(),
                "--region",
                "us-east-1"));
    words.addAll(Arrays.asList(more));
    return dlq(words.toArray(String[]::new));
  }

  private static List<Record> records(String stream) {
    List<Record> records = new ArrayList<>();
    try (AwsClients clients =
        AwsClients.builder()
            .credentialsProvider(CREDENTIALS)
            .regionName("us-east-1")
            .kinesisEndpoint(kinesis.endpoint())
            .build()) {
      kinesis
          .listShards(stream)
          .forEach(
              shard -> {
                String iterator =
                    clients
                        .kinesis()
                        .getShardIterator(
                            r ->
                                r.streamName(stream)
                                    .shardId(shard.shardId())
                                    .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
                        .join()
                        .shardIterator();
                records.addAll(
                    clients.kinesis().getRecords(r -> r.shardIterator(iterator)).join().records());
              });
    }
    return records;
  }

  @Test
  void ls_prints_a_line_for_each_letter_and_says_how_many_there_are() {
    assertThat(dlq("ls", "--dir", directory.toString())).isZero();

    assertThat(out.toString().lines())
        .containsExactly(
            stream
                + "  shardId-000000000000  "
                + FIRST
                + "/7  schlüssel  2026-11-22T10:00:00Z  3 attempts  IllegalStateException: no field",
            stream
                + "  shardId-000000000000  "
                + FIRST
                + "/8  b  2026-11-22T10:00:00Z  3 attempts  IllegalStateException: no field",
            stream
                + "  shardId-000000000001  "
                + SECOND
                + "/0  c\\u001b[2J  2026-11-22T10:00:00Z  3 attempts  IllegalStateException: no"
                + " field");
    assertThat(err.toString().lines())
        .containsExactly(
            "Note: 1 copy was passed over: letters that were stored more than once, and are given"
                + " once.",
            "3 letters of 2 shards.");
  }

  @Test
  void ls_takes_the_letters_of_a_config_file_and_prints_json() throws Exception {
    Path file =
        Files.writeString(
            place.resolve("clicks.yaml"),
            """
            source: {stream: clicks, application: clicks-to-s3, region: us-east-1}
            sink: {type: s3, bucket: my-bucket}
            deadLetter: {type: file, directory: dead}
            """);
    assertThat(dlq("ls", "--json", "--since", "2026-11-22T10:30:00Z", file.toString()))
        .as(err.toString())
        .isZero();

    JsonNode line = new ObjectMapper().readTree(out.toString());
    assertThat(line.get("sequenceNumber").asText()).isEqualTo(FIRST);
    assertThat(line.get("subSequenceNumber").asLong()).isEqualTo(8);
    assertThat(line.get("payloadBytes").asLong()).isEqualTo(4);
    assertThat(line.get("errorMessage").asText()).isEqualTo("no field\nat all");
  }

  @Test
  void show_prints_everything_text_as_text_and_other_payloads_in_hex() {
    assertThat(dlq("show", "--dir", directory.toString(), FIRST)).isZero();

    assertThat(out.toString())
        .contains("Sequence       " + FIRST + "/7", "Sequence       " + FIRST + "/8")
        .contains("Partition key  schlüssel", "Hash key       0", "Given up       2026-11-22T11")
        .contains("Error          IllegalStateException: no field", "               at all")
        .contains("Payload        7 bytes, text\nno\ttext\n")
        .contains("Payload        4 bytes, binary\n00000000  00 01 ff 1b\n");
  }

  @Test
  void show_raw_gives_the_bytes_of_the_payload() {
    PrintStream before = System.out;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      assertThat(dlq("show", "--raw", "--dir", directory.toString(), FIRST + "/8")).isZero();
    } finally {
      System.setOut(before);
    }
    assertThat(bytes.toByteArray()).isEqualTo(BINARY);

    assertThat(dlq("show", "--raw", "--dir", directory.toString(), FIRST)).isEqualTo(2);
    assertThat(err.toString()).contains("2 letters have this sequence number; say which one");
  }

  @Test
  void replay_puts_each_letter_into_its_stream_once_under_its_keys() {
    kinesis.createStream(stream, 2);

    assertThat(replay()).as(err.toString()).isZero();

    assertThat(records(stream))
        .extracting(Record::partitionKey)
        .containsExactlyInAnyOrder("schlüssel", "b", "c\u001b[2J");
    assertThat(records(stream))
        .filteredOn(record -> record.partitionKey().equals("b"))
        .singleElement()
        .satisfies(record -> assertThat(record.data().asByteArray()).isEqualTo(BINARY));
    assertThat(out.toString().lines())
        .hasSize(3)
        .anyMatch(
            line ->
                line.startsWith(
                    "put  " + stream + "  shardId-000000000000  " + FIRST + "/8  ->  "));
    assertThat(err.toString())
        .contains("3 letters were put back. Each has a new sequence number")
        .contains("take it for a new record");

    assertThat(replay()).isZero();
    assertThat(records(stream)).hasSize(3);
    assertThat(err.toString())
        .contains("3 letters were put back before, as ", "Nothing was put back.");

    assertThat(replay("--again", "--only", FIRST + "/8")).isZero();
    assertThat(records(stream)).hasSize(4);
  }

  @Test
  void what_was_put_into_one_stream_is_not_put_into_another_by_that() {
    kinesis.createStream(stream, 1);
    kinesis.createStream(stream + "-test", 1);

    assertThat(replay("--to-stream", stream + "-test", "--shard", "shardId-000000000001")).isZero();
    assertThat(records(stream + "-test")).hasSize(1);
    assertThat(records(stream)).isEmpty();

    assertThat(replay()).isZero();
    assertThat(records(stream)).hasSize(3);
  }

  @Test
  void a_dry_run_puts_and_notes_nothing() {
    kinesis.createStream(stream, 1);

    assertThat(replay("--dry-run")).isZero();

    assertThat(out.toString().lines()).hasSize(3).allMatch(line -> line.startsWith("would put  "));
    assertThat(err.toString()).contains("3 letters would be put back.");
    assertThat(records(stream)).isEmpty();
    assertThat(directory.resolve("replayed.tsv")).doesNotExist();
  }

  @Test
  void a_stream_that_is_missing_is_one_sentence_and_nothing_is_noted() {
    assertThat(replay("--to-stream", "nowhere")).isEqualTo(1);
    assertThat(err.toString())
        .contains("Kinesis says ResourceNotFoundException")
        .contains("; create the stream nowhere, or name another one with --to-stream.")
        .contains("0 letters were put back and noted; run the command again for the others.")
        .doesNotContain("\tat ");

    kinesis.createStream("nowhere", 1);
    assertThat(replay("--to-stream", "nowhere")).isZero();
    assertThat(records("nowhere")).hasSize(3);
  }

  @Test
  void a_ledger_whose_last_line_is_torn_counts_that_letter_as_not_put_back() throws Exception {
    kinesis.createStream(stream, 1);
    assertThat(replay()).isZero();
    Path ledger = directory.resolve("replayed.tsv");
    String text = Files.readString(ledger);
    Files.writeString(ledger, text.substring(0, text.length() - 40));

    assertThat(replay()).isZero();

    assertThat(records(stream)).hasSize(4);
    assertThat(replay()).isZero();
    assertThat(records(stream)).hasSize(4);
  }

  @Test
  void two_replays_at_a_time_are_refused() {
    kinesis.createStream(stream, 1);
    Path ledger = directory.resolve("replayed.tsv");
    try (ReplayLedger held = ReplayLedger.write(ledger)) {
      assertThat(replay()).isEqualTo(2);
      assertThat(err.toString()).startsWith("Another replay is using " + ledger);
      assertThat(held.knows(null)).isFalse();
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
    assertThat(records(stream)).isEmpty();
  }

  @Test
  void wrong_use_is_a_sentence() throws Exception {
    assertThat(dlq("ls")).isEqualTo(2);
    assertThat(err.toString()).startsWith("Say where the letters are: either the config FILE");
    assertThat(dlq("ls", "--dir", place.resolve("no").toString())).isEqualTo(2);
    assertThat(err.toString()).contains("is not allowed; allowed: a directory with dead letters");
    assertThat(dlq("show", "--dir", directory.toString(), "abc")).isEqualTo(2);
    assertThat(err.toString())
        .startsWith("SEQUENCE[/SUB]: 'abc' is not allowed; allowed: SEQUENCE or SEQUENCE/SUB");
    assertThat(dlq("show", "--dir", directory.toString(), "12")).isEqualTo(2);
    assertThat(err.toString()).contains("There is no letter 12; ls lists those there are.");
    assertThat(replay("--since", "yesterday")).isEqualTo(2);
    assertThat(err.toString())
        .contains("'yesterday' is not allowed; allowed: a time such as 2026-11-22T10:00:00Z");
    assertThat(dlq()).isEqualTo(2);
    assertThat(err.toString()).startsWith("Say what to do: ls, show or replay.");
    Path file =
        Files.writeString(
            place.resolve("clicks.yaml"),
            """
            source: {stream: clicks, application: clicks-to-s3, region: us-east-1}
            sink: {type: s3, bucket: my-bucket}
            """);
    assertThat(dlq("ls", file.toString())).isEqualTo(2);
    assertThat(err.toString()).contains("has no section deadLetter");
  }
}
