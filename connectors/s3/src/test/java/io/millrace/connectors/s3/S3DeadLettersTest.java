package io.millrace.connectors.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.connectors.config.DeadLetterSource;
import io.millrace.connectors.config.Finding;
import io.millrace.connectors.config.Surroundings;
import io.millrace.connectors.config.Values;
import io.millrace.kcl.deadletter.DeadLetter;
import io.millrace.kcl.deadletter.DeadLetterDestination;
import io.millrace.kcl.deadletter.DeadLetterException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class S3DeadLettersTest {

  private final String bucket = LocalS3.newBucket();
  private final S3DeadLetterProvider provider = new S3DeadLetterProvider();
  private final Values values =
      S3SinkProviderTest.values(S3Keys.DEAD_LETTERS, Map.of("bucket", bucket, "prefix", "dead/"));
  private final Surroundings surroundings =
      new Surroundings(
          "us-east-1",
          LocalS3.CREDENTIALS,
          Map.of("s3", LocalS3.endpoint()),
          Path.of("."),
          "worker");

  static DeadLetter letter(int number, String shard, String error) {
    return DeadLetter.builder().stream("clicks")
        .shardId(shard)
        .partitionKey("key-" + number)
        .position(Ranges.sequence(number), number % 2)
        .approximateArrival(Ranges.ARRIVAL)
        .payload(ByteBuffer.wrap(("payload-" + number).getBytes(StandardCharsets.UTF_8)))
        .error("java.lang.Exception", error, null)
        .attempts(3)
        .failedAt(Instant.parse("2026-11-22T12:00:00Z"))
        .build();
  }

  private static void store(DeadLetterDestination destination, DeadLetter letter) throws Exception {
    destination.store(letter).toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  @Test
  void letters_are_read_back_once_each_in_the_order_of_their_shard() throws Exception {
    try (S3DeadLetters destination = (S3DeadLetters) provider.open(values, surroundings)) {
      store(destination, letter(3, "shardId-1", "first"));
      store(destination, letter(2, "shardId-1", "first"));
      store(destination, letter(1, "shardId-0", "first"));
      // after a crash it comes again, with another error maybe
      store(destination, letter(3, "shardId-1", "second"));
    }
    LocalS3.put(bucket, "dead/clicks/shardId-1/torn.json", new byte[] {'{'});
    LocalS3.put(bucket, "dead/readme", new byte[] {'x'});

    List<DeadLetter> letters = new ArrayList<>();
    try (DeadLetterSource source = provider.source(values, surroundings)) {
      assertThat(source.read(letters::add)).isEqualTo(2);
    }

    assertThat(letters)
        .extracting(DeadLetter::partitionKey)
        .containsExactly("key-1", "key-2", "key-3");
    DeadLetter last = letters.get(2);
    assertThat(last.errorMessage()).isEqualTo("first");
    assertThat(last.position()).isEqualTo(letter(3, "shardId-1", "").position());
    assertThat(StandardCharsets.UTF_8.decode(last.payload()).toString()).isEqualTo("payload-3");
    assertThat(last.attempts()).isEqualTo(3);
  }

  @Test
  void a_reader_that_has_enough_is_given_no_more() throws Exception {
    try (S3DeadLetters destination = S3DeadLetters.with(LocalS3.CLIENT, bucket, "dead/")) {
      store(destination, letter(1, "s", "e"));
      store(destination, letter(2, "s", "e"));
    }
    List<DeadLetter> letters = new ArrayList<>();
    try (DeadLetterSource source = provider.source(values, surroundings)) {
      source.read(
          letter -> {
            letters.add(letter);
            return false;
          });
    }
    assertThat(letters).hasSize(1);
  }

  @Test
  void a_letter_that_cannot_be_stored_says_which_where_and_what_to_do() {
    try (S3DeadLetters destination = S3DeadLetters.with(LocalS3.CLIENT, "not-there", "dead/")) {
      DeadLetter letter = letter(1, "s", "e");

      Throwable failure =
          destination
              .store(letter)
              .handle((done, error) -> S3Errors.cause(error))
              .toCompletableFuture()
              .join();

      assertThat(failure)
          .isInstanceOf(DeadLetterException.class)
          .hasMessageStartingWith(
              "Could not store " + letter + ": Could not put s3://not-there/dead/clicks/s/")
          .hasMessageEndingWith(
              "; there is no bucket not-there: create it, or name another one with bucket");
    }
  }

  @Test
  void a_closed_destination_refuses() {
    S3DeadLetters destination = S3DeadLetters.with(LocalS3.CLIENT, bucket, "dead/");
    destination.close();

    Throwable failure =
        destination
            .store(letter(1, "s", "e"))
            .handle((done, error) -> S3Errors.cause(error))
            .toCompletableFuture()
            .join();

    assertThat(failure)
        .isInstanceOf(DeadLetterException.class)
        .hasMessageContaining("it is closed, or 10000 letters wait");
  }

  @Test
  void check_and_explain_say_where_letters_go() {
    assertThat(provider.check(values, surroundings)).allMatch(Finding::ok).hasSize(3);
    assertThat(provider.explain(values))
        .isEqualTo(
            "Dead letters become objects s3://"
                + bucket
                + "/dead/STREAM/SHARD/POSITION.json, each with its payload, error and position as"
                + " JSON.");
  }
}
