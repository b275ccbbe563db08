package io.millrace.kcl.lineage;

import io.millrace.kcl.stream.Shard;
import io.millrace.lease.HashKeyRange;
import io.millrace.lease.LeaseKey;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** A stream's shards through time. The hash-key space is thought of as 64 equal parts. */
final class TestStream {

  private static final BigInteger PART = BigInteger.ONE.shiftLeft(122);

  record Entry(LeaseKey id, SortedSet<LeaseKey> parents, int from, int to, long createdMillis) {}

  final SortedMap<LeaseKey, Entry> entries = new TreeMap<>();
  final SortedMap<LeaseKey, Long> closed = new TreeMap<>();
  long nowMillis = 1_000;

  /** A stream of {@code shards} equal shards, numbered from 0. */
  TestStream(int shards) {
    for (int i = 0; i < shards; i++) {
      add(64 * i / shards, 64 * (i + 1) / shards, new TreeSet<>());
    }
  }

  static LeaseKey key(int number) {
    return LeaseKey.of(String.format("shardId-%012d", number));
  }

  static SortedSet<LeaseKey> keys(int... numbers) {
    SortedSet<LeaseKey> keys = new TreeSet<>();
    for (int number : numbers) {
      keys.add(key(number));
    }
    return keys;
  }

  /** Parts {@code from} to {@code to}, exclusive. */
  static HashKeyRange range(int from, int to) {
    return new HashKeyRange(
        PART.multiply(BigInteger.valueOf(from)),
        PART.multiply(BigInteger.valueOf(to)).subtract(BigInteger.ONE));
  }

  private void add(int from, int to, SortedSet<LeaseKey> parents) {
    LeaseKey id = key(entries.size());
    entries.put(id, new Entry(id, parents, from, to, nowMillis));
  }

  /** Splits a shard in the middle; the children have the next two numbers. */
  void split(int number) {
    Entry parent = entries.get(key(number));
    close(parent);
    int middle = (parent.from() + parent.to()) / 2;
    add(parent.from(), middle, keys(number));
    add(middle, parent.to(), keys(number));
  }

  /** Merges two adjacent shards; the child has the next number. */
  void merge(int left, int right) {
    Entry one = entries.get(key(left));
    Entry other = entries.get(key(right));
    if (one.to() != other.from()) {
      throw new IllegalArgumentException(one + " and " + other + " are not adjacent");
    }
    close(one);
    close(other);
    add(one.from(), other.to(), keys(left, right));
  }

  private void close(Entry entry) {
    if (closed.putIfAbsent(entry.id(), nowMillis) != null) {
      throw new IllegalArgumentException(entry + " is closed");
    }
  }

  boolean isOpen(LeaseKey id) {
    return !closed.containsKey(id);
  }

  /** The shards that were not closed before {@code fromMillis}. */
  List<Shard> listing(long fromMillis) {
    List<Shard> shards = new ArrayList<>();
    for (Entry entry : entries.values()) {
      if (isOpen(entry.id()) || closed.get(entry.id()) >= fromMillis) {
        shards.add(shard(entry));
      }
    }
    return shards;
  }

  /** Everything there ever was. */
  List<Shard> listing() {
    return listing(0);
  }

  /** The shards that were open at a time. */
  List<Shard> listingAt(long millis) {
    return listing(millis).stream()
        .filter(shard -> entries.get(shard.id()).createdMillis() <= millis)
        .filter(shard -> isOpen(shard.id()) || closed.get(shard.id()) > millis)
        .toList();
  }

  private Shard shard(Entry entry) {
    return new Shard(
        entry.id(), entry.parents(), range(entry.from(), entry.to()), isOpen(entry.id()));
  }
}
