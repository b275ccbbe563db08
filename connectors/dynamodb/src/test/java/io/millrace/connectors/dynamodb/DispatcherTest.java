package io.millrace.connectors.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.connectors.sink.Outcome;
import io.millrace.connectors.sink.SinkException;
import io.millrace.kcl.VirtualTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

class DispatcherTest {

  private final VirtualTime time = new VirtualTime(1);
  private final Table table = new Table(time, 1);

  /** Answers after a random time, as a table would; remembers what is stored, in order. */
  private static final class Table implements Writer {
    final VirtualTime time;
    final int most;
    final List<Write> stored = new ArrayList<>();
    final Set<ItemKey> underWay = new HashSet<>();
    int calls;
    int callsUnderWay;
    int mostCallsUnderWay;
    Function<Write, Verdict> verdict = write -> new Verdict.Stored();

    Table(VirtualTime time, int most) {
      this.time = time;
      this.most = most;
    }

    @Override
    public int most() {
      return most;
    }

    @Override
    public long mostBytes() {
      return 10_000;
    }

    @Override
    public CompletionStage<List<Verdict>> write(List<Write> writes) {
      calls++;
      callsUnderWay++;
      mostCallsUnderWay = Math.max(mostCallsUnderWay, callsUnderWay);
      for (Write write : writes) {
        assertThat(underWay.add(write.key())).as("one writer of %s", write.key()).isTrue();
      }
      CompletableFuture<List<Verdict>> answer = new CompletableFuture<>();
      time.scheduler()
          .schedule(
              () -> {
                callsUnderWay--;
                List<Verdict> verdicts = new ArrayList<>();
                for (Write write : writes) {
                  underWay.remove(write.key());
                  Verdict judged = verdict.apply(write);
                  if (judged instanceof Verdict.Stored) {
                    stored.add(write);
                  }
                  verdicts.add(judged);
                }
                answer.complete(verdicts);
              },
              1 + time.random().nextInt(20));
      return answer;
    }
  }

  @Test
  void writes_of_one_row_go_one_after_another_and_rows_side_by_side() {
    Dispatcher dispatcher = dispatcher(table, 4, 1_000_000);
    CompletionStage<List<Outcome>> outcomes = deliver(dispatcher, "a1", "b1", "a2", "c1", "a3");
    time.run(1_000);
    assertThat(of(outcomes)).containsOnly(Outcome.delivered()).hasSize(5);
    assertThat(storedOf("a")).containsExactly("a1", "a2", "a3");
    assertThat(table.mostCallsUnderWay).isEqualTo(3);
  }

  @Test
  void requests_under_way_are_bounded() {
    Dispatcher dispatcher = dispatcher(table, 3, 1_000_000);
    String[] many = new String[100];
    for (int i = 0; i < many.length; i++) {
      many[i] = "key" + i + "-1";
    }
    CompletionStage<List<Outcome>> outcomes = deliver(dispatcher, many);
    time.run(10_000);
    assertThat(of(outcomes)).hasSize(100);
    assertThat(table.mostCallsUnderWay).isEqualTo(3);
  }

  @Test
  void a_row_that_stays_throttled_is_given_back_with_the_later_ones_of_its_key_and_not_more() {
    table.verdict = write -> text(write).equals("a2") ? throttled() : new Verdict.Stored();
    CompletionStage<List<Outcome>> outcomes =
        deliver(dispatcher(table, 4, 1_000_000), "a1", "a2", "b1", "a3", "b2", "a4");
    time.run(60_000);
    List<Outcome> all = of(outcomes);
    assertThat(all.get(0)).isEqualTo(Outcome.delivered());
    assertThat(all.get(1)).isInstanceOf(Outcome.Retry.class);
    assertThat(all.get(2)).isEqualTo(Outcome.delivered());
    assertThat(all.get(3)).isInstanceOf(Outcome.Retry.class);
    assertThat(all.get(4)).isEqualTo(Outcome.delivered());
    assertThat(all.get(5)).isInstanceOf(Outcome.Retry.class);
    assertThat(storedOf("a")).containsExactly("a1");
    assertThat(((Outcome.Retry) all.get(1)).why())
        .isInstanceOf(SinkException.class)
        .hasMessageContaining("was sent 6 times and is not stored: the table throttles");
  }

  @Test
  void if_nothing_gets_through_the_sink_is_in_trouble_and_no_item_is() {
    table.verdict = write -> throttled();
    CompletionStage<List<Outcome>> outcomes = deliver(dispatcher(table, 4, 1_000_000), "a1", "b1");
    time.run(600_000);
    assertThat(troubleOf(outcomes).needsSomebody()).isFalse();
  }

