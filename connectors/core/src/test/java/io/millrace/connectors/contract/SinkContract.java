package io.millrace.connectors.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.connectors.contract.ContractRecords.Expected;
import io.millrace.connectors.contract.LeaseRow.Hold;
import io.millrace.connectors.contract.LeaseRow.Moment;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.pipeline.ConnectorProcessorFactory;
import io.millrace.connectors.sink.RangeSink;
import io.millrace.connectors.sink.Sink;
import io.millrace.connectors.sink.SinkException;
import io.millrace.kcl.IRecordProcessor;
import io.millrace.kcl.Record;
import io.millrace.kcl.ShutdownException;
import io.millrace.kcl.deadletter.DeadLetterFiles;
import io.millrace.kcl.deadletter.FileDeadLetters;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What every sink keeps: whatever happens, its content equals the stream's, each record once, and
 * the dead letters hold the rest. A subclass says how to open the sink and how to read what it
 * stored. Processes that are killed, real workers and resharding are in {@link WorkerContract}.
 */
@Timeout(120)
public abstract class SinkContract {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int RECORDS = 200;

  @TempDir Path directory;

  private final List<ConnectorProcessorFactory<Message>> factories = new ArrayList<>();
  private final LeaseRow lease = new LeaseRow();
  private String destination;
  private Sink<Message> sink;
  private FileDeadLetters letters;

  /** The sink. */
  protected abstract SinkDriver driver();

  /** A destination that nothing was stored in, for one test. */
  protected abstract String newDestination() throws Exception;

  @BeforeEach
  void open() throws Exception {
    destination = newDestination();
    sink = driver().open(destination);
    letters = FileDeadLetters.builder(directory).build();
  }

  @AfterEach
  void close() {
    factories.forEach(ConnectorProcessorFactory::close);
    letters.close();
    sink.close();
  }

  @Test
  void each_record_is_stored_once_and_bad_ones_are_dead_letters() throws Exception {
    deliver(begin(lease.claim(moment -> {}), sink, 7), records(), 50);
    assertDelivered();
  }

  @Test
  void a_range_of_one_record_and_a_range_of_all_are_stored_alike() throws Exception {
    List<Record> records = records();
    Hold hold = lease.claim(moment -> {});
    IRecordProcessor one = begin(hold, sink, 1);
    one.processRecords(records.subList(0, 20), hold);
    one.shutdownRequested(hold);
    deliver(begin(lease.claim(moment -> {}), sink, 10_000), rest(records), 500);
    assertDelivered();
  }

