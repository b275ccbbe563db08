package io.millrace.kcl.engine;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.stream.StreamRecord;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseStore;
import io.millrace.lease.LeaseStoreException;
import io.millrace.lease.memory.MemoryLeaseStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Several real workers on virtual time, one table and one stream, with processors that write down
 * what they were given and checkpoint after each batch.
 */
final class Fleet {

  /** What a processor saw. */
  record Delivery(String worker, LeaseKey shard, long at, String text) {}

  final VirtualTime time = new VirtualTime();
  final MemoryLeaseStore table = new MemoryLeaseStore();
  final FakeStream stream;
  final SortedMap<String, Member> members = new TreeMap<>();
  final List<Delivery> deliveries = new ArrayList<>();
  final List<String> notices = new ArrayList<>();
  final List<String> gaps = new ArrayList<>();
  EngineSettings.Start start =
      new EngineSettings.Start(EngineSettings.InitialPosition.TRIM_HORIZON, null);
  long failoverMillis = 6_000;
  int maxLeases = Integer.MAX_VALUE;
  private int records;
  private final SortedSet<String> put = new TreeSet<>();

  Fleet(int shards) {
    this.stream = new FakeStream(time, shards, 3);
  }

  final class Member implements EngineEvents {
    final String name;
    final VirtualTime.Machine machine;
    final WorkerLoop loop;
    final List<String> calls = new ArrayList<>();
    boolean cutOff;
    boolean loseAnswers;
    long storeLatencyMillis = 2;
    int failBatches;
    boolean checkpoints = true;
    boolean neverReturns;
    boolean checkpointsAtEnd = true;
    long processMillis = 1;
    Throwable failure;
    Boolean stoppedCleanly;
    int storeCalls;

    Member(String name, long seed) {
      this.name = name;
      this.machine = time.machine(seed);
      this.loop =
          new WorkerLoop(
              new EngineSettings(
                  new EngineSettings.Names(name, "app", "stream", "app"),
                  new EngineSettings.Membership(failoverMillis, 1_000, 100, maxLeases),
                  start,
                  new EngineSettings.Reading(10_000, 1_000, 1 << 20, false),
                  new EngineSettings.Processing(500, 10_000, 1_000, 10_000),
                  60_000),
              new EnginePorts(
                  store(),
                  stream,
                  shard -> new Processor(this, shard),
                  time.clock(),
                  machine,
                  machine,
                  machine.random(),
                  this));
      loop.done()
          .whenComplete(
              (clean, error) -> {
                stoppedCleanly = clean;
                failure = error == null ? null : EventLoop.unwrap(error);
              });
    }

    /** The table behind a network of its own. */
    private LeaseStore store() {
      return (LeaseStore)
          Proxy.newProxyInstance(
              LeaseStore.class.getClassLoader(),
              new Class<?>[] {LeaseStore.class},
              (proxy, method, arguments) -> {
                storeCalls++;
                CompletableFuture<Object> answer = new CompletableFuture<>();
                boolean refused = cutOff;
                boolean lost =
                    loseAnswers
                        && method
                            .getName()
                            .matches("claim|checkpoint|handOff|endShard|create|join");
                time.at(
                    storeLatencyMillis,
                    () -> {
                      if (refused) {
                        time.at(900, () -> answer.completeExceptionally(noAnswer()));
                        return;
                      }
                      try {
                        CompletionStage<?> stage =
                            (CompletionStage<?>) method.invoke(table, arguments);
                        if (lost && machine.random().nextLong(2) == 0) {
                          answer.completeExceptionally(noAnswer());
                        } else {
                          stage.whenComplete(
                              (value, error) -> {
                                if (error == null) {
                                  answer.complete(value);
                                } else {
                                  answer.completeExceptionally(error);
                                }
                              });
                        }
                      } catch (IllegalAccessException | InvocationTargetException e) {
                        answer.completeExceptionally(e.getCause());
                      }
                    });
                return answer;
              });
    }

    private LeaseStoreException noAnswer() {
      return new LeaseStoreException(LeaseStoreException.Kind.NO_ANSWER, "injected", null);
    }

    Member start() {
      loop.start();
      return this;
    }

    void crash() {
      machine.halt();
    }

    List<LeaseKey> owned() {
      List<LeaseKey> owned = new ArrayList<>();
      for (Lease lease : leases()) {
        if (!lease.isFinished() && lease.owner() != null && lease.owner().startsWith(name + "@")) {
          owned.add(lease.key());
        }
      }
      return owned;
    }

