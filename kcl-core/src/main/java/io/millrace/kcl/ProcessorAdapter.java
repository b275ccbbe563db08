package io.millrace.kcl;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.engine.Batch;
import io.millrace.kcl.engine.GivenUp;
import io.millrace.kcl.engine.ShardCheckpointer;
import io.millrace.kcl.engine.ShardCheckpointer.LeaseLostException;
import io.millrace.kcl.engine.ShardProcessor;
import io.millrace.kcl.engine.ShardProcessorFactory;
import io.millrace.kcl.engine.ShardStart;
import io.millrace.kcl.stream.StreamRecord;
import io.millrace.kcl.time.Clock;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.PendingCheckpoint;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A user's record processor as the engine sees it: every call runs on the processing executor, and
 * whatever the user's code throws, errors included, becomes a failed stage, never the end of a
 * thread that others need.
 */
final class ProcessorAdapter implements ShardProcessor {

  private static final Logger log = LoggerFactory.getLogger(ProcessorAdapter.class);

  private final LeaseKey shard;
  private final IRecordProcessorFactory factory;
  private final Executor executor;
  private final Clock clock;
  private final DeadLetterOffice deadLetters;

  /**
   * Made by the first {@code initialize} that gets one; a later attempt initializes the same one.
   */
  private volatile IRecordProcessor processor;

  private volatile boolean initialized;

  /** The thread that is in the user's code; null between calls. */
  private volatile Thread calling;

  private volatile Checkpoint accepted = Checkpoint.TRIM_HORIZON;

  ProcessorAdapter(
      LeaseKey shard,
      IRecordProcessorFactory factory,
      Executor executor,
      Clock clock,
      DeadLetterOffice deadLetters) {
    this.deadLetters = deadLetters;
    this.shard = shard;
    this.factory = factory;
    this.executor = executor;
    this.clock = clock;
  }

  /** Adapters for every shard, on one executor. */
  static ShardProcessorFactory factory(
      IRecordProcessorFactory factory,
      Executor executor,
      Clock clock,
      DeadLetterOffice deadLetters) {
    return shard -> new ProcessorAdapter(shard, factory, executor, clock, deadLetters);
  }

  @Override
  public CompletionStage<Void> initialize(ShardStart start) {
    return onExecutor(
        () -> {
          if (processor == null) {
            processor = create();
          }
          PendingCheckpoint pending = start.pending();
          accepted = start.checkpoint();
          processor.initialize(
              new InitializationInput(
                  shard.value(),
                  start.checkpoint(),
                  pending == null ? null : pending.checkpoint(),
                  pending == null ? null : pending.state(),
                  control(start.control())));
          initialized = true;
        });
  }

  @Override
  public CompletionStage<Void> process(Batch batch, ShardCheckpointer checkpointer) {
    return onExecutor(
        () -> {
          requireHeld(checkpointer);
          requireInitialized();
          long waitedMillis = Math.max(0, clock.monotonicMillis() - batch.fetchedMillis());
          ProcessRecordsInput input =
              ProcessRecordsInput.builder()
                  .records(recordsOf(batch))
                  .checkpointer(new BlockingCheckpointer(shard, checkpointer))
                  .millisBehindLatest(batch.millisBehindLatest())
                  .timeFetched(Instant.ofEpochMilli(clock.wallMillis() - waitedMillis))
                  .timeSpentInCache(Duration.ofMillis(waitedMillis))
                  .atShardEnd(batch.atShardEnd())
                  .build();
          withCheckpointer(checkpointer, () -> processor.processRecords(input));
        });
  }

  @Override
  public CompletionStage<Void> giveUp(GivenUp records) {
    CompletableFuture<Void> stored = new CompletableFuture<>();
    onExecutor(
            () ->
                deadLetters
                    .store(shard, records)
                    .whenComplete(
                        (nothing, error) -> {
                          if (error == null) {
                            stored.complete(null);
                          } else {
                            stored.completeExceptionally(error);
                          }
                        }))
        .whenComplete(
            (nothing, error) -> {
              if (error != null) {
                stored.completeExceptionally(error);
              }
            });
    return stored;
  }

