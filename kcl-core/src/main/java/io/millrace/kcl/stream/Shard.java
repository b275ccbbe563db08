package io.millrace.kcl.stream;

import io.millrace.lease.HashKeyRange;
import io.millrace.lease.LeaseKey;
import java.util.Collections;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * One shard of a listing.
 *
 * @param id also the key of its lease
 * @param parents the shards it was split or merged from, listed or not; empty for a shard made with
 *     the stream
 * @param open whether records can still be written to it
 */
public record Shard(
    LeaseKey id, SortedSet<LeaseKey> parents, HashKeyRange hashKeyRange, boolean open)
    implements Comparable<Shard> {

  public Shard {
    Objects.requireNonNull(id);
    Objects.requireNonNull(hashKeyRange);
    parents = Collections.unmodifiableSortedSet(new TreeSet<>(parents));
  }

  @Override
  public int compareTo(Shard other) {
    return id.compareTo(other.id);
  }
}