    @Override
    public void notice(String level, String message) {
      notices.add(level + " " + message);
    }

    @Override
    public void gap(LeaseKey shard, String what) {
      gaps.add(shard + ": " + what);
    }
  }

  /** Writes down, then checkpoints. */
  private final class Processor implements ShardProcessor {
    private final Member member;
    private final LeaseKey shard;

    Processor(Member member, LeaseKey shard) {
      this.member = member;
      this.shard = shard;
    }

    private CompletionStage<Void> later(Runnable work) {
      CompletableFuture<Void> answer = new CompletableFuture<>();
      member.machine.schedule(
          () -> {
            try {
              work.run();
              answer.complete(null);
            } catch (RuntimeException e) {
              answer.completeExceptionally(e);
            }
          },
          member.processMillis);
      return answer;
    }

    @Override
    public CompletionStage<Void> initialize(ShardStart start) {
      member.calls.add("initialize " + shard + " at " + start.checkpoint());
      return later(() -> {});
    }

    @Override
    public CompletionStage<Void> process(Batch batch, ShardCheckpointer checkpointer) {
      if (member.neverReturns) {
        return new CompletableFuture<>();
      }
      if (!checkpointer.isLeaseHeld()) {
        return CompletableFuture.failedFuture(new ShardCheckpointer.LeaseLostException("fenced"));
      }
      if (member.failBatches > 0) {
        member.failBatches--;
        return later(
            () -> {
              throw new IllegalStateException("poison");
            });
      }
      return later(
              () -> {
                for (StreamRecord record : batch.records()) {
                  deliveries.add(
                      new Delivery(
                          member.name,
                          shard,
                          time.now(),
                          StandardCharsets.UTF_8.decode(record.data()).toString()));
                }
              })
          .thenCompose(
              nothing ->
                  member.checkpoints && !batch.records().isEmpty()
                      ? checkpointer.checkpoint(checkpointer.upTo())
                      : CompletableFuture.completedFuture(null));
    }

    @Override
    public CompletionStage<Void> shardEnded(ShardCheckpointer checkpointer) {
      member.calls.add("shardEnded " + shard);
      return member.checkpointsAtEnd
          ? checkpointer.checkpoint(checkpointer.upTo())
          : CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> shutdownRequested(ShardCheckpointer checkpointer) {
      member.calls.add("shutdownRequested " + shard);
      return later(() -> {});
    }

    @Override
    public CompletionStage<Void> leaseLost() {
      member.calls.add("leaseLost " + shard);
      return later(() -> {});
    }

    @Override
    public void leaseEnding() {
      member.calls.add("leaseEnding " + shard);
    }
  }

  Member join(String name) {
    Member member = new Member(name, 31L * members.size() + 7);
    members.put(name + "#" + members.size(), member);
    return member.start();
  }

  List<Lease> leases() {
    return table.scan().toCompletableFuture().join().leases();
  }

  Lease lease(LeaseKey key) {
    return table.readLease(key).toCompletableFuture().join().orElseThrow();
  }

  Checkpoint checkpoint(int shard) {
    return lease(FakeStream.shard(shard)).checkpoint();
  }

  /** One record to every open shard. */
  void putEverywhere() {
    for (LeaseKey shard : stream.openShards()) {
      String text = "r" + records++;
      put.add(text);
      stream.put(shard, text);
    }
  }

  /** Lets time pass while records keep coming. */
  void flow(long millis) {
    for (long passed = 0; passed < millis; passed += 100) {
      putEverywhere();
      time.pass(100);
    }
  }

  SortedSet<String> put() {
    return put;
  }

  SortedSet<String> processed() {
    SortedSet<String> texts = new TreeSet<>();
    deliveries.forEach(d -> texts.add(d.text()));
    return texts;
  }

  int duplicates() {
    return deliveries.size() - processed().size();
  }

  boolean everythingProcessed() {
    return processed().containsAll(put);
  }

  /** Every open shard's lease has an owner among the given members. */
  boolean allOwnedBy(Member... owners) {
    SortedSet<LeaseKey> owned = new TreeSet<>();
    for (Member owner : owners) {
      owned.addAll(owner.owned());
    }
    return owned.containsAll(stream.openShards());
  }
}
