package io.millrace.connectors.deadletter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.connectors.config.ConfigException;
import io.millrace.connectors.config.DeadLetterSource;
import io.millrace.connectors.config.Finding;
import io.millrace.connectors.config.PipelineKeys;
import io.millrace.connectors.config.Surroundings;
import io.millrace.connectors.config.Values;
import io.millrace.connectors.contract.DeadLetterContract;
import io.millrace.connectors.contract.Gate;
import io.millrace.embedded.EmbeddedKinesis;
import io.millrace.embedded.EmbeddedShard;
import io.millrace.kcl.aws.AwsClients;
import io.millrace.kcl.deadletter.DeadLetter;
import io.millrace.kcl.deadletter.DeadLetterDestination;
import io.millrace.kcl.deadletter.DeadLetterException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

class KinesisDeadLettersContractTest extends DeadLetterContract {

  private static EmbeddedKinesis kinesis;
  private static int streams;

  private final KinesisDeadLetterProvider provider = new KinesisDeadLetterProvider();
  private final String stream = "dead-" + streams++;
  private Gate gate;

  @BeforeAll
  static void start() {
    kinesis = EmbeddedKinesis.start();
  }

  @AfterAll
  static void stop() {
    kinesis.close();
  }

  @BeforeEach
  void createStream() {
    gate = new Gate(kinesis.endpoint());
    kinesis.createStream(stream, 2);
  }

  @AfterEach
  void closeGate() {
    gate.close();
  }

  private static Surroundings surroundings(URI endpoint) {
    return new Surroundings(
        "us-east-1",
        StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")),
        Map.of("kinesis", endpoint),
        Path.of("."),
        "worker");
  }

  private Values values(String name) {
    return new Values(
        provider.section(),
        Map.of("stream", name),
        (key, why) -> new ConfigException(key.name() + ": " + why));
  }

  @Override
  protected DeadLetterDestination open() {
    return provider.open(values(stream), surroundings(gate.endpoint()));
  }

  @Override
  protected DeadLetterSource source() {
    return provider.source(values(stream), surroundings(kinesis.endpoint()));
  }

  @Override
  protected void bringDown() {
    gate.shut();
  }

  @Override
  protected void bringUp() {
    gate.open();
  }

  @Override
  protected int largestPayload() {
    return 970 << 10;
  }

  private static void store(DeadLetterDestination destination, DeadLetter letter) throws Exception {
    destination.store(letter).toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  @Test
  void a_record_has_the_keys_of_the_record_that_failed() throws Exception {
    try (KinesisDeadLetters letters = (KinesisDeadLetters) open()) {
      for (int i = 0; i < 8; i++) {
        // the lower half of the hash keys is the first shard's
        store(letters, letter("s", i).explicitHashKey("0").build());
      }
    }
    Surroundings surroundings = surroundings(kinesis.endpoint());
    try (AwsClients clients =
        AwsClients.builder()
            .credentialsProvider(surroundings.credentials())
            .regionName(surroundings.region())
            .kinesisEndpoint(kinesis.endpoint())
            .build()) {
      String iterator =
          clients
              .kinesis()
              .getShardIterator(
                  r ->
                      r.streamName(stream)
                          .shardId("shardId-000000000000")
                          .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
              .join()
              .shardIterator();
      assertThat(clients.kinesis().getRecords(r -> r.shardIterator(iterator)).join().records())
          .hasSize(8)
          .first()
          .satisfies(
              record -> {
                assertThat(record.partitionKey()).isEqualTo("key-0");
                assertThat(record.data().asUtf8String()).startsWith("{\"stream\":\"clicks\"");
              });
    }
  }

  @Test
  void records_that_are_no_letters_are_passed_over_and_counted() throws Exception {
    kinesis.put(stream, "somebody", new byte[] {1});
    try (DeadLetterSource source = source()) {
      assertThat(source.read(letter -> true)).isEqualTo(1);
    }
  }

  @Test
  void letters_are_found_in_shards_that_were_split_and_in_their_children() throws Exception {
    try (KinesisDeadLetters letters = (KinesisDeadLetters) open()) {
      store(letters, letter("s", 1).build());
      store(letters, letter("s", 2).build());
      for (EmbeddedShard shard : kinesis.listShards(stream)) {
        kinesis.split(stream, shard.shardId());
      }
      store(letters, letter("s", 3).build());
    }
    List<String> keys = new ArrayList<>();
    try (DeadLetterSource source = source()) {
      source.read(letter -> keys.add(letter.partitionKey()));
    }
    assertThat(keys).containsExactlyInAnyOrder("key-1", "key-2", "key-3");
  }

  @Test
  void a_letter_too_large_for_the_stream_says_so_and_holds_no_other_one_up() throws Exception {
    byte[] payload = new byte[1 << 20];
    new Random(2).nextBytes(payload);
    try (KinesisDeadLetters letters = (KinesisDeadLetters) open()) {
      assertThatThrownBy(
              () -> store(letters, letter("s", 1).payload(ByteBuffer.wrap(payload)).build()))
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOf(DeadLetterException.class)
          .hasMessageContaining("the stream takes records of 1048576 at most")
          .hasMessageContaining("UpdateMaxRecordSize");
      store(letters, letter("s", 2).build());
    }
  }

  @Test
  void a_letter_that_is_large_but_compresses_is_stored() throws Exception {
    byte[] payload = "a line that comes again\n".repeat(60_000).getBytes(StandardCharsets.UTF_8);
    try (KinesisDeadLetters letters = (KinesisDeadLetters) open()) {
      store(letters, letter("s", 1).payload(ByteBuffer.wrap(payload)).build());
    }
    List<DeadLetter> read = new ArrayList<>();
    try (DeadLetterSource source = source()) {
      source.read(read::add);
    }
    assertThat(read)
        .singleElement()
        .satisfies(letter -> assertThat(letter.payload()).isEqualTo(ByteBuffer.wrap(payload)));
  }

  @Test
  void the_stream_that_is_read_is_refused_in_the_file_and_by_the_destination() {
    Values source =
        new Values(
            PipelineKeys.Source.SECTION,
            Map.of("stream", "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks"),
            (key, why) -> new ConfigException(why));
    assertThat(provider.refusal(values("clicks"), source).orElseThrow())
        .hasMessage(
            "stream: 'clicks' is the stream that is read (source.stream): its dead letters would be"
                + " processed again; allowed: any other stream");
    assertThat(provider.refusal(values("clicks-dead"), source)).isEmpty();

    kinesis.createStream("clicks", 1);
    try (KinesisDeadLetters letters =
        (KinesisDeadLetters) provider.open(values("clicks"), surroundings(gate.endpoint()))) {
      assertThatThrownBy(() -> store(letters, letter("s", 1).build()))
          .hasMessageContaining("that is the stream it comes from");
    }
  }

  @Test
  void check_says_whether_the_stream_is_there() {
    assertThat(provider.check(values(stream), surroundings(kinesis.endpoint())))
        .containsExactly(
            Finding.good(
                "dead letters: stream "
                    + stream
                    + " is ACTIVE and keeps letters for 24 h; kinesis:PutRecords was not tried"));
    assertThat(provider.check(values("missing"), surroundings(kinesis.endpoint())))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.ok()).isFalse();
              assertThat(finding.text())
                  .startsWith("dead letters: stream missing in us-east-1: Kinesis says")
                  .contains("; create the stream missing, or name another one");
            });
    assertThat(provider.explain(values("x"))).contains("a record of the stream x");
  }
}
