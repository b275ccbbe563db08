package io.millrace.kcl.engine;

import io.millrace.checkpoint.SequenceNumber;
import io.millrace.kcl.stream.ReadResult;
import io.millrace.kcl.stream.Shard;
import io.millrace.kcl.stream.ShardListFilter;
import io.millrace.kcl.stream.StartPosition;
import io.millrace.kcl.stream.StreamDescription;
import io.millrace.kcl.stream.StreamException;
import io.millrace.kcl.stream.StreamRecord;
import io.millrace.kcl.stream.StreamSource;
import io.millrace.lease.HashKeyRange;
import io.millrace.lease.LeaseKey;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A stream in memory, on virtual time. */
final class FakeStream implements StreamSource {

  private static final class FakeShard {
    final LeaseKey id;
    final SortedSet<LeaseKey> parents;
    final HashKeyRange range;
    final List<StreamRecord> records = new ArrayList<>();
    final List<LeaseKey> children = new ArrayList<>();
    final long createdAt;
    boolean open = true;
    long closedAt = Long.MAX_VALUE;
    boolean expired;

    FakeShard(LeaseKey id, SortedSet<LeaseKey> parents, HashKeyRange range, long createdAt) {
      this.id = id;
      this.parents = parents;
      this.range = range;
      this.createdAt = createdAt;
    }
  }

  private final VirtualTime time;
  private final long latencyMillis;
  private final SortedMap<LeaseKey, FakeShard> shards = new TreeMap<>();
  private final SortedMap<LeaseKey, List<Long>> reads = new TreeMap<>();
  private int nextShard;
  private long nextSequence = 1;
  private long creationMillis;
  private boolean deleted;

  /** If set, fails the next reads. */
  StreamException.Kind failReads;

  FakeStream(VirtualTime time, int shardCount, long latencyMillis) {
    this.time = time;
    this.latencyMillis = latencyMillis;
    this.creationMillis = wall();
    BigInteger width = BigInteger.ONE.shiftLeft(128).divide(BigInteger.valueOf(shardCount));
    for (int i = 0; i < shardCount; i++) {
      BigInteger start = width.multiply(BigInteger.valueOf(i));
      BigInteger end =
          i == shardCount - 1 ? HashKeyRange.MAX : start.add(width).subtract(BigInteger.ONE);
      add(new TreeSet<>(), new HashKeyRange(start, end));
    }
  }

  private long wall() {
    return time.clock().wallMillis();
  }

  private LeaseKey add(SortedSet<LeaseKey> parents, HashKeyRange range) {
    LeaseKey id = LeaseKey.of(String.format("shardId-%012d", nextShard++));
    shards.put(id, new FakeShard(id, parents, range, wall()));
    return id;
  }

  static LeaseKey shard(int number) {
    return LeaseKey.of(String.format("shardId-%012d", number));
  }

