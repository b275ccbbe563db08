package io.millrace.kcl.keyed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What may be processed, and how far it is done, under random interleavings. */
class KeyQueuesTest {

  private static final int SEEDS = 2_000;
  private static final int RECORDS = 60;
  private static final int MAX_RUNNING = 4;

  private record Item(int number, int key, LowWaterMark.Entry entry) {}

  /** A shard under one seed: the two classes together, and what must be true of them. */
  private static final class Shard {
    final Random random;
    final KeyQueues<Item> queues = new KeyQueues<>(MAX_RUNNING);
    final LowWaterMark lowWater = new LowWaterMark();
    final List<Item> running = new ArrayList<>();
    final List<Item> waiting = new ArrayList<>();
    final boolean[] done = new boolean[RECORDS];
    final Map<Integer, Integer> lastOfKey = new HashMap<>();
    int added;
    int finished;

    Shard(long seed) {
      random = new Random(seed);
    }

    /** Returns whether there was anything to do. */
    boolean step() {
      switch (random.nextInt(6)) {
        case 0 -> add();
        case 1, 2 -> begin();
        case 3 -> finish(running);
        case 4 -> {
          if (!running.isEmpty()) {
            Item item = running.remove(random.nextInt(running.size()));
            queues.postpone(item.key());
            waiting.add(item);
          }
        }
        default -> {
          if (random.nextInt(4) == 0) {
            finish(waiting); // its dead letter was stored
          } else if (!waiting.isEmpty()) {
            queues.resume(waiting.remove(random.nextInt(waiting.size())).key());
          }
        }
      }
      check();
      return finished < RECORDS;
    }

    private void add() {
      if (added < RECORDS) {
        int key = random.nextInt(7);
        queues.add(key, new Item(added, key, lowWater.accept(at(added))));
        added++;
      }
    }

    private void begin() {
      Item item = queues.next();
      if (item != null) {
        assertThat(running).noneMatch(r -> r.key() == item.key());
        assertThat(waiting).noneMatch(w -> w.key() == item.key());
        assertThat(lastOfKey.getOrDefault(item.key(), -1)).isLessThan(item.number());
        running.add(item);
      }
    }

    private void finish(List<Item> from) {
      if (!from.isEmpty()) {
        Item item = from.remove(random.nextInt(from.size()));
        queues.finish(item.key());
        lastOfKey.put(item.key(), item.number());
        done[item.number()] = true;
        finished++;
        lowWater.finish(item.entry());
      }
    }

    private void check() {
      assertThat(queues.running()).isEqualTo(running.size()).isLessThanOrEqualTo(MAX_RUNNING);
      assertThat(queues.waiting()).isEqualTo(waiting.size());
      int mark = 0;
      while (mark < RECORDS && done[mark]) {
        mark++;
      }
      assertThat(lowWater.mark()).isEqualTo(mark == 0 ? null : at(mark - 1));
      // what a crash repeats
      assertThat(lowWater.window()).isEqualTo(added - mark);
    }
  }

  @Test
  void a_key_has_one_record_at_a_time_in_order_and_the_mark_passes_nothing_unfinished() {
    for (int seed = 0; seed < SEEDS; seed++) {
      Shard shard = new Shard(seed);
      int steps = 0;
      while (shard.step()) {
        assertThat(steps++).as("seed %d comes to an end", seed).isLessThan(20_000);
      }
      assertThat(shard.lowWater.mark()).isEqualTo(at(RECORDS - 1));
    }
  }

  @Test
  void a_key_that_waits_leaves_its_place_to_others() {
    KeyQueues<String> queues = new KeyQueues<>(1);
    queues.add("a", "a1");
    queues.add("a", "a2");
    queues.add("b", "b1");
    assertThat(queues.next()).isEqualTo("a1");
    assertThat(queues.next()).isNull();

    queues.postpone("a");

    assertThat(queues.next()).isEqualTo("b1");
    queues.finish("b");
    assertThat(queues.next()).isNull();
    queues.resume("a");
    assertThat(queues.next()).isEqualTo("a1");
    queues.finish("a");
    assertThat(queues.next()).isEqualTo("a2");
  }

  @Test
  void keys_take_turns() {
    KeyQueues<String> queues = new KeyQueues<>(1);
    for (String record : List.of("a1", "a2", "a3", "b1", "c1")) {
      queues.add(record.charAt(0), record);
    }
    List<String> order = new ArrayList<>();
    for (String next = queues.next(); next != null; next = queues.next()) {
      order.add(next);
      queues.finish(next.charAt(0));
    }
    assertThat(order).containsExactly("a1", "b1", "c1", "a2", "a3");
  }

  @Test
  void what_does_not_fit_the_state_is_a_defect_and_said_so() {
    KeyQueues<String> queues = new KeyQueues<>(1);
    queues.add("a", "a1");
    assertThatThrownBy(() -> queues.finish("a")).hasMessageContaining("READY, not RUNNING");
    assertThatThrownBy(() -> queues.resume("b")).hasMessageContaining("No record of key 'b'");
    LowWaterMark mark = new LowWaterMark();
    LowWaterMark.Entry entry = mark.accept(at(1));
    mark.finish(entry);
    assertThatThrownBy(() -> mark.finish(entry)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> mark.accept(at(1))).isInstanceOf(IllegalStateException.class);
  }

  private static Checkpoint at(int number) {
    return Checkpoint.at(SequenceNumber.of(Integer.toString(1_000 + number)), number % 3);
  }
}
