package io.millrace.kcl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.example.classic.ReferrerRecordProcessor;
import com.example.classic.ReferrerRecordProcessorFactory;
import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.kcl.deadletter.DeadLetter;
import io.millrace.kcl.engine.Batch;
import io.millrace.kcl.engine.GivenUp;
import io.millrace.kcl.engine.ShardCheckpointer.LeaseLostException;
import io.millrace.kcl.engine.ShardControl;
import io.millrace.kcl.engine.ShardStart;
import io.millrace.kcl.stream.StreamRecord;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.PendingCheckpoint;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class ProcessorAdapterTest {

  private static final LeaseKey SHARD = LeaseKey.of("shardId-000000000007");
  private static final Checkpoint POSITION = Checkpoint.at(SequenceNumber.of("21"), 0);

  private static final ShardControl CONTROL =
      new ShardControl() {
        @Override
        public void pause(String reason) {}

        @Override
        public void resume() {}

        @Override
        public boolean isLeaseHeld() {
          return true;
        }
      };

  private final ManualClock clock = new ManualClock();
  private final FakeShardCheckpointer engine = new FakeShardCheckpointer(POSITION);

  private final List<DeadLetter> letters = new ArrayList<>();
  private CompletionStage<Void> stored = CompletableFuture.completedFuture(null);
  private final DeadLetterOffice office =
      new DeadLetterOffice(
          "clicks",
          letter -> {
            letters.add(letter);
            return stored;
          },
          clock,
          Runnable::run);

  private ProcessorAdapter adapter(IRecordProcessorFactory factory) {
    return new ProcessorAdapter(SHARD, factory, Runnable::run, clock, office);
  }

  private ProcessorAdapter started(IRecordProcessor processor) {
    ProcessorAdapter adapter = adapter(() -> processor);
    assertThat(adapter.initialize(start())).isCompleted();
    return adapter;
  }

  private static ShardStart start() {
    return new ShardStart(SHARD, Checkpoint.TRIM_HORIZON, null, CONTROL);
  }

  private static Batch batch(String... payloads) {
    List<StreamRecord> records = new ArrayList<>();
    for (int i = 0; i < payloads.length; i++) {
      records.add(
          new StreamRecord(
              "key",
              null,
              SequenceNumber.of(Integer.toString(20 + i)),
              0,
              1_000,
              null,
              ByteBuffer.wrap(payloads[i].getBytes(StandardCharsets.UTF_8))));
    }
    return new Batch(records, 250, 0, false);
  }

  private static Throwable failureOf(CompletionStage<Void> stage) {
    return stage.toCompletableFuture().handle((nothing, failure) -> failure).join();
  }

  @Test
  void code_from_the_classic_slides_runs() {
    ReferrerRecordProcessor[] made = new ReferrerRecordProcessor[1];
    ProcessorAdapter adapter =
        adapter(
            () ->
                made[0] =
                    (ReferrerRecordProcessor)
                        new ReferrerRecordProcessorFactory().createProcessor());
    assertThat(adapter.initialize(start())).isCompleted();
    assertThat(adapter.process(batch("google.com", "bing.com"), engine)).isCompleted();
    assertThat(made[0].seen)
        .containsExactly(
            "shardId-000000000007 20, key, google.com", "shardId-000000000007 21, key, bing.com");
    assertThat(engine.checkpoints).containsExactly(POSITION);
  }

  @Test
  void a_batch_that_is_delivered_again_has_all_its_bytes_though_the_processor_consumed_them() {
    List<String> seen = new ArrayList<>();
    ProcessorAdapter adapter =
        started(
            (records, checkpointer) -> {
              for (Record record : records) {
                seen.add(StandardCharsets.UTF_8.decode(record.getData()).toString());
              }
              if (seen.size() == 2) {
                throw new IllegalStateException("database is down");
              }
            });
    Batch batch = batch("a", "b");
    assertThat(failureOf(adapter.process(batch, engine))).hasMessage("database is down");
    assertThat(adapter.process(batch, engine)).isCompleted();
    assertThat(seen).containsExactly("a", "b", "a", "b");
  }

  @Test
  void records_that_are_given_up_become_dead_letters() {
    ProcessorAdapter adapter = started((records, checkpointer) -> {});
    RuntimeException cause = new IllegalStateException("no such referrer");
    assertThat(adapter.giveUp(new GivenUp(batch("a", "b").records(), cause, 5))).isCompleted();
    assertThat(letters).hasSize(2);
    DeadLetter letter = letters.get(1);
    assertThat(letter.stream()).isEqualTo("clicks");
    assertThat(letter.shardId()).isEqualTo(SHARD.value());
    assertThat(letter.sequenceNumber()).isEqualTo("21");
    assertThat(letter.payload()).isEqualTo(ByteBuffer.wrap(new byte[] {'b'}));
    assertThat(letter.errorMessage()).isEqualTo("no such referrer");
    assertThat(letter.attempts()).isEqualTo(5);
  }

  @Test
  void dead_letters_that_are_not_stored_are_a_failure() {
    ProcessorAdapter adapter = started((records, checkpointer) -> {});
    stored = CompletableFuture.failedFuture(new IllegalStateException("disk full"));
    CompletionStage<Void> answer =
        adapter.giveUp(new GivenUp(batch("a").records(), new IllegalStateException(), 1));
    assertThat(failureOf(answer)).hasMessageContaining("disk full");
  }

  @Test
  void the_engine_learns_where_in_the_users_code_a_call_is() {
    List<String> places = new ArrayList<>();
    ProcessorAdapter[] adapter = new ProcessorAdapter[1];
    adapter[0] =
        started((records, checkpointer) -> places.add(adapter[0].where().orElse("nowhere")));
    adapter[0].process(batch("a"), engine);
    assertThat(places).hasSize(1);
    assertThat(places.get(0)).contains("ProcessorAdapter");
    assertThat(adapter[0].where()).isEmpty();
  }

  @Test
  void the_processor_is_told_where_it_starts_and_what_is_pending() {
    List<InitializationInput> inputs = new ArrayList<>();
    ProcessorAdapter adapter =
        adapter(
            () ->
                new IRecordProcessor() {
                  @Override
                  public void initialize(InitializationInput input) {
                    inputs.add(input);
                  }

                  @Override
                  public void processRecords(
                      List<Record> records, IRecordProcessorCheckpointer checkpointer) {}
                });
    adapter.initialize(
        new ShardStart(SHARD, POSITION, new PendingCheckpoint(POSITION, new byte[] {5}), CONTROL));
    assertThat(inputs).hasSize(1);
    assertThat(inputs.get(0).getShardId()).isEqualTo(SHARD.value());
    assertThat(inputs.get(0).getCheckpoint()).isEqualTo(POSITION);
    assertThat(inputs.get(0).getPendingCheckpoint()).contains(POSITION);
    assertThat(inputs.get(0).getPendingCheckpointState()).contains(new byte[] {5});
  }

  @Test
  void the_processor_is_told_how_far_behind_the_batch_is_and_how_long_it_waited() {
    List<ProcessRecordsInput> inputs = new ArrayList<>();
    ProcessorAdapter adapter = started(new Rich(inputs));
    clock.advance(40);
    adapter.process(batch("a"), engine);
    ProcessRecordsInput input = inputs.get(0);
    assertThat(input.getMillisBehindLatest()).isEqualTo(250);
    assertThat(input.getTimeSpentInCache()).isEqualTo(Duration.ofMillis(40));
    assertThat(input.getTimeFetched()).isEqualTo(Instant.ofEpochMilli(clock.wallMillis() - 40));
    assertThat(input.isAtShardEnd()).isFalse();
  }

  private record Rich(List<ProcessRecordsInput> inputs) implements IRecordProcessor {
    @Override
    public void processRecords(ProcessRecordsInput input) {
      inputs.add(input);
    }

    @Override
    public void processRecords(List<Record> records, IRecordProcessorCheckpointer checkpointer) {
      throw new AssertionError("the rich form is the one that is called");
    }
  }

  @Test
  void nothing_is_delivered_once_the_lease_may_be_lost() {
    List<String> calls = new ArrayList<>();
    ProcessorAdapter adapter = started((records, checkpointer) -> calls.add("process"));
    engine.held = false;
    assertThat(failureOf(adapter.process(batch("a"), engine)))
        .isInstanceOf(LeaseLostException.class)
        .hasMessageContaining(SHARD.value());
    assertThat(failureOf(adapter.shardEnded(engine))).isInstanceOf(LeaseLostException.class);
    assertThat(calls).isEmpty();
    assertThat(engine.checkpoints).isEmpty();
  }

  @Test
  void whether_the_lease_is_held_is_looked_at_when_a_thread_is_free_and_not_before() {
    Queue<Runnable> waiting = new ArrayDeque<>();
    List<String> calls = new ArrayList<>();
    ProcessorAdapter adapter =
        new ProcessorAdapter(
            SHARD,
            () -> (records, checkpointer) -> calls.add("process"),
            waiting::add,
            clock,
            office);
    adapter.initialize(start());
    waiting.remove().run();
    CompletionStage<Void> processed = adapter.process(batch("a"), engine);
    engine.held = false;
    waiting.remove().run();
    assertThat(failureOf(processed)).isInstanceOf(LeaseLostException.class);
    assertThat(calls).isEmpty();
  }

  @Test
  void a_ShutdownException_that_the_processor_lets_pass_means_that_the_lease_is_lost() {
    ProcessorAdapter adapter = started((records, checkpointer) -> checkpointer.checkpoint());
    FakeShardCheckpointer losing =
        new FakeShardCheckpointer(POSITION) {
          @Override
          public CompletionStage<Void> checkpoint(Checkpoint position) {
            held = false;
            return CompletableFuture.failedFuture(new LeaseLostException("worker-b holds it"));
          }
        };
    assertThat(failureOf(adapter.process(batch("a"), losing)))
        .isInstanceOf(LeaseLostException.class)
        .hasMessageContaining("worker-b holds it");
  }

  @Test
  void a_factory_that_returns_null_is_named_and_asked_again() {
    Queue<IRecordProcessor> answers = new ArrayDeque<>();
    ProcessorAdapter adapter = adapter(new NullFirst(answers));
    assertThat(failureOf(adapter.initialize(start())))
        .hasMessageContaining(NullFirst.class.getName())
        .hasMessageContaining("returned null")
        .hasMessageContaining(SHARD.value());
    answers.add((records, checkpointer) -> {});
    assertThat(adapter.initialize(start())).isCompleted();
  }

  private record NullFirst(Queue<IRecordProcessor> answers) implements IRecordProcessorFactory {
    @Override
    public IRecordProcessor createProcessor() {
      return answers.poll();
    }
  }

  @Test
  void a_factory_that_throws_is_named_with_what_it_threw() {
    IRecordProcessorFactory factory =
        () -> {
          throw new NoClassDefFoundError("org/example/Driver");
        };
    assertThat(failureOf(adapter(factory).initialize(start())))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(factory.getClass().getName())
        .hasMessageContaining(SHARD.value())
        .hasMessageContaining("org/example/Driver");
  }

  @Test
  void a_processor_whose_initialize_threw_is_initialized_again() {
    List<String> calls = new ArrayList<>();
    ProcessorAdapter adapter =
        started(
            new IRecordProcessor() {
              @Override
              public void processRecords(
                  List<Record> records, IRecordProcessorCheckpointer checkpointer) {}
            });
    assertThat(adapter.initialize(start())).isCompleted();
    ProcessorAdapter failing =
        adapter(
            () ->
                new IRecordProcessor() {
                  @Override
                  public void initialize(String shardId) {
                    calls.add(shardId);
                    if (calls.size() == 1) {
                      throw new IllegalStateException("no connection yet");
                    }
                  }

                  @Override
                  public void processRecords(
                      List<Record> records, IRecordProcessorCheckpointer checkpointer) {}
                });
    assertThat(failureOf(failing.initialize(start()))).hasMessage("no connection yet");
    assertThat(failing.initialize(start())).isCompleted();
    assertThat(calls).hasSize(2);
  }

  @Test
  void errors_become_failed_stages_too() {
    ProcessorAdapter endless = started((records, checkpointer) -> recurse(1));
    assertThat(failureOf(endless.process(batch("a"), engine)))
        .isInstanceOf(StackOverflowError.class);
    ProcessorAdapter greedy =
        started(
            (records, checkpointer) -> {
              throw new OutOfMemoryError("as if");
            });
    assertThat(failureOf(greedy.process(batch("a"), engine))).isInstanceOf(OutOfMemoryError.class);
  }

  private static int recurse(int depth) {
    return depth < 0 ? 0 : recurse(depth + 1) + 1;
  }

  @Test
  void at_the_end_of_a_shard_a_processor_without_shutdown_checkpoints_the_end() {
    ProcessorAdapter adapter = started((records, checkpointer) -> {});
    FakeShardCheckpointer end = new FakeShardCheckpointer(Checkpoint.SHARD_END);
    assertThat(adapter.shardEnded(end)).isCompleted();
    assertThat(end.checkpoints).containsExactly(Checkpoint.SHARD_END);
  }

  @Test
  void a_processor_that_lost_its_lease_gets_a_checkpointer_that_refuses() {
    List<Object> calls = new ArrayList<>();
    ProcessorAdapter adapter =
        started(
            new IRecordProcessor() {
              @Override
              public void processRecords(
                  List<Record> records, IRecordProcessorCheckpointer checkpointer) {}

              @Override
              public void shutdown(
                  IRecordProcessorCheckpointer checkpointer, ShutdownReason reason) {
                calls.add(reason);
                calls.add(checkpointer.isLeaseHeld());
                assertThatThrownBy(checkpointer::checkpoint).isInstanceOf(ShutdownException.class);
                assertThatThrownBy(() -> checkpointer.prepareCheckpoint("5"))
                    .isInstanceOf(ShutdownException.class);
              }
            });
    assertThat(adapter.leaseLost()).isCompleted();
    assertThat(calls).containsExactly(ShutdownReason.ZOMBIE, false);
  }

  @Test
  void a_processor_that_was_never_initialized_is_not_shut_down() {
    List<String> calls = new ArrayList<>();
    ProcessorAdapter adapter =
        adapter(
            () ->
                new IRecordProcessor() {
                  @Override
                  public void initialize(String shardId) {
                    throw new IllegalStateException("never");
                  }

                  @Override
                  public void processRecords(
                      List<Record> records, IRecordProcessorCheckpointer checkpointer) {}

                  @Override
                  public void shutdown(ShutdownInput input) {
                    calls.add("shutdown");
                  }
                });
    adapter.initialize(start());
    assertThat(adapter.shutdownRequested(engine)).isCompleted();
    assertThat(adapter.leaseLost()).isCompleted();
    assertThat(failureOf(adapter.shardEnded(engine))).isInstanceOf(IllegalStateException.class);
    assertThat(calls).isEmpty();
  }

  @Test
  void leaseEnding_is_told_beside_a_call_that_is_under_way() {
    Queue<Runnable> tasks = new ArrayDeque<>();
    List<String> calls = new ArrayList<>();
    ProcessorAdapter adapter =
        new ProcessorAdapter(
            SHARD,
            () ->
                new IRecordProcessor() {
                  @Override
                  public void processRecords(
                      List<Record> records, IRecordProcessorCheckpointer checkpointer) {
                    tasks.remove().run();
                    calls.add("processed");
                  }

                  @Override
                  public void leaseEnding() {
                    calls.add("ending");
                    throw new IllegalStateException("harms nobody");
                  }
                },
            tasks::add,
            clock,
            office);
    adapter.leaseEnding(); // there is no processor yet
    assertThat(tasks).isEmpty();
    adapter.initialize(start());
    tasks.remove().run();
    CompletionStage<Void> processed = adapter.process(batch("a"), engine);
    adapter.leaseEnding();
    tasks.remove().run();
    assertThat(calls).containsExactly("ending", "processed");
    assertThat(processed).isCompleted();
  }

  @Test
  void an_executor_that_is_shut_down_fails_the_stage_and_never_throws_into_the_loop() {
    Executor closed =
        task -> {
          throw new RejectedExecutionException("closed");
        };
    ProcessorAdapter adapter =
        new ProcessorAdapter(SHARD, () -> (records, checkpointer) -> {}, closed, clock, office);
    assertThat(failureOf(adapter.initialize(start())))
        .isInstanceOf(RejectedExecutionException.class);
  }
}
