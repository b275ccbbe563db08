package io.millrace.kcl.keyed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.IRecordProcessor;
import io.millrace.kcl.InitializationInput;
import io.millrace.kcl.Record;
import io.millrace.kcl.ShutdownReason;
import io.millrace.kcl.VirtualTime;
import io.millrace.kcl.deadletter.DeadLetter;
import io.millrace.kcl.engine.ShardCheckpointer.LeaseLostException;
import io.millrace.kcl.exec.ProcessingExecutors;
import io.millrace.kcl.keyed.KeyParallelProcessorFactory.Builder;
import io.millrace.kcl.keyed.KeyParallelSettings.Tools;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class KeyParallelProcessorTest {

  private final VirtualTime virtual = new VirtualTime(7);
  private final RecordedCheckpoints checkpoints = new RecordedCheckpoints();
  private final List<String> processed = new CopyOnWriteArrayList<>();
  private final List<ShutdownReason> shutdowns = new CopyOnWriteArrayList<>();
  private final Map<String, Integer> failures = new ConcurrentHashMap<>();
  private final List<ExecutorService> pools = new ArrayList<>();

  @AfterEach
  void closePools() {
    pools.forEach(ExecutorService::shutdownNow);
  }

  /** Notes what it processes; throws as often as {@link #failures} says. */
  private final class Noting implements IKeyedRecordProcessor {
    @Override
    public void processRecord(Record record) {
      String text = text(record);
      if (failures.merge(text, -1, Integer::sum) >= 0) {
        throw new IllegalStateException("broken: " + text);
      }
      processed.add(text);
    }

    @Override
    public void shutdown(ShutdownReason reason) {
      shutdowns.add(reason);
    }
  }

  // ---- in parallel

  @Test
  void sixty_four_keys_are_processed_at_the_same_time_and_each_in_order() throws Exception {
    ExecutorService threads = executor(ProcessingExecutors.create("test-keyed"));
    checkAllKeysRunTogether(threads);
  }

  @Test
  void platform_threads_do_as_well() throws Exception {
    checkAllKeysRunTogether(executor(ProcessingExecutors.pool("test-keyed")));
  }

  private void checkAllKeysRunTogether(ExecutorService threads) throws Exception {
    int keys = 64;
    int rounds = 10;
    // a round is over only when a record of every key is under way
    CyclicBarrier allKeys = new CyclicBarrier(keys);
    Map<String, List<String>> byKey = new ConcurrentHashMap<>();
    IKeyedRecordProcessor together =
        record -> {
          allKeys.await();
          byKey
              .computeIfAbsent(record.getPartitionKey(), k -> new CopyOnWriteArrayList<>())
              .add(text(record));
        };
    try (KeyParallelProcessorFactory factory =
        KeyParallelProcessorFactory.builder(() -> together)
            .executor(threads)
            .checkpointInterval(Duration.ZERO)
            .build()) {
      IRecordProcessor shard = initialized(factory);
      String[] records = new String[keys * rounds];
      Arrays.setAll(records, i -> "k" + i % keys + ":" + i);
      shard.processRecords(records(records), checkpoints);
      await().until(() -> checkpoints.written.contains("1639/0"));
    }
    for (int k = 0; k < keys; k++) {
      int key = k;
      assertThat(byKey.get("k" + k))
          .isEqualTo(
              IntStream.range(0, rounds)
                  .mapToObj(r -> "k" + key + ":" + (r * keys + key))
                  .toList());
    }
  }

  @Test
  void a_slow_key_holds_up_no_other_until_the_bound_is_reached_and_then_the_shard_waits()
      throws Exception {
    CountDownLatch slow = new CountDownLatch(1);
    IKeyedRecordProcessor processor =
        record -> {
          if (record.getPartitionKey().equals("slow")) {
            slow.await();
          }
          processed.add(text(record));
        };
    try (KeyParallelProcessorFactory factory =
        KeyParallelProcessorFactory.builder(() -> processor)
            .maxInFlight(5)
            .checkpointInterval(Duration.ZERO)
            .build()) {
      IRecordProcessor shard = initialized(factory);
      CompletableFuture<Void> call =
          inBackground(
              () ->
                  shard.processRecords(
                      records("slow:0", "a:1", "b:2", "a:3", "c:4", "d:5", "e:6"), checkpoints));
      await().until(() -> processed.size() == 4);
      await().until(() -> isWaiting("background"));
      assertThat(processed).containsExactlyInAnyOrder("a:1", "b:2", "a:3", "c:4");
      assertThat(call).isNotDone();
      assertThat(checkpoints.written).isEmpty();

      slow.countDown();
      call.get();
      await().until(() -> checkpoints.written.contains("1006/0"));
      assertThat(processed).hasSize(7);
    }
  }

  @Test
  void bytes_are_bounded_too_and_a_record_above_the_bound_is_taken_alone() throws Exception {
    CountDownLatch first = new CountDownLatch(1);
    IKeyedRecordProcessor processor =
        record -> {
          if (text(record).equals("a:0")) {
            first.await();
          }
          processed.add(text(record));
        };
    try (KeyParallelProcessorFactory factory =
        KeyParallelProcessorFactory.builder(() -> processor).maxInFlightBytes(1).build()) {
      IRecordProcessor shard = initialized(factory);
      CompletableFuture<Void> call =
          inBackground(() -> shard.processRecords(records("a:0", "b:1"), checkpoints));
      await().until(() -> isWaiting("background"));
      assertThat(processed).isEmpty();
      first.countDown();
      call.get();
      await().until(() -> processed.size() == 2);
    }
  }

  // ---- the low-water mark

  @Test
  void the_checkpoint_stands_before_the_first_unfinished_record_and_is_written_once_a_second()
      throws Exception {
    failures.put("b:1", 1);
    IRecordProcessor shard = virtualShard(builder());
    shard.processRecords(records("a:0", "b:1", "c:2", "b:3"), checkpoints);

    virtual.run(0);
    assertThat(processed).containsExactlyInAnyOrder("a:0", "c:2");
    assertThat(checkpoints.written).isEmpty();
    virtual.run(999);
    assertThat(processed).hasSize(4).endsWith("b:1", "b:3");
    assertThat(checkpoints.written).isEmpty();
    virtual.run(1);
    assertThat(checkpoints.written).containsExactly("1003/0");
  }

  @Test
  void a_record_that_fails_for_long_holds_the_mark_and_its_key_and_nothing_else() throws Exception {
    failures.put("b:1", 3);
    IRecordProcessor shard = virtualShard(builder());
    shard.processRecords(records("a:0", "b:1", "b:2", "c:3"), checkpoints);
    virtual.run(1_000);
    assertThat(checkpoints.written).containsExactly("1000/0");
    assertThat(processed).containsExactlyInAnyOrder("a:0", "c:3");
    // three pauses of at most half a second, one and two
    virtual.run(3_500);
    assertThat(processed).endsWith("b:1", "b:2");
    assertThat(checkpoints.written).endsWith("1003/0");
  }

  @Test
  void a_batch_that_is_delivered_again_brings_nothing_new() throws Exception {
    IRecordProcessor shard = virtualShard(builder());
    shard.processRecords(records("a:0", "b:1"), checkpoints);
    shard.processRecords(records("a:0", "b:1", "a:2"), checkpoints);
    virtual.run(2_000);
    shard.processRecords(records("a:0", "b:1", "a:2"), checkpoints);
    virtual.run(2_000);
    assertThat(processed).containsExactlyInAnyOrder("a:0", "b:1", "a:2");
    assertThat(checkpoints.written).containsExactly("1002/0");
  }

  @Test
  void a_checkpoint_that_fails_is_tried_again() throws Exception {
    checkpoints.trouble = new IllegalStateException("the table is on fire");
    IRecordProcessor shard = virtualShard(builder());
    shard.processRecords(records("a:0"), checkpoints);
    virtual.run(2_000);
    checkpoints.trouble = null;
    virtual.run(2_000);
    assertThat(checkpoints.written).containsExactly("1000/0");
  }

  @Test
  void a_checkpoint_that_is_refused_for_the_lease_ends_everything() throws Exception {
    IRecordProcessor shard = virtualShard(builder());
    shard.processRecords(records("a:0", "a:1"), checkpoints);
    virtual.step();
    checkpoints.leaseHeld = false;
    virtual.run(2_000);
    checkpoints.leaseHeld = true;
    virtual.run(2_000);

    assertThat(checkpoints.written).isEmpty();
    assertThatThrownBy(() -> shard.processRecords(records("b:2"), checkpoints))
        .isInstanceOf(LeaseLostException.class)
        .hasMessageContaining("shard-7");
    virtual.run(2_000);
    assertThat(processed).doesNotContain("b:2");
  }

  @Test
  void whatever_the_order_of_threads_a_kill_repeats_the_window_at_most_and_loses_nothing()
      throws Exception {
    int count = 80;
    String[] all = new String[count];
    Arrays.setAll(all, i -> "k" + (i * 31 % 7) + ":" + i);
    for (int seed = 0; seed < 300; seed++) {
      VirtualTime time = new VirtualTime(seed);
      RecordedCheckpoints written = new RecordedCheckpoints();
      List<String> log = new ArrayList<>();
      Map<String, Integer> left = new HashMap<>();
      IKeyedRecordProcessor processor =
          record -> {
            String text = text(record);
            if (left.computeIfAbsent(text, t -> time.random().nextInt(8) == 0 ? 2 : 0) > 0) {
              left.merge(text, -1, Integer::sum);
              throw new IllegalStateException("broken");
            }
            log.add(text);
          };
      int from = 0;
      for (int life = 0; life < 4; life++) {
        Builder builder =
            KeyParallelProcessorFactory.builder(() -> processor)
                .maxInFlight(count)
                .maxConcurrency(5)
                .checkpointInterval(Duration.ofMillis(100));
        IRecordProcessor shard = initialized(builder.build(tools(time), () -> {}));
        int given = from;
        int before = log.size();
        boolean last = life == 3;
        int steps = last ? 100_000 : time.random().nextInt(120);
        for (int i = 0; i < steps; i++) {
          if (given < count) {
            int next = Math.min(count, given + 1 + time.random().nextInt(9));
            shard.processRecords(records(given, Arrays.copyOfRange(all, given, next)), written);
            given = next;
          }
          if (!time.step()) {
            break;
          }
        }
        // killed
        time.clear();
        int mark = written.written.isEmpty() ? 0 : number(written.written) + 1;
        assertThat(log).as("seed %d", seed).containsAll(Arrays.asList(all).subList(0, mark));
        assertThat(log.subList(before, log.size())).as("seed %d", seed).doesNotHaveDuplicates();
        from = mark;
      }
      assertThat(from).as("seed %d", seed).isEqualTo(count);
      assertOrderPerKey(log);
    }
  }

  private static int number(List<String> checkpoints) {
    String last = checkpoints.get(checkpoints.size() - 1);
    return Integer.parseInt(last.substring(0, last.indexOf('/'))) - 1_000;
  }

  /**
   * A life goes on where the checkpoint stands, so a key may go back, and then forward without a
   * hole.
   */
  private static void assertOrderPerKey(List<String> log) {
    Map<String, Integer> furthest = new TreeMap<>();
    Map<String, List<Integer>> first = new TreeMap<>();
    for (String text : log) {
      String key = text.substring(0, text.indexOf(':'));
      int number = Integer.parseInt(text.substring(text.indexOf(':') + 1));
      if (number > furthest.getOrDefault(key, -1)) {
        furthest.put(key, number);
        first.computeIfAbsent(key, k -> new ArrayList<>()).add(number);
      }
    }
    first.forEach(
        (key, numbers) -> {
          long ofKey = IntStream.range(0, 80).filter(i -> key.equals("k" + i * 31 % 7)).count();
          assertThat(numbers).as(key).isSorted().hasSize((int) ofKey);
        });
  }

  // ---- failures

  @Test
  void a_dead_letter_is_passed_when_it_is_stored_and_not_before() throws Exception {
    failures.put("b:1", Integer.MAX_VALUE);
    List<DeadLetter> letters = new ArrayList<>();
    boolean[] up = {false};
    IRecordProcessor shard =
        virtualShard(
            builder()
                .onFailure(RecordFailureHandler.deadLetterAfter(3))
                .deadLetters(
                    "clicks",
                    letter -> {
                      letters.add(letter);
                      return up[0]
                          ? CompletableFuture.completedFuture(null)
                          : CompletableFuture.failedFuture(new IllegalStateException("down"));
                    }));
    shard.processRecords(records("a:0", "b:1", "b:2", "a:3"), checkpoints);

    virtual.run(60_000);
    assertThat(letters).hasSizeGreaterThan(3);
    assertThat(processed).containsExactly("a:0", "a:3");
    assertThat(checkpoints.written).containsExactly("1000/0");

    up[0] = true;
    virtual.run(60_000);
    assertThat(processed).containsExactly("a:0", "a:3", "b:2");
    assertThat(checkpoints.written).containsExactly("1000/0", "1003/0");
    DeadLetter letter = letters.get(letters.size() - 1);
    assertThat(letter.stream()).isEqualTo("clicks");
    assertThat(letter.shardId()).isEqualTo("shard-7");
    assertThat(letter.sequenceNumber()).isEqualTo("1001");
    assertThat(letter.attempts()).isEqualTo(3);
    assertThat(letter.errorMessage()).isEqualTo("broken: b:1");
    assertThat(StandardCharsets.UTF_8.decode(letter.payload()).toString()).isEqualTo("b:1");
  }

  @Test
  void without_a_destination_nothing_becomes_a_dead_letter_and_nothing_is_lost() throws Exception {
    failures.put("b:1", 3);
    IRecordProcessor shard =
        virtualShard(builder().onFailure(RecordFailureHandler.deadLetterAfter(1)));
    shard.processRecords(records("a:0", "b:1"), checkpoints);
    virtual.run(60_000);
    assertThat(processed).containsExactlyInAnyOrder("a:0", "b:1");
  }

  @Test
  void a_record_that_is_skipped_is_passed() throws Exception {
    failures.put("b:1", Integer.MAX_VALUE);
    IRecordProcessor shard = virtualShard(builder().onFailure(RecordFailureHandler.skipAfter(2)));
    shard.processRecords(records("a:0", "b:1", "b:2"), checkpoints);
    virtual.run(10_000);
    assertThat(processed).containsExactlyInAnyOrder("a:0", "b:2");
    assertThat(checkpoints.written).endsWith("1002/0");
  }

  @Test
  void a_shard_that_is_stopped_starts_nothing_more_and_says_why_at_every_delivery()
      throws Exception {
    failures.put("b:1", Integer.MAX_VALUE);
    IRecordProcessor shard = virtualShard(builder().onFailure(RecordFailureHandler.stopAfter(1)));
    shard.processRecords(records("a:0", "b:1"), checkpoints);
    virtual.run(10_000);
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> shard.processRecords(records(2, "c:2"), checkpoints))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContainingAll("shard-7", "is stopped", "1001", "broken: b:1");
    }
    virtual.run(10_000);
    assertThat(processed).containsExactly("a:0");
    assertThat(checkpoints.written).containsExactly("1000/0");
    assertThatThrownBy(() -> shard.shardEnded(checkpoints)).hasMessageContaining("is stopped");
  }

  @Test
  void the_pause_that_a_handler_names_is_kept_and_a_handler_that_throws_costs_no_record()
      throws Exception {
    failures.put("a:0", 1);
    failures.put("b:1", 1);
    failures.put("c:2", 1);
    IRecordProcessor shard =
        virtualShard(
            builder()
                .onFailure(
                    failure ->
                        switch (failure.record().getPartitionKey()) {
                          case "a" -> new FailureDecision.RetryAfter(Duration.ofMillis(5_000));
                          case "b" -> null;
                          default -> throw new IllegalStateException("handler");
                        }));
    shard.processRecords(records("a:0", "b:1", "c:2"), checkpoints);
    virtual.run(4_999);
    assertThat(processed).containsExactlyInAnyOrder("b:1", "c:2");
    virtual.run(1);
    assertThat(processed).endsWith("a:0");
  }

  @Test
  void a_key_function_without_an_answer_fails_the_batch() {
    IRecordProcessor shard = virtualShard(builder().key(record -> null));
    assertThatThrownBy(() -> shard.processRecords(records("a:0"), checkpoints))
        .hasMessageContaining("key function returned null");
  }

  // ---- the end

  @Test
  void a_leaving_shard_finishes_what_it_took_in_and_checkpoints_it() throws Exception {
    CountDownLatch open = new CountDownLatch(1);
    IKeyedRecordProcessor processor = waitingFor(open);
    try (KeyParallelProcessorFactory factory =
        KeyParallelProcessorFactory.builder(() -> processor).maxConcurrency(2).build()) {
      IRecordProcessor shard = initialized(factory);
      shard.processRecords(records("a:0", "b:1", "c:2", "a:3"), checkpoints);
      shard.leaseEnding();
      assertThatThrownBy(() -> shard.processRecords(records(4, "d:4"), checkpoints))
          .isInstanceOf(LeaseLostException.class);
      CompletableFuture<Void> call = inBackground(() -> shard.shutdownRequested(checkpoints));
      await().until(() -> isWaiting("background"));
      assertThat(shutdowns).isEmpty();

      open.countDown();
      call.get();
      assertThat(processed).hasSize(4);
      assertThat(shutdowns).containsExactly(ShutdownReason.REQUESTED);
      assertThat(checkpoints.written).endsWith("1003/0");
    }
  }

  @Test
  void a_leaving_shard_does_not_wait_for_a_record_that_is_tried_again() throws Exception {
    failures.put("b:1", Integer.MAX_VALUE);
    IRecordProcessor shard = virtualShard(builder());
    shard.processRecords(records("a:0", "b:1", "b:2", "c:3"), checkpoints);
    virtual.run(0);
    shard.leaseEnding();
    shard.shutdownRequested(checkpoints);
    assertThat(checkpoints.written).containsExactly("1000/0");
    virtual.run(60_000);
    assertThat(processed).containsExactlyInAnyOrder("a:0", "c:3");
    assertThat(checkpoints.written).containsExactly("1000/0");
  }

  @Test
  void a_leaving_shard_waits_for_a_dead_letter_that_is_being_stored() throws Exception {
    failures.put("a:0", Integer.MAX_VALUE);
    CompletableFuture<Void> stored = new CompletableFuture<>();
    CountDownLatch asked = new CountDownLatch(1);
    try (KeyParallelProcessorFactory factory =
        builder()
            .onFailure(RecordFailureHandler.deadLetterAfter(1))
            .deadLetters(
                "clicks",
                letter -> {
                  asked.countDown();
                  return stored;
                })
            .build()) {
      IRecordProcessor shard = initialized(factory);
      shard.processRecords(records("a:0", "a:1"), checkpoints);
      asked.await();
      CompletableFuture<Void> call = inBackground(() -> shard.shutdownRequested(checkpoints));
      await().until(() -> call.isDone() || isWaiting("background"));
      assertThat(shutdowns).isEmpty();

      stored.complete(null);
      call.get();
      assertThat(processed).containsExactly("a:1");
      assertThat(checkpoints.written).containsExactly("1001/0");
    }
  }

  @Test
  void a_leaving_shard_works_for_its_drain_time_and_then_begins_nothing_more() throws Exception {
    CountDownLatch open = new CountDownLatch(1);
    IKeyedRecordProcessor processor = waitingFor(open);
    try (KeyParallelProcessorFactory factory =
        KeyParallelProcessorFactory.builder(() -> processor)
            .maxConcurrency(1)
            .drainTime(Duration.ZERO)
            .build()) {
      IRecordProcessor shard = initialized(factory);
      shard.processRecords(records("a:0", "b:1"), checkpoints);
      CompletableFuture<Void> call = inBackground(() -> shard.shutdownRequested(checkpoints));
      await().until(() -> isWaiting("background"));
      await()
          .until(
              () -> {
                open.countDown();
                return call.isDone();
              });
      // the second may have begun before the timer came; the mark is right in any case
      assertThat(checkpoints.written).containsExactly(processed.size() == 1 ? "1000/0" : "1001/0");
    }
  }

  @Test
  void a_lost_lease_ends_it_at_once_without_a_checkpoint() throws Exception {
    IRecordProcessor shard = virtualShard(builder());
    shard.processRecords(records("a:0", "a:1", "b:2"), checkpoints);
    checkpoints.leaseHeld = false;
    shard.leaseEnding();
    virtual.run(0);
    shard.leaseLost(checkpoints);
    checkpoints.leaseHeld = true;
    virtual.run(60_000);
    // what had been given to a thread is not called back
    assertThat(processed).doesNotContain("a:1").hasSizeLessThan(3);
    assertThat(checkpoints.written).isEmpty();
    assertThat(shutdowns).containsExactly(ShutdownReason.ZOMBIE);
  }

  @Test
  void a_call_that_waits_for_room_ends_when_the_lease_goes() throws Exception {
    CountDownLatch open = new CountDownLatch(1);
    IKeyedRecordProcessor processor = waitingFor(open);
    try (KeyParallelProcessorFactory factory =
        KeyParallelProcessorFactory.builder(() -> processor).maxInFlight(1).build()) {
      IRecordProcessor shard = initialized(factory);
      CompletableFuture<Void> call =
          inBackground(() -> shard.processRecords(records("a:0", "b:1"), checkpoints));
      await().until(() -> isWaiting("background"));
      shard.leaseEnding();
      assertThatThrownBy(call::get).cause().isInstanceOf(LeaseLostException.class);
      open.countDown();
      shard.shutdownRequested(checkpoints);
      assertThat(checkpoints.written).containsExactly("1000/0");
    }
  }

  @Test
  void a_shard_ends_when_every_record_is_done() throws Exception {
    CountDownLatch open = new CountDownLatch(1);
    IKeyedRecordProcessor processor = waitingFor(open);
    try (KeyParallelProcessorFactory factory =
        KeyParallelProcessorFactory.builder(() -> processor).build()) {
      IRecordProcessor shard = initialized(factory);
      shard.processRecords(records("a:0", "a:1"), checkpoints);
      CompletableFuture<Void> call = inBackground(() -> shard.shardEnded(checkpoints));
      await().until(() -> isWaiting("background"));
      assertThat(checkpoints.written).isEmpty();
      open.countDown();
      call.get();
      assertThat(processed).containsExactly("a:0", "a:1");
      assertThat(checkpoints.written).endsWith("END");
      assertThat(shutdowns).containsExactly(ShutdownReason.TERMINATE);
    }
  }

  @Test
  void an_end_whose_checkpoint_failed_is_repeated_without_another_last_call() throws Exception {
    IRecordProcessor shard = virtualShard(builder());
    checkpoints.trouble = new IllegalStateException("no");
    assertThatThrownBy(() -> shard.shardEnded(checkpoints)).hasMessage("no");
    checkpoints.trouble = null;
    shard.shardEnded(checkpoints);
    assertThat(checkpoints.written).containsExactly("END");
    assertThat(shutdowns).containsExactly(ShutdownReason.TERMINATE);
  }

  @Test
  void nothing_is_begun_while_the_worker_has_fenced_itself() throws Exception {
    IRecordProcessor shard = virtualShard(builder());
    checkpoints.leaseHeld = false;
    shard.processRecords(records("a:0", "b:1"), checkpoints);
    virtual.run(5_000);
    assertThat(processed).isEmpty();
    checkpoints.leaseHeld = true;
    virtual.run(200);
    assertThat(processed).containsExactlyInAnyOrder("a:0", "b:1");
  }

  @Test
  void an_executor_that_is_closed_too_early_stops_the_shard_with_a_reason() throws Exception {
    ExecutorService closed = executor(ProcessingExecutors.pool("test-closed"));
    closed.shutdown();
    try (KeyParallelProcessorFactory factory =
        KeyParallelProcessorFactory.builder(Noting::new).executor(closed).build()) {
      IRecordProcessor shard = initialized(factory);
      assertThatThrownBy(() -> shard.processRecords(records("a:0"), checkpoints))
          .hasMessageContaining("the executor takes no more tasks");
    }
  }

  @Test
  void settings_outside_their_range_are_refused_with_the_range() {
    assertThatThrownBy(() -> builder().maxConcurrency(0))
        .hasMessage("maxConcurrency must be between 1 and 10000: 0");
    assertThatThrownBy(() -> RecordFailureHandler.skipAfter(0)).hasMessageContaining("at least 1");
    assertThatThrownBy(() -> new FailureDecision.RetryAfter(Duration.ofMillis(-1)))
        .hasMessageContaining("negative");
    assertThatThrownBy(
            () -> KeyParallelProcessorFactory.builder(() -> null).build().createProcessor())
        .hasMessageContaining("returned null");
  }

  // ---- helpers

  private Builder builder() {
    return KeyParallelProcessorFactory.builder(Noting::new);
  }

  private static Tools tools(VirtualTime time) {
    return new Tools(time.executor(), time.scheduler(), time.clock(), time.randomSource());
  }

  private IRecordProcessor virtualShard(Builder builder) {
    return initialized(builder.build(tools(virtual), () -> {}));
  }

  private static IRecordProcessor initialized(KeyParallelProcessorFactory factory) {
    IRecordProcessor shard = factory.createProcessor();
    try {
      shard.initialize(new InitializationInput("shard-7", Checkpoint.TRIM_HORIZON, null, null));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    return shard;
  }

  private IKeyedRecordProcessor waitingFor(CountDownLatch open) {
    Noting noting = new Noting();
    return new IKeyedRecordProcessor() {
      @Override
      public void processRecord(Record record) throws Exception {
        open.await();
        noting.processRecord(record);
      }

      @Override
      public void shutdown(ShutdownReason reason) {
        noting.shutdown(reason);
      }
    };
  }

  private ExecutorService executor(ExecutorService pool) {
    pools.add(pool);
    return pool;
  }

  private interface Call {
    void run() throws Exception;
  }

  private static CompletableFuture<Void> inBackground(Call call) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                call.run();
                done.complete(null);
              } catch (Throwable e) {
                done.completeExceptionally(e);
              }
            },
            "background");
    thread.setDaemon(true);
    thread.start();
    return done;
  }

  private static boolean isWaiting(String thread) {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(t -> t.getName().equals(thread) && t.getState() == Thread.State.WAITING);
  }

  /** Records from number 0 on, each as {@code key:text}. */
  private static List<Record> records(String... texts) {
    return records(Integer.parseInt(texts[0].substring(texts[0].indexOf(':') + 1)), texts);
  }

  private static List<Record> records(int from, String... texts) {
    List<Record> records = new ArrayList<>();
    for (String text : texts) {
      records.add(
          Record.builder()
              .partitionKey(text.substring(0, text.indexOf(':')))
              .sequenceNumber(Integer.toString(1_000 + from + records.size()))
              .data(text.getBytes(StandardCharsets.UTF_8))
              .build());
    }
    return records;
  }

  private static String text(Record record) {
    return StandardCharsets.UTF_8.decode(record.getData()).toString();
  }
}
