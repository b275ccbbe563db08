package io.millrace.samples.referrers;

import io.millrace.samples.referrers.page.Fleet.RefusedException;
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
    split(biggest);
    return Set.of(biggest.shardId());
  }

  /**
   * Splits an open shard in the middle.
   *
   * @throws RefusedException if there is no such open shard
   */
  void split(String shard) {
    split(openShard(shard));
  }

  private void split(Shard shard) {
    BigInteger middle = start(shard).add(width(shard).shiftRight(1));
    kinesis
        .splitShard(
            s ->
                s.streamName(stream)
                    .shardToSplit(shard.shardId())
                    .newStartingHashKey(middle.toString()))
        .join();
  }

  /**
   * Merges two open shards.
   *
   * @throws RefusedException if one of them is not open, or they are not adjacent
   */
  void merge(String shard, String other) {
    Shard a = openShard(shard);
    Shard b = openShard(other);
    if (!isBefore(a, b) && !isBefore(b, a)) {
      throw new RefusedException(
          "Shards "
              + ShardNames.brief(shard)
              + " and "
              + ShardNames.brief(other)
              + " are not neighbours: only shards whose hash-key ranges touch can be merged.");
    }
    merge(a, b);
  }

  private void merge(Shard a, Shard b) {
    kinesis
        .mergeShards(
            m -> m.streamName(stream).shardToMerge(a.shardId()).adjacentShardToMerge(b.shardId()))
        .join();
  }

  private Shard openShard(String id) {
    return open(shards()).stream()
        .filter(s -> s.shardId().equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new RefusedException(
                    "Stream " + stream + " has no open shard " + ShardNames.brief(id) + "."));
  }

  /** Whether the one's hash-key range ends where the other's begins. */
  static boolean isBefore(Shard a, Shard b) {
    return start(b).equals(start(a).add(width(a)));
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
    merge(left, right);
    return Optional.of(Set.of(left.shardId(), right.shardId()));
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

  /** All that the stream still has, closed ones included. */
  List<Shard> shards() {
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

  static List<Shard> open(List<Shard> shards) {
    return shards.stream()
        .filter(s -> s.sequenceNumberRange().endingSequenceNumber() == null)
        .toList();
  }

  static BigInteger start(Shard shard) {
    return new BigInteger(shard.hashKeyRange().startingHashKey());
  }

  static BigInteger width(Shard shard) {
    return new BigInteger(shard.hashKeyRange().endingHashKey())
        .subtract(start(shard))
        .add(BigInteger.ONE);
  }
}
