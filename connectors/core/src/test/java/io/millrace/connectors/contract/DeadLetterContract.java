package io.millrace.connectors.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.connectors.config.DeadLetterSource;
import io.millrace.kcl.deadletter.DeadLetter;
import io.millrace.kcl.deadletter.DeadLetterDestination;
import io.millrace.kcl.deadletter.DeadLetterException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What every destination of dead letters keeps. A subclass gives each test a place of its own,
 * which is empty.
 */
public abstract class DeadLetterContract {

  private static final long SECONDS = 60;
  private static final int THREADS = 4;
  private static final int LETTERS_OF_A_THREAD = 150;

  private final List<AutoCloseable> opened = new ArrayList<>();

  /** Opens the destination of this test; one that is closed by its {@link AutoCloseable}. */
  protected abstract DeadLetterDestination open();

  /** Reads what is stored there, by other means than the destination's own. */
  protected abstract DeadLetterSource source();

  /** Nothing can be stored from now on. */
  protected abstract void bringDown() throws Exception;

  /** It can again. */
  protected abstract void bringUp() throws Exception;

  /**
   * The bytes of a payload that cannot be compressed and is still taken; the documentation has it.
   */
  protected abstract int largestPayload();

  @AfterEach
  void closeWhatWasOpened() throws Exception {
    for (AutoCloseable one : opened) {
      one.close();
    }
  }

  private DeadLetterDestination destination() {
    DeadLetterDestination destination = open();
    opened.add((AutoCloseable) destination);
    return destination;
  }

  /** A letter of the stream {@code clicks}. */
  protected static DeadLetter.Builder letter(String shard, int number) {
    return DeadLetter.builder().stream("clicks")
        .shardId(shard)
        .partitionKey("key-" + number)
        .position("4959038027149025660855969253836157109592157598913658" + (1_000 + number), 0)
        .approximateArrival(Instant.parse("2026-11-22T10:00:00.123Z"))
        .payload(ByteBuffer.wrap(("payload " + number).getBytes(StandardCharsets.UTF_8)))
        .error("java.lang.IllegalStateException", "no field", null)
        .attempts(3)
        .failedAt(Instant.parse("2026-11-22T10:15:30.123456Z"));
  }

  private static void store(DeadLetterDestination destination, DeadLetter letter) throws Exception {
    destination.store(letter).toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
  }

  private List<DeadLetter> readAll() throws Exception {
    List<DeadLetter> letters = new ArrayList<>();
    try (DeadLetterSource source = source()) {
      assertThat(source.read(letters::add)).as("passed over").isZero();
    }
    return letters;
  }

  @Test
  void an_empty_place_has_no_letters() throws Exception {
    assertThat(readAll()).isEmpty();
  }

  @Test
  void a_letter_with_binary_payload_and_odd_characters_comes_back_as_it_was_stored()
      throws Exception {
    byte[] payload = new byte[256];
    for (int i = 0; i < payload.length; i++) {
      payload[i] = (byte) i;
    }
    DeadLetter letter =
        letter("shardId-000000000003", 1)
            .partitionKey("schlüssel \"1\"\n\u0001\uFFFE🔑</body>")
            .explicitHashKey("42")
            .position("49590380271490256608559692538361571095921575989136588", 7)
            .payload(ByteBuffer.wrap(payload))
            .error(new IllegalStateException("no such \u0000 \uFFFF field"))
            .build();

    store(destination(), letter);

    assertThat(readAll()).usingRecursiveFieldByFieldElementComparator().containsExactly(letter);
  }

  @Test
  void a_letter_that_is_stored_twice_is_read_once() throws Exception {
    DeadLetterDestination destination = destination();
    store(destination, letter("shardId-000000000001", 1).build());
    store(destination, letter("shardId-000000000001", 2).build());
    // another worker comes to it again, and finds another error
    store(
        destination(),
        letter("shardId-000000000001", 1).error("java.io.IOException", "?", null).build());

    assertThat(readAll())
        .extracting(DeadLetter::partitionKey)
        .containsExactlyInAnyOrder("key-1", "key-2");
  }

  @Test
  void records_of_one_aggregate_and_of_several_shards_are_letters_of_their_own() throws Exception {
    DeadLetterDestination destination = destination();
    String digits = "49590380271490256608559692538361571095921575989136588";
    store(destination, letter("shardId-000000000001", 1).position(digits, 0).build());
    store(destination, letter("shardId-000000000001", 2).position(digits, 1).build());
    store(destination, letter("shardId-000000000002", 3).position(digits, 1).build());

    assertThat(readAll())
        .extracting(DeadLetter::partitionKey)
        .containsExactlyInAnyOrder("key-1", "key-2", "key-3");
  }