  @Override
  public CompletionStage<Void> shardEnded(ShardCheckpointer checkpointer) {
    return onExecutor(
        () -> {
          requireHeld(checkpointer);
          requireInitialized();
          withCheckpointer(
              checkpointer,
              () -> processor.shardEnded(new BlockingCheckpointer(shard, checkpointer)));
        });
  }

  @Override
  public CompletionStage<Void> shutdownRequested(ShardCheckpointer checkpointer) {
    return onExecutor(
        () -> {
          if (initialized) {
            withCheckpointer(
                checkpointer,
                () -> processor.shutdownRequested(new BlockingCheckpointer(shard, checkpointer)));
          }
        });
  }

  @Override
  public CompletionStage<Void> leaseLost() {
    return onExecutor(
        () -> {
          if (initialized) {
            processor.leaseLost(new BlockingCheckpointer(shard, new LostLease(shard, accepted)));
          }
        });
  }

  @Override
  public void leaseEnding() {
    IRecordProcessor current = processor;
    if (current == null) {
      return;
    }
    try {
      executor.execute(
          () -> {
            try {
              current.leaseEnding();
            } catch (Throwable e) {
              log.warn("leaseEnding() of {} for shard {} threw", name(current), shard, e);
            }
          });
    } catch (RejectedExecutionException e) {
      log.debug("leaseEnding() for shard {} was not called: the worker has ended", shard);
    }
  }

  private static ShardControl control(io.millrace.kcl.engine.ShardControl engine) {
    return new ShardControl() {
      @Override
      public void pause(String reason) {
        engine.pause(Objects.requireNonNull(reason, "reason"));
      }

      @Override
      public void resume() {
        engine.resume();
      }

      @Override
      public boolean isLeaseHeld() {
        return engine.isLeaseHeld();
      }
    };
  }

  @Override
  public Optional<String> where() {
    Thread thread = calling;
    return thread == null ? Optional.empty() : CallSite.of(thread.getStackTrace());
  }

  private IRecordProcessor create() {
    IRecordProcessor created;
    try {
      created = factory.createProcessor();
    } catch (Throwable e) {
      throw new IllegalStateException(
          "createProcessor() of factory " + name(factory) + " threw for shard " + shard + ": " + e,
          e);
    }
    if (created == null) {
      throw new IllegalStateException(
          "createProcessor() of factory "
              + name(factory)
              + " returned null for shard "
              + shard
              + "; it must return a new record processor at every call");
    }
    return created;
  }

  private void requireInitialized() {
    if (!initialized) {
      throw new IllegalStateException("The processor of shard " + shard + " is not initialized");
    }
  }

  /** The last look before the user's code: nothing is delivered past the self-fencing deadline. */
  private void requireHeld(ShardCheckpointer checkpointer) {
    if (!checkpointer.isLeaseHeld()) {
      throw new LeaseLostException(
          "The lease of shard " + shard + " is not held any more; nothing is delivered");
    }
  }

  /** New records at every delivery; they share the payload, of which they give fresh views. */
  private static List<Record> recordsOf(Batch batch) {
    List<Record> records = new ArrayList<>(batch.records().size());
    for (StreamRecord record : batch.records()) {
      records.add(new Record(record));
    }
    return records;
  }

  /** A {@link ShutdownException} that the user let pass means what the engine calls lease lost. */
  private static void withCheckpointer(ShardCheckpointer checkpointer, Call call) throws Exception {
    try {
      call.run();
    } catch (ShutdownException e) {
      if (checkpointer.isLeaseHeld()) {
        throw e;
      }
      LeaseLostException lost = new LeaseLostException(e.getMessage());
      lost.initCause(e);
      throw lost;
    }
  }

  private CompletionStage<Void> onExecutor(Call call) {
    CompletableFuture<Void> returned = new CompletableFuture<>();
    try {
      executor.execute(
          () -> {
            calling = Thread.currentThread();
            try {
              call.run();
            } catch (Throwable e) {
              calling = null;
              returned.completeExceptionally(e);
              return;
            }
            calling = null;
            returned.complete(null);
          });
    } catch (RejectedExecutionException e) {
      returned.completeExceptionally(e);
    }
    return returned;
  }

  private static String name(Object object) {
    return object.getClass().getName();
  }

  private interface Call {
    void run() throws Exception;
  }
}