  @Test
  void a_failure_that_needs_somebody_stops_the_delivery_at_once_and_no_other_one() {
    SinkException denied = SinkException.needsSomebody("denied", null);
    table.verdict =
        write -> text(write).startsWith("x") ? new Verdict.Trouble(denied) : new Verdict.Stored();
    Dispatcher dispatcher = dispatcher(table, 1, 1_000_000);
    CompletionStage<List<Outcome>> bad =
        deliver(dispatcher, "x1", "x2", "y1", "shared1", "shared2");
    CompletionStage<List<Outcome>> good = deliver(dispatcher, "shared3", "z1");
    time.run(10_000);
    assertThat(troubleOf(bad)).isSameAs(denied);
    assertThat(of(good)).containsOnly(Outcome.delivered());
    assertThat(table.stored)
        .extracting(DispatcherTest::text)
        .containsExactlyInAnyOrder("shared3", "z1");
  }

  @Test
  void a_failure_that_passes_is_repeated_once_and_then_ends_the_delivery() {
    SinkException gone = SinkException.passing("no answer", null);
    int[] failures = {1};
    table.verdict = write -> failures[0]-- > 0 ? new Verdict.Trouble(gone) : new Verdict.Stored();
    Dispatcher dispatcher = dispatcher(table, 4, 1_000_000);
    CompletionStage<List<Outcome>> first = deliver(dispatcher, "a1");
    time.run(10_000);
    assertThat(of(first)).containsExactly(Outcome.delivered());
    failures[0] = 2;
    CompletionStage<List<Outcome>> second = deliver(dispatcher, "a2");
    time.run(10_000);
    assertThat(troubleOf(second)).isSameAs(gone);
  }

  @Test
  void nothing_is_answered_while_something_of_the_delivery_is_under_way() {
    table.verdict =
        write ->
            text(write).equals("a1")
                ? new Verdict.Trouble(SinkException.needsSomebody("denied", null))
                : new Verdict.Stored();
    CompletionStage<List<Outcome>> outcomes =
        deliver(dispatcher(table, 8, 1_000_000), "a1", "b1", "c1", "d1");
    outcomes.whenComplete((ok, error) -> assertThat(table.underWay).isEmpty());
    time.run(10_000);
    assertThat(troubleOf(outcomes).needsSomebody()).isTrue();
    assertThat(table.underWay).isEmpty();
  }

  @Test
  void poison_lets_the_later_ones_of_its_row_through() {
    table.verdict =
        write ->
            text(write).equals("a1")
                ? new Verdict.Unfit(new IllegalArgumentException("no"))
                : new Verdict.Stored();
    CompletionStage<List<Outcome>> outcomes = deliver(dispatcher(table, 4, 1_000_000), "a1", "a2");
    time.run(10_000);
    assertThat(of(outcomes).get(0)).isInstanceOf(Outcome.Poison.class);
    assertThat(of(outcomes).get(1)).isEqualTo(Outcome.delivered());
  }