  /** Writes a record with this text to an open shard; returns its sequence number. */
  SequenceNumber put(LeaseKey shard, String text) {
    FakeShard target = shards.get(shard);
    if (!target.open) {
      throw new IllegalStateException(shard + " is closed");
    }
    SequenceNumber sequence = SequenceNumber.of(String.format("4%055d", nextSequence++));
    target.records.add(
        new StreamRecord(
            "key",
            null,
            sequence,
            0,
            wall(),
            "NONE",
            ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8))));
    return sequence;
  }

  List<LeaseKey> openShards() {
    return shards.values().stream().filter(s -> s.open).map(s -> s.id).toList();
  }

  List<LeaseKey> split(LeaseKey shard) {
    FakeShard parent = shards.get(shard);
    close(parent);
    BigInteger middle = parent.range.start().add(parent.range.end()).shiftRight(1);
    SortedSet<LeaseKey> parents = new TreeSet<>(List.of(shard));
    LeaseKey low = add(parents, new HashKeyRange(parent.range.start(), middle));
    LeaseKey high = add(parents, new HashKeyRange(middle.add(BigInteger.ONE), parent.range.end()));
    parent.children.addAll(List.of(low, high));
    return parent.children;
  }

  LeaseKey merge(LeaseKey a, LeaseKey b) {
    FakeShard left = shards.get(a);
    FakeShard right = shards.get(b);
    close(left);
    close(right);
    LeaseKey child =
        add(new TreeSet<>(List.of(a, b)), new HashKeyRange(left.range.start(), right.range.end()));
    left.children.add(child);
    right.children.add(child);
    return child;
  }

  private void close(FakeShard shard) {
    shard.open = false;
    shard.closedAt = wall();
  }

  /** Retention removes the first {@code count} records of a shard. */
  void trim(LeaseKey shard, int count) {
    shards.get(shard).records.subList(0, count).clear();
  }

  /** Retention removes a closed shard altogether. */
  void expire(LeaseKey shard) {
    shards.get(shard).expired = true;
  }

  void delete() {
    deleted = true;
  }

  void recreate() {
    creationMillis = wall() + 1;
  }

  /** When a shard was read, on the monotonic clock. */
  List<Long> readsOf(LeaseKey shard) {
    return reads.getOrDefault(shard, List.of());
  }

  private <T> CompletionStage<T> answer(Callable<T> call) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    time.at(
        latencyMillis,
        () -> {
          try {
            if (deleted) {
              throw new StreamException(StreamException.Kind.NOT_FOUND, "Stream not found", null);
            }
            answer.complete(call.call());
          } catch (Exception e) {
            answer.completeExceptionally(e);
          }
        });
    return answer;
  }

  @Override
  public CompletionStage<StreamDescription> describe() {
    return answer(
        () ->
            new StreamDescription(
                "stream",
                "arn:aws:kinesis:us-east-1:000000000000:stream/stream",
                creationMillis,
                86_400_000,
                wall(),
                "ACTIVE"));
  }

  @Override
  public CompletionStage<List<Shard>> listShards(ShardListFilter filter) {
    return answer(
        () ->
            shards.values().stream()
                .filter(s -> !s.expired && matches(s, filter))
                .map(s -> new Shard(s.id, s.parents, s.range, s.open))
                .toList());
  }

  private static boolean matches(FakeShard shard, ShardListFilter filter) {
    if (filter instanceof ShardListFilter.AtTimestamp at) {
      return shard.createdAt <= at.epochMillis() && at.epochMillis() < shard.closedAt;
    }
    if (filter instanceof ShardListFilter.AtTrimHorizon) {
      return shard.parents.isEmpty();
    }
    return true;
  }

  @Override
  public CompletionStage<String> open(LeaseKey shard, StartPosition position) {
    return answer(
        () -> {
          FakeShard source = existing(shard);
          BigInteger from = BigInteger.ZERO;
          if (position instanceof StartPosition.AtSequenceNumber at) {
            from = new BigInteger(at.sequenceNumber().digits());
          } else if (position instanceof StartPosition.AtTimestamp at) {
            from =
                source.records.stream()
                    .filter(r -> r.arrivalMillis() >= at.epochMillis())
                    .findFirst()
                    .map(r -> new BigInteger(r.sequenceNumber().digits()))
                    .orElse(BigInteger.TEN.pow(60).negate());
            if (from.signum() < 0) {
              from =
                  source.records.isEmpty()
                      ? BigInteger.ZERO
                      : new BigInteger(
                              source
                                  .records
                                  .get(source.records.size() - 1)
                                  .sequenceNumber()
                                  .digits())
                          .add(BigInteger.ONE);
            }
          }
          return from.toString();
        });
  }

  private FakeShard existing(LeaseKey shard) {
    FakeShard found = shards.get(shard);
    if (found == null || found.expired) {
      throw new StreamException(StreamException.Kind.NOT_FOUND, "Shard not found", null);
    }
    return found;
  }

  @Override
  public CompletionStage<ReadResult> read(LeaseKey shard, String iterator, int limit) {
    reads.computeIfAbsent(shard, k -> new ArrayList<>()).add(time.now());
    return answer(
        () -> {
          if (failReads != null) {
            throw new StreamException(failReads, "injected", null);
          }
          FakeShard source = existing(shard);
          BigInteger from = new BigInteger(iterator);
          List<StreamRecord> found = new ArrayList<>();
          boolean more = false;
          for (StreamRecord record : source.records) {
            if (new BigInteger(record.sequenceNumber().digits()).compareTo(from) >= 0) {
              if (found.size() == limit) {
                more = true;
                break;
              }
              found.add(record);
            }
          }
          String next =
              found.isEmpty()
                  ? iterator
                  : new BigInteger(found.get(found.size() - 1).sequenceNumber().digits())
                      .add(BigInteger.ONE)
                      .toString();
          boolean end = !source.open && !more;
          return new ReadResult(
              found, end ? null : next, end ? source.children : List.of(), more ? 1_000 : 0);
        });
  }
}
