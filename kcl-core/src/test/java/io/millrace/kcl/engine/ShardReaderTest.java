package io.millrace.kcl.engine;

import static io.millrace.kcl.aggregation.AggregateWriter.stored;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.kcl.ManualClock;
import io.millrace.kcl.aggregation.AggregateWriter;
import io.millrace.kcl.stream.ReadResult;
import io.millrace.kcl.stream.Shard;
import io.millrace.kcl.stream.ShardListFilter;
import io.millrace.kcl.stream.StartPosition;
import io.millrace.kcl.stream.StreamDescription;
import io.millrace.kcl.stream.StreamException;
import io.millrace.kcl.stream.StreamRecord;
import io.millrace.kcl.stream.StreamSource;
import io.millrace.kcl.time.RandomSource;
import io.millrace.lease.HashKeyRange;
import io.millrace.lease.LeaseKey;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** Aggregated records as a shard's reader hands them on. */
class ShardReaderTest {

  private static final LeaseKey SHARD = LeaseKey.of("shardId-000000000007");
  private static final BigInteger MIDDLE = BigInteger.ONE.shiftLeft(127);
  private static final HashKeyRange LOW =
      new HashKeyRange(HashKeyRange.MIN, MIDDLE.subtract(BigInteger.ONE));
  private static final String IN_HIGH = MIDDLE.toString();

  private static final StreamRecord PLAIN = stored("plain", 1, ByteBuffer.allocate(10));
  private static final StreamRecord AGGREGATE =
      stored(
          "a",
          2,
          new AggregateWriter()
              .add("k", "0", "0")
              .add("l", "1", "1")
              .add("k", "2", "2")
              .add("m", "3", "")
              .payload());
  private static final StreamRecord MIXED =
      stored(
          "a",
          3,
          new AggregateWriter()
              .add("k", "0", "0")
              .add("h", IN_HIGH, "1")
              .add("k", "2", "2")
              .add("h", IN_HIGH, "3")
              .payload());
  private static final StreamRecord LAST = stored("plain", 9, ByteBuffer.allocate(10));

  private final Queue<Runnable> loopTasks = new ArrayDeque<>();
  private final List<String> notices = new ArrayList<>();
  private final List<String> gaps = new ArrayList<>();
  private final ByteBudget budget = new ByteBudget(1 << 20);
  private int expiredAtRead = -1;

  @Test
  void resuming_at_any_user_record_delivers_the_rest() {
    List<StreamRecord> stream = List.of(PLAIN, AGGREGATE, MIXED, LAST);
    List<Checkpoint> all = positions(readFrom(Checkpoint.TRIM_HORIZON, stream, HashKeyRange.ALL));
    assertThat(all).hasSize(10);
    for (int i = 0; i < all.size(); i++) {
      assertThat(positions(readFrom(all.get(i), stream, HashKeyRange.ALL)))
          .as("behind %s", all.get(i))
          .isEqualTo(all.subList(i + 1, all.size()));
    }
    assertThat(gaps).isEmpty();
  }

  @Test
  void resuming_in_a_child_that_holds_a_mixed_aggregate_delivers_the_rest_of_what_is_its() {
    List<StreamRecord> stream = List.of(PLAIN, AGGREGATE, MIXED, LAST);
    List<Checkpoint> all = positions(readFrom(Checkpoint.TRIM_HORIZON, stream, LOW));
    assertThat(all).hasSize(8).doesNotContain(at(3, 1), at(3, 3)).contains(at(3, 0), at(3, 2));
    for (int i = 0; i < all.size(); i++) {
      assertThat(positions(readFrom(all.get(i), stream, LOW)))
          .as("behind %s", all.get(i))
          .isEqualTo(all.subList(i + 1, all.size()));
    }
    assertThat(gaps).isEmpty();
  }

  @Test
  void a_sequence_number_alone_covers_the_first_user_record_only() {
    assertThat(positions(readFrom(at(2, 0), List.of(PLAIN, AGGREGATE), HashKeyRange.ALL)))
        .containsExactly(at(2, 1), at(2, 2), at(2, 3));
  }

  @Test
  void an_iterator_that_expires_behind_an_aggregate_costs_and_repeats_nothing() {
    expiredAtRead = 2;
    assertThat(
            positions(
                readFrom(
                    Checkpoint.TRIM_HORIZON, List.of(PLAIN, AGGREGATE, LAST), HashKeyRange.ALL)))
        .containsExactly(at(1, 0), at(2, 0), at(2, 1), at(2, 2), at(2, 3), at(9, 0));
  }

