package io.millrace.kcl.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.kcl.engine.Delivery.Verdict;
import io.millrace.kcl.engine.FailureRule.Then;
import io.millrace.kcl.stream.StreamRecord;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DeliveryTest {

  private static final long NOW = 1_000_000;
  private static final long READ_AT = 0;

  /** What came of a batch whose records, 0 to n - 1, were delivered until nothing was left. */
  private static final class Outcome {
    final List<Integer> processed = new ArrayList<>();
    final List<Integer> givenUp = new ArrayList<>();
    final List<Checkpoint> passed = new ArrayList<>();
    int calls;
    int retries;
  }

  private static Batch batch(int size, long arrivalMillis) {
    return batch(IntStream.range(0, size).mapToLong(i -> arrivalMillis).toArray());
  }

  private static Batch batch(long... arrivalMillis) {
    List<StreamRecord> records = new ArrayList<>();
    for (int i = 0; i < arrivalMillis.length; i++) {
      SequenceNumber number = SequenceNumber.of(Integer.toString(i / 2 + 1));
      // every second one shares its sequence number with the one before, as in an aggregate
      records.add(
          new StreamRecord(
              "key", null, number, i % 2, arrivalMillis[i], null, ByteBuffer.allocate(1)));
    }
    return new Batch(records, 0, 0, true);
  }

  private static int indexOf(StreamRecord record) {
    return (Integer.parseInt(record.sequenceNumber().digits()) - 1) * 2
        + (int) record.subSequenceNumber();
  }

  private static Outcome deliver(Batch batch, FailureRule rule, Predicate<Integer> fails) {
    Outcome outcome = new Outcome();
    Delivery delivery = new Delivery(batch, rule);
    while (!delivery.isDone()) {
      assertThat(++outcome.calls).isLessThan(100_000);
      List<Integer> part = delivery.next().records().stream().map(DeliveryTest::indexOf).toList();
      if (part.stream().noneMatch(fails)) {
        outcome.processed.addAll(part);
        outcome.passed.add(delivery.succeeded());
        continue;
      }
      Verdict verdict = delivery.failed(NOW, READ_AT);
      if (verdict instanceof Verdict.Retry) {
        outcome.retries++;
      } else if (verdict instanceof Verdict.GiveUp giveUp) {
        assertThat(giveUp.records().stream().map(DeliveryTest::indexOf).toList()).isEqualTo(part);
        outcome.givenUp.addAll(part);
        outcome.passed.add(delivery.gaveUp());
      }
    }
    return outcome;
  }

  private static FailureRule isolating(int attempts) {
    return new FailureRule(attempts, FailureRule.FOR_EVER, true, Then.DEAD_LETTER);
  }

  private static int ceilLog2(int n) {
    return n <= 1 ? 0 : 32 - Integer.numberOfLeadingZeros(n - 1);
  }

  @Test
  void one_bad_record_is_isolated_within_twice_the_logarithm_wherever_it_is() {
    for (int size : new int[] {1, 2, 3, 5, 8, 13, 100, 500, 1_023, 10_000}) {
      for (int bad = 0; bad < size; bad += Math.max(1, size / 97)) {
        int poison = bad;
        Outcome outcome = deliver(batch(size, NOW), isolating(1), i -> i == poison);
        assertThat(outcome.givenUp).containsExactly(poison);
        assertThat(outcome.processed)
            .containsExactlyElementsOf(
                IntStream.range(0, size).filter(i -> i != poison).boxed().toList());
        assertThat(outcome.calls - 1).isLessThanOrEqualTo(2 * ceilLog2(size));
        assertThat(outcome.retries).isZero();
      }
    }
  }

  @Test
  void whatever_fails_every_other_record_is_processed_once_in_order() {
    Random random = new Random(4);
    for (int run = 0; run < 500; run++) {
      int size = 1 + random.nextInt(64);
      SortedSet<Integer> bad = new TreeSet<>();
      for (int i = 0; i < size; i++) {
        if (random.nextInt(100) < run % 50) {
          bad.add(i);
        }
      }
      Outcome outcome = deliver(batch(size, NOW), isolating(1 + run % 4), bad::contains);
      assertThat(outcome.givenUp).containsExactlyElementsOf(bad);
      assertThat(outcome.processed)
          .containsExactlyElementsOf(
              IntStream.range(0, size).filter(i -> !bad.contains(i)).boxed().toList());
      assertThat(outcome.passed).isSorted().doesNotHaveDuplicates();
    }
  }

  @Test
  void an_outage_gives_up_no_second_record_before_all_its_attempts_are_used_up() {
    Outcome outcome = deliver(batch(8, NOW), isolating(5), i -> true);
    assertThat(outcome.givenUp).hasSize(8);
    // four pauses for the whole batch, and for what is left after each record that was given up
    assertThat(outcome.retries).isEqualTo(8 * 4);
  }

  @Test
  void without_isolation_the_whole_batch_is_given_up() {
    FailureRule rule = new FailureRule(3, FailureRule.FOR_EVER, false, Then.SKIP);
    Outcome outcome = deliver(batch(4, NOW), rule, i -> i == 2);
    assertThat(outcome.givenUp).containsExactly(0, 1, 2, 3);
    assertThat(outcome.calls).isEqualTo(3);
  }

  @Test
  void only_records_that_are_too_old_are_given_up_for_their_age() {
    FailureRule rule = new FailureRule(FailureRule.UNLIMITED, 1_000, true, Then.SKIP);
    Delivery delivery = new Delivery(batch(NOW - 2_000, NOW - 1_000, NOW - 10, NOW), rule);
    assertThat(delivery.failed(NOW, READ_AT)).isInstanceOf(Verdict.Halve.class);
    assertThat(delivery.failed(NOW, READ_AT)).isInstanceOf(Verdict.Halve.class);
    assertThat(delivery.failed(NOW, READ_AT)).isInstanceOf(Verdict.GiveUp.class);
    delivery.gaveUp();
    assertThat(delivery.failed(NOW, READ_AT)).isInstanceOf(Verdict.Halve.class);
    assertThat(delivery.failed(NOW, READ_AT)).isInstanceOf(Verdict.GiveUp.class);
    delivery.gaveUp();
    // the young ones are left, together, and are not given up
    assertThat(delivery.waiting()).hasSize(2);
    for (int attempt = 1; attempt < 100; attempt++) {
      assertThat(delivery.failed(NOW, READ_AT)).isEqualTo(new Verdict.Retry(attempt));
    }
  }

  @Test
  void nothing_is_given_up_by_default() {
    Delivery delivery = new Delivery(batch(4, 0), FailureRule.RETRY_FOR_EVER);
    for (int attempt = 1; attempt < 1_000; attempt++) {
      assertThat(delivery.failed(NOW, READ_AT)).isEqualTo(new Verdict.Retry(attempt));
      assertThat(delivery.next()).isSameAs(delivery.batch());
    }
  }

  @Test
  void records_grow_old_although_the_wall_clock_was_set_back() {
    Delivery delivery =
        new Delivery(
            batch(4, NOW), new FailureRule(FailureRule.UNLIMITED, 1_000, false, Then.SKIP));
    assertThat(delivery.failed(NOW - 500_000, READ_AT + 999)).isEqualTo(new Verdict.Retry(1));
    assertThat(delivery.failed(NOW - 500_000, READ_AT + 1_000)).isInstanceOf(Verdict.GiveUp.class);
  }

  @Test
  void an_empty_batch_that_fails_is_retried() {
    Delivery delivery = new Delivery(batch(0, NOW), isolating(1));
    assertThat(delivery.failed(NOW, READ_AT)).isEqualTo(new Verdict.Retry(1));
    assertThat(delivery.succeeded()).isNull();
    assertThat(delivery.isDone()).isTrue();
  }

  @Test
  void only_the_last_part_is_at_the_end_of_the_shard() {
    Delivery delivery = new Delivery(batch(4, NOW), isolating(1));
    assertThat(delivery.next().atShardEnd()).isTrue();
    delivery.failed(NOW, READ_AT);
    assertThat(delivery.next().atShardEnd()).isFalse();
    delivery.succeeded();
    assertThat(delivery.next().atShardEnd()).isTrue();
  }
}
