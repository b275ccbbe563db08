package io.millrace.it.kcl;

import io.millrace.kcl.IRecordProcessor;
import io.millrace.kcl.IRecordProcessorCheckpointer;
import io.millrace.kcl.InitializationInput;
import io.millrace.kcl.KinesisClientLibConfiguration;
import io.millrace.kcl.ProcessRecordsInput;
import io.millrace.kcl.Record;
import io.millrace.kcl.Worker;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/** Workers of ours on threads of this JVM, and what they were given. */
final class MillraceFleet implements AutoCloseable {

  private final ConcurrentLinkedQueue<Given> given = new ConcurrentLinkedQueue<>();
  private final Map<String, String> pendingStates = new ConcurrentHashMap<>();
  private final List<Worker> workers = new ArrayList<>();
  private final List<CompletableFuture<Void>> ends = new ArrayList<>();
  private final String halt;
  private volatile boolean halted;

  /**
   * @param halt at the record with this text the processor checkpoints, and looks at nothing more
   *     of that shard; null for never
   */
  MillraceFleet(String halt) {
    this.halt = halt;
  }

  MillraceFleet start(KinesisClientLibConfiguration configuration, boolean takeover) {
    Worker worker =
        Worker.builder()
            .recordProcessorFactory(Processor::new)
            .config(configuration)
            .takeover(takeover)
            .build();
    CompletableFuture<Void> end = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                worker.run();
                end.complete(null);
              } catch (RuntimeException e) {
                end.completeExceptionally(e);
              }
            },
            "worker-under-test");
    thread.setDaemon(true);
    thread.start();
    workers.add(worker);
    ends.add(end);
    return this;
  }

  List<Given> given() {
    return List.copyOf(given);
  }

  /** The state that came with a pending checkpoint, by shard. */
  Map<String, String> pendingStates() {
    return pendingStates;
  }

  boolean isHalted() {
    return halted;
  }

  /** Why the first worker stopped by itself. */
  Throwable failure() throws InterruptedException {
    try {
      ends.get(0).get(60, TimeUnit.SECONDS);
      throw new AssertionError("The worker stopped, without an error");
    } catch (java.util.concurrent.ExecutionException e) {
      return e.getCause();
    } catch (java.util.concurrent.TimeoutException e) {
      throw new AssertionError("The worker goes on", e);
    }
  }

  void stop() throws Exception {
    for (Worker worker : workers) {
      worker.requestShutdown();
    }
    for (CompletableFuture<Void> end : ends) {
      end.get(60, TimeUnit.SECONDS);
    }
  }

  @Override
  public void close() {
    workers.forEach(Worker::shutdown);
  }

  private final class Processor implements IRecordProcessor {
    private String shard;
    private boolean stopped;

    @Override
    public void initialize(InitializationInput input) {
      shard = input.getShardId();
      input
          .getPendingCheckpointState()
          .ifPresent(state -> pendingStates.put(shard, new String(state, StandardCharsets.UTF_8)));
    }

    @Override
    public void processRecords(ProcessRecordsInput input) throws Exception {
      for (Record record : input.getRecords()) {
        if (stopped) {
          return;
        }
        String text = StandardCharsets.UTF_8.decode(record.getData()).toString();
        given.add(
            new Given(
                InstantSource.system().millis(),
                shard,
                Given.Position.of(record.getSequenceNumber(), record.getSubSequenceNumber()),
                text));
        if (text.equals(halt)) {
          stopped = true;
          input
              .getCheckpointer()
              .checkpoint(record.getSequenceNumber(), record.getSubSequenceNumber());
          halted = true;
          return;
        }
      }
      if (!input.getRecords().isEmpty()) {
        input.getCheckpointer().checkpoint();
      }
    }

    @Override
    public void processRecords(List<Record> records, IRecordProcessorCheckpointer checkpointer) {
      throw new AssertionError("the other method is overridden");
    }

    @Override
    public void shutdownRequested(IRecordProcessorCheckpointer checkpointer) throws Exception {
      if (!stopped) {
        checkpointer.checkpoint();
      }
    }
  }
}