  @Test
  void strays_alone_are_no_batch_and_no_gap_and_are_said_once() {
    StreamRecord strays =
        stored("a", 2, new AggregateWriter().add("h", IN_HIGH, "").add("i", IN_HIGH, "").payload());
    StreamRecord more = stored("a", 3, new AggregateWriter().add("h", IN_HIGH, "").payload());

    List<Batch> batches = readFrom(at(2, 0), List.of(strays, more, LAST), LOW);

    assertThat(positions(batches)).containsExactly(at(9, 0));
    assertThat(batches).hasSize(1);
    assertThat(gaps).isEmpty();
    assertThat(notices)
        .singleElement()
        .asString()
        .contains("INFO", SHARD.value(), "2 user records");
  }

  @Test
  void an_aggregate_counts_once_in_the_budget_and_is_given_back_whole() {
    ShardReader reader = reader(new Stored(List.of(AGGREGATE)));
    reader.start(at(2, 1), null, HashKeyRange.ALL);
    runLoop();

    Batch batch = reader.poll();

    assertThat(batch.records()).hasSize(2);
    assertThat(batch.sizeBytes()).isEqualTo(AGGREGATE.sizeBytes());
    assertThat(budget.usedBytes()).isEqualTo(AGGREGATE.sizeBytes());
    reader.release(batch);
    assertThat(budget.usedBytes()).isZero();
  }

  private static Checkpoint at(long sequence, long sub) {
    return Checkpoint.at(SequenceNumber.of(Long.toString(sequence)), sub);
  }

  private static List<Checkpoint> positions(List<Batch> batches) {
    return batches.stream().flatMap(b -> b.records().stream()).map(StreamRecord::position).toList();
  }

  /** Reads to the end of the shard, one stored record a read. */
  private List<Batch> readFrom(Checkpoint from, List<StreamRecord> stored, HashKeyRange range) {
    ShardReader reader = reader(new Stored(stored));
    reader.start(from, null, range);
    List<Batch> batches = new ArrayList<>();
    for (int turn = 0; turn < 100 && !(reader.isEnded() && !reader.hasBatch()); turn++) {
      runLoop();
      Batch batch = reader.poll();
      if (batch != null) {
        batches.add(batch);
        reader.release(batch);
      }
    }
    assertThat(reader.isEnded()).isTrue();
    assertThat(budget.usedBytes()).isZero();
    return batches;
  }

  private void runLoop() {
    for (Runnable task = loopTasks.poll(); task != null; task = loopTasks.poll()) {
      task.run();
    }
  }

  private ShardReader reader(StreamSource stream) {
    ManualClock clock = new ManualClock();
    EngineEvents events =
        new EngineEvents() {
          @Override
          public void notice(String level, String message) {
            notices.add(level + " " + message);
          }
        };
    EnginePorts ports =
        new EnginePorts(
            null,
            stream,
            null,
            clock,
            (task, delay) -> {
              clock.advance(delay);
              loopTasks.add(task);
              return () -> loopTasks.remove(task);
            },
            loopTasks::add,
            RandomSource.system(),
            events);
    EventLoop loop =
        new EventLoop(
            ports.loop(),
            ports.scheduler(),
            () -> {},
            defect -> {
              throw new AssertionError(defect);
            });
    ShardReader.Listener listener =
        new ShardReader.Listener() {
          @Override
          public void readable() {}

          @Override
          public void gap(String what) {
            gaps.add(what);
          }

          @Override
          public void shardNotFound(StreamException cause) {
            throw new AssertionError(cause);
          }
        };
    return new ShardReader(
        SHARD,
        ports,
        loop,
        new EngineSettings.Reading(1_000, 1_000, 1 << 20, false),
        budget,
        listener);
  }

  /** A closed shard; its iterators are indexes. */
  private final class Stored implements StreamSource {
    private final List<StreamRecord> records;
    private int reads;

    Stored(List<StreamRecord> records) {
      this.records = records;
    }

    @Override
    public CompletionStage<StreamDescription> describe() {
      throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<List<Shard>> listShards(ShardListFilter filter) {
      throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<String> open(LeaseKey shard, StartPosition position) {
      int index = 0;
      if (position instanceof StartPosition.AtSequenceNumber at) {
        while (index < records.size()
            && records.get(index).sequenceNumber().compareTo(at.sequenceNumber()) < 0) {
          index++;
        }
      }
      return CompletableFuture.completedFuture(Integer.toString(index));
    }

    @Override
    public CompletionStage<ReadResult> read(LeaseKey shard, String iterator, int limit) {
      if (reads++ == expiredAtRead) {
        return CompletableFuture.failedFuture(
            new StreamException(StreamException.Kind.EXPIRED_ITERATOR, "expired", null));
      }
      int index = Integer.parseInt(iterator);
      List<StreamRecord> page = records.subList(index, Math.min(records.size(), index + 1));
      boolean end = index + 1 >= records.size();
      return CompletableFuture.completedFuture(
          new ReadResult(page, end ? null : Integer.toString(index + 1), List.of(), 0));
    }
  }
}
