package io.millrace.simulation;

import io.millrace.kcl.stream.ReadResult;
import io.millrace.kcl.stream.Shard;
import io.millrace.kcl.stream.ShardListFilter;
import io.millrace.kcl.stream.StartPosition;
import io.millrace.kcl.stream.StreamDescription;
import io.millrace.kcl.stream.StreamException;
import io.millrace.kcl.stream.StreamException.Kind;
import io.millrace.kcl.stream.StreamSource;
import io.millrace.lease.LeaseKey;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** One worker's way to the stream. */
final class StreamLink implements StreamSource {

  private static final long TIMEOUT_MILLIS = 3_000;

  private final VirtualTime time;
  private final SimulatedStream stream;
  private final Network network;
  private final SeededRandom random;
  private final Journal journal;
  private final SortedMap<LeaseKey, Deque<Long>> reads = new TreeMap<>();
  private final SortedMap<LeaseKey, Deque<Long>> opens = new TreeMap<>();
  private Runnable afterRead = () -> {};
  private long largestAnswerBytes;

  StreamLink(
      VirtualTime time,
      SimulatedStream stream,
      Network network,
      SeededRandom random,
      Journal journal) {
    this.time = time;
    this.stream = stream;
    this.network = network;
    this.random = random;
    this.journal = journal;
  }

  private <T> CompletionStage<T> call(Supplier<T> effect) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    long there = random.between(network.streamMinMillis, network.streamMaxMillis);
    long back = random.between(network.streamMinMillis, network.streamMaxMillis);
    if (network.streamCut || there + back > TIMEOUT_MILLIS) {
      fail(answer, TIMEOUT_MILLIS, Kind.UNAVAILABLE);
    } else if (random.percent(network.streamUnavailable)) {
      fail(answer, there + back, Kind.UNAVAILABLE);
    } else if (random.percent(network.streamThrottled)) {
      fail(answer, there + back, Kind.THROTTLED);
    } else {
      time.after(
          there,
          () -> {
            T value;
            try {
              value = effect.get();
            } catch (StreamException e) {
              journal.reached("stream said " + e.kind());
              time.after(back, () -> answer.completeExceptionally(e));
              return;
            }
            time.after(back, () -> answer.complete(value));
          });
    }
    return answer;
  }

  private void fail(CompletableFuture<?> answer, long millis, Kind kind) {
    journal.reached("stream said " + kind);
    time.after(
        millis, () -> answer.completeExceptionally(new StreamException(kind, "injected", null)));
  }

  @Override
  public CompletionStage<StreamDescription> describe() {
    return call(stream::describe);
  }

  @Override
  public CompletionStage<List<Shard>> listShards(ShardListFilter filter) {
    long age = network.listingAgeMillis;
    boolean incomplete = random.percent(network.listingIncomplete);
    long skip = random.nextLong(1 << 20);
    return call(
        () -> {
          List<Shard> all = stream.list(filter, age);
          if (!incomplete || all.size() < 2) {
            return all;
          }
          journal.reached("incomplete listing");
          Shard left = all.get((int) (skip % all.size()));
          return all.stream().filter(s -> s != left).toList();
        });
  }

  @Override
  public CompletionStage<String> open(LeaseKey shard, StartPosition position) {
    checkRate("More than five iterators", opens, shard);
    return call(() -> stream.open(shard, position));
  }

  @Override
  public CompletionStage<ReadResult> read(LeaseKey shard, String iterator, int limit) {
    checkRate("More than five reads", reads, shard);
    boolean empty = random.percent(network.emptyPages);
    CompletionStage<ReadResult> answer =
        call(
            () -> {
              ReadResult result = stream.read(shard, iterator, limit, empty);
              largestAnswerBytes = Math.max(largestAnswerBytes, result.sizeBytes());
              return result;
            });
    answer.whenComplete((result, error) -> afterRead.run());
    return answer;
  }

  private void checkRate(String what, SortedMap<LeaseKey, Deque<Long>> calls, LeaseKey shard) {
    Deque<Long> last = calls.computeIfAbsent(shard, k -> new ArrayDeque<>());
    last.add(time.now());
    if (last.size() > 5 && time.now() - last.remove() < 990) {
      throw time.violation(what + " of " + shard + " within a second");
    }
  }

  /** What to do when an answer with records has just arrived. */
  void afterRead(Runnable check) {
    afterRead = check;
  }

  long largestAnswerBytes() {
    return largestAnswerBytes;
  }

  /** Another reader begins; the limit is kept by each. */
  void startsAnew(LeaseKey shard) {
    reads.remove(shard);
    opens.remove(shard);
  }

  /** When this worker last read a shard, on true time; at most the last five. */
  List<Long> readsOf(LeaseKey shard) {
    return List.copyOf(reads.getOrDefault(shard, new ArrayDeque<>()));
  }
}