  @Test
  void a_batch_holds_rows_of_different_keys_and_no_more_than_it_takes() {
    Table batches = new Table(time, 25);
    String[] many = new String[60];
    for (int i = 0; i < many.length; i++) {
      many[i] = "key" + i % 30 + "-" + i;
    }
    CompletionStage<List<Outcome>> outcomes = deliver(dispatcher(batches, 4, 1_000_000), many);
    time.run(10_000);
    assertThat(of(outcomes)).containsOnly(Outcome.delivered()).hasSize(60);
    assertThat(batches.calls).isBetween(3, 6);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void whatever_fails_every_row_is_stored_in_order_and_nothing_is_lost(long seed) {
    VirtualTime virtual = new VirtualTime(seed);
    Table flaky = new Table(virtual, seed % 2 == 0 ? 1 : 25);
    int[] troubles = {40}; // each sends a whole delivery again
    flaky.verdict =
        write ->
            switch (virtual.random().nextInt(12)) {
              case 0, 1, 2, 3 -> throttled();
              case 4 -> new Verdict.Busy(new IllegalStateException("busy"));
              case 5 ->
                  troubles[0]-- <= 0
                      ? new Verdict.Stored()
                      : new Verdict.Trouble(
                          virtual.random().nextInt(4) == 0
                              ? SinkException.needsSomebody("denied", null)
                              : SinkException.passing("no answer", null));
              default -> new Verdict.Stored();
            };
    Dispatcher dispatcher =
        new Dispatcher(
            flaky,
            1 + virtual.random().nextInt(6),
            100_000,
            new Timing(virtual.clock(), virtual.scheduler(), virtual.randomSource()),
            virtual.executor());
    Map<String, Integer> expected = new LinkedHashMap<>();
    List<List<String>> shards = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (int shard = 0; shard < shards.size(); shard++) {
      for (int i = 0; i < 100; i++) {
        // the keys of a shard are its own, but for one that all of them write
        String key =
            virtual.random().nextInt(20) == 0
                ? "shared"
                : "s" + shard + "k" + virtual.random().nextInt(5);
        shards.get(shard).add(key + "-" + shard + "-" + i);
        expected.merge(key, 1, Integer::sum);
      }
    }
    List<List<String>> open = new ArrayList<>(shards);
    List<CompletableFuture<List<Outcome>>> calls =
        new ArrayList<>(Collections.nCopies(shards.size(), null));
    for (int steps = 0; open.stream().anyMatch(left -> !left.isEmpty()); steps++) {
      assertThat(steps).as("deliveries come to an end").isLessThan(100_000);
      for (int shard = 0; shard < shards.size(); shard++) {
        CompletableFuture<List<Outcome>> call = calls.get(shard);
        if (call == null && !open.get(shard).isEmpty()) {
          calls.set(
              shard,
              deliver(dispatcher, open.get(shard).toArray(new String[0])).toCompletableFuture());
        } else if (call != null && call.isDone()) {
          calls.set(shard, null);
          if (!call.isCompletedExceptionally()) {
            open.set(shard, retried(open.get(shard), call.join()));
          }
        }
      }
      virtual.step();
    }
    assertOrdered(flaky.stored, expected);
  }

  private static List<String> retried(List<String> sent, List<Outcome> outcomes) {
    List<String> again = new ArrayList<>();
    for (int i = 0; i < sent.size(); i++) {
      if (outcomes.get(i) instanceof Outcome.Retry) {
        again.add(sent.get(i));
      } else {
        assertThat(outcomes.get(i)).isEqualTo(Outcome.delivered());
      }
    }
    return again;
  }

  /** Repeats may come after later ones (the table refuses them); first times may not. */
  private static void assertOrdered(List<Write> stored, Map<String, Integer> expected) {
    Map<String, Integer> lastOf = new HashMap<>();
    Map<String, Integer> counted = new HashMap<>();
    Set<String> seen = new HashSet<>();
    for (Write write : stored) {
      if (!seen.add(text(write))) {
        continue;
      }
      String[] parts = text(write).split("-");
      int number = Integer.parseInt(parts[2]);
      Integer last = lastOf.put(parts[0] + "/" + parts[1], number);
      assertThat(last == null || last < number).as("%s after %s", text(write), last).isTrue();
      counted.merge(parts[0], 1, Integer::sum);
    }
    assertThat(counted).isEqualTo(expected);
  }

  private Dispatcher dispatcher(Writer writer, int concurrency, double rate) {
    return new Dispatcher(
        writer,
        concurrency,
        rate,
        new Timing(time.clock(), time.scheduler(), time.randomSource()),
        time.executor());
  }

  /** The key is the letters before the digits or the hyphen. */
  private static CompletionStage<List<Outcome>> deliver(Dispatcher dispatcher, String... texts) {
    List<Outcome> known = new ArrayList<>();
    List<Write> writes = new ArrayList<>();
    for (String text : texts) {
      known.add(null);
      String key =
          text.contains("-")
              ? text.substring(0, text.indexOf('-'))
              : text.replaceAll("[0-9]+$", "");
      writes.add(
          new Write(
              Operation.PUT,
              new ItemKey(Map.of("id", AttributeValue.fromS(key))),
              Map.of("text", AttributeValue.fromS(text)),
              List.of(),
              "position",
              "identity"));
    }
    return dispatcher.deliver(known, writes);
  }

  private static String text(Write write) {
    return write.attributes().get("text").s();
  }

  private List<String> storedOf(String key) {
    return table.stored.stream()
        .filter(write -> write.key().attributes().get("id").s().equals(key))
        .map(DispatcherTest::text)
        .toList();
  }

  private static Verdict throttled() {
    return new Verdict.Throttled(new IllegalStateException("slow down"));
  }

  private static List<Outcome> of(CompletionStage<List<Outcome>> outcomes) {
    assertThat(outcomes.toCompletableFuture()).isDone();
    return outcomes.toCompletableFuture().join();
  }

  private static SinkException troubleOf(CompletionStage<List<Outcome>> outcomes) {
    assertThat(outcomes.toCompletableFuture()).isCompletedExceptionally();
    try {
      outcomes.toCompletableFuture().join();
      throw new AssertionError("it has not failed");
    } catch (CompletionException e) {
      return (SinkException) e.getCause();
    }
  }
}
