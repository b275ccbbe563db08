package io.millrace.kcl.engine;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.checkpoint.SequenceNumber;
import io.millrace.kcl.stream.ReadResult;
import io.millrace.kcl.stream.Shard;
import io.millrace.kcl.stream.ShardListFilter;
import io.millrace.kcl.stream.StartPosition;
import io.millrace.kcl.stream.StreamDescription;
import io.millrace.kcl.stream.StreamRecord;
import io.millrace.kcl.stream.StreamSource;
import io.millrace.kcl.time.RandomSource;
import io.millrace.lease.HashKeyRange;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseStore.OwnerResult;
import io.millrace.lease.SessionId;
import io.millrace.lease.memory.MemoryLeaseStore;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A real worker with one shard, of which a few records were delivered: what user threads that
 * checkpoint have before them. Everything answers at once, on the thread that asks.
 */
public final class OneShard {

  public static final LeaseKey SHARD = LeaseKey.of("shardId-000000000000");

  private static final int RECORDS = 4;

  /** The worker's loop; a test's thread is it. */
  public final LoopOfThisThread loop = new LoopOfThisThread();

  private final MemoryLeaseStore store = new MemoryLeaseStore();
  private ShardCheckpointer checkpointer;

  /** Runs the worker until the records are delivered. */
  public OneShard() {
    new WorkerLoop(
            new EngineSettings(
                new EngineSettings.Names("worker", "app", "stream", "app"),
                new EngineSettings.Membership(6_000, 1_000, 100, Integer.MAX_VALUE, null),
                new EngineSettings.Start(EngineSettings.InitialPosition.TRIM_HORIZON, null),
                new EngineSettings.Reading(100, 1_000, 1 << 20, false),
                new EngineSettings.Processing(500, 10_000, 1_000, 10_000),
                EngineSettings.Policies.DEFAULTS,
                60_000),
            new EnginePorts(
                store,
                new FewRecords(),
                shard -> new Processor(),
                loop,
                loop,
                loop,
                new Counting(),
                new EngineEvents() {}))
        .start();
    loop.runUntil(() -> checkpointer != null);
  }

  /** What the processor was handed with its batch. */
  public ShardCheckpointer checkpointer() {
    return checkpointer;
  }

  /** The sequence number of record {@code number}, 1 to 4. */
  public static String sequence(int number) {
    return "4958762" + "0".repeat(48) + number;
  }

  public static Checkpoint position(int number) {
    return Checkpoint.at(SequenceNumber.of(sequence(number)), 0);
  }

  public Lease row() {
    return store.readLease(SHARD).toCompletableFuture().join().orElseThrow();
  }

  /** Another session takes the lease, as if this one had expired. From any thread. */
  public void steal() {
    OwnerResult result =
        store
            .claim(row(), SessionId.create("thief", 0, 9, 9), OptionalLong.empty())
            .toCompletableFuture()
            .join();
    // a checkpoint between the two does not change the token
    if (!(result instanceof OwnerResult.Done)) {
      throw new AssertionError("not taken: " + result);
    }
  }

  private final class Processor implements ShardProcessor {
    @Override
    public CompletionStage<Void> initialize(ShardStart start) {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> process(Batch batch, ShardCheckpointer given) {
      checkpointer = given;
      return new CompletableFuture<>(); // the threads of the test are still at it
    }

    @Override
    public CompletionStage<Void> giveUp(GivenUp records) {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> shardEnded(ShardCheckpointer given) {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> shutdownRequested(ShardCheckpointer given) {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> leaseLost() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void leaseEnding() {}
  }

  private static final class FewRecords implements StreamSource {
    @Override
    public CompletionStage<StreamDescription> describe() {
      return CompletableFuture.completedFuture(
          new StreamDescription("stream", "arn:stream", 1, 86_400_000, 2, "ACTIVE"));
    }

    @Override
    public CompletionStage<List<Shard>> listShards(ShardListFilter filter) {
      return CompletableFuture.completedFuture(
          List.of(new Shard(SHARD, Collections.emptySortedSet(), HashKeyRange.ALL, true)));
    }

    @Override
    public CompletionStage<String> open(LeaseKey shard, StartPosition position) {
      return CompletableFuture.completedFuture("first");
    }

    @Override
    public CompletionStage<ReadResult> read(LeaseKey shard, String iterator, int limit) {
      List<StreamRecord> records = new ArrayList<>();
      for (int i = 1; i <= RECORDS && iterator.equals("first"); i++) {
        records.add(
            new StreamRecord(
                "key", null, SequenceNumber.of(sequence(i)), 0, 1, "NONE", ByteBuffer.allocate(1)));
      }
      return CompletableFuture.completedFuture(new ReadResult(records, "next", List.of(), 0));
    }
  }

  /** Randomness that repeats: 0, 1, 2, … */
  private static final class Counting implements RandomSource {
    private long next;

    @Override
    public long nextLong() {
      return next++;
    }

    @Override
    public RandomSource fork(String component) {
      return this;
    }
  }
}