  @Test
  void the_largest_payload_that_is_documented_comes_back_beside_the_longest_stack_trace()
      throws Exception {
    byte[] payload = new byte[largestPayload()];
    Random random = new Random(1);
    random.nextBytes(payload);
    String trace =
        random
            .ints(DeadLetter.MAX_STACK_TRACE_CHARACTERS, ' ', '~')
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();

    store(
        destination(),
        letter("shardId-000000000001", 1)
            .error("java.lang.IllegalStateException", trace, trace)
            .payload(ByteBuffer.wrap(payload))
            .build());

    assertThat(readAll())
        .singleElement()
        .satisfies(
            read -> {
              assertThat(read.payload()).isEqualTo(ByteBuffer.wrap(payload));
              assertThat(read.stackTrace()).isEqualTo(trace);
            });
  }

  @Test
  void letters_that_several_threads_store_at_once_are_all_there() throws Exception {
    DeadLetterDestination destination = destination();
    List<CompletableFuture<Void>> stored = new ArrayList<>();
    Set<String> expected = new HashSet<>();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < THREADS; t++) {
      String shard = "shardId-00000000000" + t;
      for (int i = 0; i < LETTERS_OF_A_THREAD; i++) {
        expected.add(shard + " key-" + i);
      }
      Thread thread =
          new Thread(
              () -> {
                for (int i = 0; i < LETTERS_OF_A_THREAD; i++) {
                  CompletableFuture<Void> one =
                      destination.store(letter(shard, i).build()).toCompletableFuture();
                  synchronized (stored) {
                    stored.add(one);
                  }
                }
              },
              "storing-" + shard);
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    CompletableFuture.allOf(stored.toArray(CompletableFuture[]::new))
        .get(SECONDS, TimeUnit.SECONDS);

    assertThat(readAll())
        .hasSize(THREADS * LETTERS_OF_A_THREAD)
        .extracting(letter -> letter.shardId() + " " + letter.partitionKey())
        .containsOnlyOnceElementsOf(expected);
  }

  @Test
  void a_destination_that_is_down_fails_says_why_and_stores_when_it_is_up_again() throws Exception {
    DeadLetterDestination destination = destination();
    store(destination, letter("shardId-000000000001", 1).build());
    DeadLetter second = letter("shardId-000000000002", 2).build();

    bringDown();
    CompletableFuture<Void> failed = destination.store(second).toCompletableFuture();
    assertThatThrownBy(() -> failed.get(SECONDS, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOf(DeadLetterException.class)
        .hasMessageStartingWith("Could not store " + second);

    bringUp();
    await()
        .atMost(Duration.ofSeconds(SECONDS))
        .ignoreExceptions()
        .until(
            () -> {
              store(destination, second);
              return true;
            });
    assertThat(readAll())
        .extracting(DeadLetter::partitionKey)
        .containsExactlyInAnyOrder("key-1", "key-2");
  }

  @Test
  void a_destination_that_is_closed_refuses_and_has_stored_what_it_took() throws Exception {
    DeadLetterDestination destination = open();
    List<CompletableFuture<Void>> taken = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      taken.add(destination.store(letter("shardId-000000000001", i).build()).toCompletableFuture());
    }
    ((AutoCloseable) destination).close();

    CompletableFuture.allOf(taken.toArray(CompletableFuture[]::new)).get(SECONDS, TimeUnit.SECONDS);
    assertThatThrownBy(() -> store(destination, letter("shardId-000000000001", 99).build()))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOf(DeadLetterException.class)
        .hasMessageContaining("closed");
    assertThat(readAll()).hasSize(30);
  }

  @Test
  void a_reader_that_has_enough_is_given_no_more_and_nothing_is_gone_after_reading()
      throws Exception {
    DeadLetterDestination destination = destination();
    for (int i = 0; i < 5; i++) {
      store(destination, letter("shardId-000000000001", i).build());
    }
    List<DeadLetter> first = new ArrayList<>();
    try (DeadLetterSource source = source()) {
      source.read(
          letter -> {
            first.add(letter);
            return false;
          });
    }

    assertThat(first).hasSize(1);
    assertThat(readAll()).hasSize(5);
    assertThat(readAll()).hasSize(5);
  }
}
