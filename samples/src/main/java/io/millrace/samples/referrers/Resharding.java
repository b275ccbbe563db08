package io.millrace.samples.referrers;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.Shard;

/** Splits and merges the shards of a stream. */
final class Resharding {

  /** What became of shards. */
  record Step(Set<String> parents, Set<String> children) {}

  private final KinesisAsyncClient kinesis;
  private final String stream;

  Resharding(KinesisAsyncClient kinesis, String stream) {
    this.kinesis = kinesis;
    this.stream = stream;
  }

  /** Splits the open shard with the widest hash-key range in the middle; returns its id. */
  Set<String> splitBiggest() {
    Shard biggest =
        open(shards()).stream()
            .max(Comparator.comparing(Resharding::width).thenComparing(Shard::shardId))
            .orElseThrow(
                () -> new IllegalStateException("Stream " + stream + " has no open shard"));
    BigInteger middle = start(biggest).add(width(biggest).shiftRight(1));
    kinesis
        .splitShard(
            s ->
                s.streamName(stream)
                    .shardToSplit(biggest.shardId())
                    .newStartingHashKey(middle.toString()))
        .join();
    return Set.of(biggest.shardId());
  }

  /**
   * Merges the two adjacent open shards with the smallest hash-key ranges; returns their ids, or
   * empty if there is only one open shard.
   */
  Optional<Set<String>> mergeSmallest() {
    List<Shard> open = new ArrayList<>(open(shards()));
    open.sort(Comparator.comparing(Resharding::start));
    Shard left = null;
    Shard right = null;
    for (int i = 0; i + 1 < open.size(); i++) {
      Shard a = open.get(i);
      Shard b = open.get(i + 1);
      if (left == null || width(a).add(width(b)).compareTo(width(left).add(width(right))) < 0) {
        left = a;
        right = b;
      }
    }
    if (left == null) {
      return Optional.empty();
    }
    String first = left.shardId();
    String second = right.shardId();
    kinesis
        .mergeShards(m -> m.streamName(stream).shardToMerge(first).adjacentShardToMerge(second))
        .join();
    return Optional.of(Set.of(first, second));
  }

  /** The shards that have one of the parents; a stream takes some time to have them. */
  Set<String> childrenOf(Set<String> parents) {
    return shards().stream()
        .filter(
            s ->
                (s.parentShardId() != null && parents.contains(s.parentShardId()))
                    || (s.adjacentParentShardId() != null
                        && parents.contains(s.adjacentParentShardId())))
        .map(Shard::shardId)
        .collect(Collectors.toUnmodifiableSet());
  }

  private List<Shard> shards() {
    List<Shard> all = new ArrayList<>();
    ListShardsResponse page = kinesis.listShards(l -> l.streamName(stream)).join();
    all.addAll(page.shards());
    while (page.nextToken() != null) {
      String token = page.nextToken();
      page = kinesis.listShards(l -> l.nextToken(token)).join();
      all.addAll(page.shards());
    }
    return all;
  }

  private static List<Shard> open(List<Shard> shards) {
    return shards.stream()
        .filter(s -> s.sequenceNumberRange().endingSequenceNumber() == null)
        .toList();
  }

  private static BigInteger start(Shard shard) {
    return new BigInteger(shard.hashKeyRange().startingHashKey());
  }

  private static BigInteger width(Shard shard) {
    return new BigInteger(shard.hashKeyRange().endingHashKey())
        .subtract(start(shard))
        .add(BigInteger.ONE);
  }
}