  @Test
  void a_shard_of_which_everything_is_filtered_out_is_passed() throws Exception {
    List<Record> filtered =
        records().stream()
            .filter(r -> ContractRecords.id(r.getData()).startsWith("filtered"))
            .toList();
    Hold hold = lease.claim(moment -> {});
    IRecordProcessor processor = begin(hold, sink, 7);
    processor.processRecords(filtered, hold);
    processor.shutdownRequested(hold);
    assertThat(lease.checkpoint()).isEqualTo(position(filtered.get(filtered.size() - 1)));
    assertThat(driver().stored(destination)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Moment.class)
  void whoever_dies_is_succeeded_by_somebody_with_other_limits(Moment moment) throws Exception {
    assumeTrue(
        sink instanceof RangeSink
            || moment != Moment.BEFORE_PREPARE && moment != Moment.AFTER_PREPARE,
        "a sink that takes records one by one prepares nothing");
    for (int time = 1; time <= 3; time++) {
      dieAt(moment, time, 5 + time);
    }
    deliver(begin(lease.claim(any -> {}), sink, 11), rest(records()), 40);
    assertDelivered();
  }

  /** Goes on from the checkpoint until the moment has come so many times, and then does nothing. */
  private void dieAt(Moment moment, int time, int limit) throws Exception {
    AtomicInteger seen = new AtomicInteger();
    AtomicBoolean isDead = new AtomicBoolean();
    CompletableFuture<Void> died = new CompletableFuture<>();
    Consumer<Moment> watcher =
        now -> {
          if (isDead.get() || now == moment && seen.incrementAndGet() == time) {
            isDead.set(true);
            died.complete(null);
            throw new Dead();
          }
        };
    Hold hold = lease.claim(watcher);
    Sink<Message> dying =
        WatchedSink.of(
            sink,
            WatchedSink.watching(
                () -> watcher.accept(Moment.BEFORE_SINK), () -> watcher.accept(Moment.AFTER_SINK)));
    ConnectorProcessorFactory<Message> factory =
        builder(dying, limit)
            .deadLetters(
                letter -> {
                  watcher.accept(Moment.BEFORE_LETTERS);
                  return letters.store(letter).thenRun(() -> watcher.accept(Moment.AFTER_LETTERS));
                })
            .build();
    factories.add(factory);
    IRecordProcessor processor = factory.createProcessor();
    processor.initialize(hold.input());
    CompletableFuture<Void> given =
        CompletableFuture.runAsync(
            () -> {
              try {
                processor.processRecords(rest(records()), hold);
              } catch (ShutdownException e) {
                // it was not its shard any more
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    died.get();
    processor.leaseLost(hold);
    given.get();
  }

  /** Nothing is seen of a process that is gone but that it did not go on. */
  private static final class Dead extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Dead() {
      super("dead", null, false, false);
    }
  }

  @Test
  void a_zombie_whose_call_takes_effect_late_changes_nothing() throws Exception {
    CountDownLatch called = new CountDownLatch(1);
    CompletableFuture<Void> wakesUp = new CompletableFuture<>();
    AtomicBoolean late = new AtomicBoolean();
    Sink<Message> slow =
        WatchedSink.of(
            sink,
            new WatchedSink.Between() {
              @Override
              public <R> CompletionStage<R> call(Supplier<CompletionStage<R>> real) {
                called.countDown();
                return wakesUp
                    .thenCompose(nothing -> real.get())
                    .whenComplete((answer, error) -> late.set(true));
              }
            });
    List<Record> records = records();
    Hold zombie = lease.claim(moment -> {});
    IRecordProcessor asleep = begin(zombie, slow, 9);
    CompletableFuture<Void> given =
        CompletableFuture.runAsync(
            () -> {
              try {
                asleep.processRecords(records, zombie);
              } catch (Exception e) {
                // it learns that it is one when it wakes up
              }
            });
    called.await();
    deliver(begin(lease.claim(moment -> {}), sink, 4), records, 30);
    wakesUp.complete(null);
    await().atMost(PATIENCE).untilTrue(late);
    asleep.leaseLost(zombie);
    given.get();
    assertDelivered();
  }

  @Test
  void a_call_that_took_effect_before_it_timed_out_is_repeated_without_a_double() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    Sink<Message> sinkThatTimesOut =
        WatchedSink.of(
            sink,
            new WatchedSink.Between() {
              @Override
              public <R> CompletionStage<R> call(Supplier<CompletionStage<R>> real) {
                return calls.incrementAndGet() % 2 == 0
                    ? real.get()
                    : real.get()
                        .thenApply(
                            answer -> {
                              throw SinkException.passing("no answer within the time", null);
                            });
              }
            });
    deliver(begin(lease.claim(moment -> {}), sinkThatTimesOut, 60), records(), 100);
    assertDelivered();
  }

  @Test
  void while_the_sink_is_down_the_shard_waits_and_nothing_is_given_up() throws Exception {
    AtomicBoolean down = new AtomicBoolean(true);
    AtomicInteger refused = new AtomicInteger();
    Sink<Message> unwell =
        WatchedSink.of(
            sink,
            new WatchedSink.Between() {
              @Override
              public <R> CompletionStage<R> call(Supplier<CompletionStage<R>> real) {
                if (down.get()) {
                  refused.incrementAndGet();
                  return CompletableFuture.failedFuture(
                      SinkException.passing("down for a while", null));
                }
                return real.get();
              }
            });
    Hold hold = lease.claim(moment -> {});
    IRecordProcessor processor = begin(hold, unwell, 20);
    CompletableFuture<Void> given =
        CompletableFuture.runAsync(
            () -> {
              try {
                deliver(processor, hold, records(), 25);
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    await().atMost(PATIENCE).until(() -> refused.get() >= 6);
    assertThat(driver().stored(destination)).isEmpty();
    assertThat(given).isNotDone();
    down.set(false);
    given.get();
    assertDelivered();
  }

  // ---- helpers

  private List<Record> records() {
    return ContractRecords.records(RECORDS, driver());
  }

  /** Those behind the checkpoint. */
  private List<Record> rest(List<Record> records) {
    return records.stream().filter(r -> position(r).compareTo(lease.checkpoint()) > 0).toList();
  }

  private static Checkpoint position(Record record) {
    return Checkpoint.at(
        SequenceNumber.of(record.getSequenceNumber()), record.getSubSequenceNumber());
  }

  private ConnectorProcessorFactory.Builder<Message> builder(Sink<Message> into, int limit) {
    return ConnectorProcessorFactory.builder("clicks", into, ContractRecords.transform(driver()))
        .bufferItems(limit)
        .bufferAge(Duration.ofMillis(200))
        .idleCheckpointInterval(Duration.ofMillis(100))
        .backoff(Duration.ofMillis(5), Duration.ofMillis(50));
  }

  private Held begin(Hold hold, Sink<Message> into, int limit) throws Exception {
    ConnectorProcessorFactory<Message> factory = builder(into, limit).deadLetters(letters).build();
    factories.add(factory);
    IRecordProcessor processor = factory.createProcessor();
    processor.initialize(hold.input());
    return new Held(processor, hold);
  }

  private static void deliver(Held held, List<Record> records, int batch) throws Exception {
    deliver(held, held.hold, records, batch);
  }

  private static void deliver(
      IRecordProcessor processor, Hold hold, List<Record> records, int batch) throws Exception {
    for (int from = 0; from < records.size(); from += batch) {
      processor.processRecords(records.subList(from, Math.min(records.size(), from + batch)), hold);
    }
    processor.shardEnded(hold);
  }

  /** A processor with the lease that it was begun with. */
  private record Held(IRecordProcessor processor, Hold hold) implements IRecordProcessor {
    @Override
    public void processRecords(
        List<Record> records, io.millrace.kcl.IRecordProcessorCheckpointer checkpointer)
        throws Exception {
      processor.processRecords(records, checkpointer);
    }

    @Override
    public void shardEnded(io.millrace.kcl.IRecordProcessorCheckpointer checkpointer)
        throws Exception {
      processor.shardEnded(checkpointer);
    }

    @Override
    public void shutdownRequested(io.millrace.kcl.IRecordProcessorCheckpointer checkpointer)
        throws Exception {
      processor.shutdownRequested(checkpointer);
    }

    @Override
    public void leaseLost(io.millrace.kcl.IRecordProcessorCheckpointer checkpointer)
        throws Exception {
      processor.leaseLost(checkpointer);
    }
  }

  private void assertDelivered() throws Exception {
    assertThat(lease.checkpoint()).isEqualTo(Checkpoint.SHARD_END);
    Expected expected = ContractRecords.expected(RECORDS, driver());
    List<String> dead = new ArrayList<>();
    DeadLetterFiles.read(directory, letter -> dead.add(ContractRecords.id(letter.payload())));
    assertThat(dead.stream().sorted().toList()).isEqualTo(expected.dead());
    assertThat(driver().stored(destination).stream().sorted().toList())
        .isEqualTo(expected.stored());
  }
}
