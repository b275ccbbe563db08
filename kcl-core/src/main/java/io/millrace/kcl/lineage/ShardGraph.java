package io.millrace.kcl.lineage;

import io.millrace.kcl.stream.Shard;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/** A listing as a graph: which shard came from which, and which of them have rows. */
final class ShardGraph {

  private final SortedMap<LeaseKey, Shard> shards = new TreeMap<>();
  private final SortedMap<LeaseKey, SortedSet<LeaseKey>> children = new TreeMap<>();
  private final SortedMap<LeaseKey, Lease> rows = new TreeMap<>();

  /** Shards that are an ancestor of one that has a row. */
  private final SortedSet<LeaseKey> aboveRows = new TreeSet<>();

  private final List<Shard> ancestorsFirst;

  ShardGraph(Collection<Shard> listing, Collection<Lease> leases) {
    for (Shard shard : listing) {
      shards.put(shard.id(), shard);
      for (LeaseKey parent : shard.parents()) {
        children.computeIfAbsent(parent, key -> new TreeSet<>()).add(shard.id());
      }
    }
    ancestorsFirst = sort();
    for (Lease lease : leases) {
      rows.put(lease.key(), lease);
      aboveRows.addAll(lease.parents()); // the listing may be older than the row
    }
    for (int i = ancestorsFirst.size() - 1; i >= 0; i--) {
      Shard shard = ancestorsFirst.get(i);
      if (rows.containsKey(shard.id()) || aboveRows.contains(shard.id())) {
        aboveRows.addAll(shard.parents());
      }
    }
  }

  /** Every shard after its listed parents, else by id. */
  private List<Shard> sort() {
    SortedMap<LeaseKey, Integer> waitingFor = new TreeMap<>();
    SortedSet<LeaseKey> ready = new TreeSet<>();
    for (Shard shard : shards.values()) {
      int parents = (int) shard.parents().stream().filter(shards::containsKey).count();
      waitingFor.put(shard.id(), parents);
      if (parents == 0) {
        ready.add(shard.id());
      }
    }
    List<Shard> sorted = new ArrayList<>();
    while (!ready.isEmpty()) {
      LeaseKey next = ready.first();
      ready.remove(next);
      sorted.add(shards.get(next));
      for (LeaseKey child : children(next)) {
        if (waitingFor.merge(child, -1, Integer::sum) == 0) {
          ready.add(child);
        }
      }
    }
    if (sorted.size() < shards.size()) {
      throw new IllegalArgumentException(
          "The listing is no lineage: among "
              + shards.keySet()
              + " are shards that descend from themselves");
    }
    return sorted;
  }

  List<Shard> ancestorsFirst() {
    return Collections.unmodifiableList(ancestorsFirst);
  }

  Optional<Shard> shard(LeaseKey id) {
    return Optional.ofNullable(shards.get(id));
  }

  boolean hasRow(LeaseKey id) {
    return rows.containsKey(id);
  }

  /** Whether a descendant has a row, in which case the lineage has gone on from here before. */
  boolean isAboveRow(LeaseKey id) {
    return aboveRows.contains(id);
  }

  /** The listed shards that name {@code parent} as a parent, whether it is listed or not. */
  SortedSet<LeaseKey> children(LeaseKey parent) {
    return children.getOrDefault(parent, Collections.emptySortedSet());
  }

  /** Whether a shard that {@code lease} descends from, as far as rows say, is listed. */
  boolean hasListedAncestor(Lease lease) {
    SortedSet<LeaseKey> seen = new TreeSet<>(lease.parents());
    Deque<LeaseKey> next = new ArrayDeque<>(seen);
    while (!next.isEmpty()) {
      LeaseKey ancestor = next.remove();
      if (shards.containsKey(ancestor)) {
        return true;
      }
      if (rows.containsKey(ancestor)) {
        for (LeaseKey parent : rows.get(ancestor).parents()) {
          if (seen.add(parent)) {
            next.add(parent);
          }
        }
      }
    }
    return false;
  }

  /** The listed shards that match and have no listed ancestor that does. */
  List<Shard> oldest(Predicate<Shard> matches) {
    SortedSet<LeaseKey> atOrBelow = new TreeSet<>();
    List<Shard> oldest = new ArrayList<>();
    for (Shard shard : ancestorsFirst) {
      if (shard.parents().stream().anyMatch(atOrBelow::contains)) {
        atOrBelow.add(shard.id());
      } else if (matches.test(shard)) {
        atOrBelow.add(shard.id());
        oldest.add(shard);
      }
    }
    return oldest;
  }

  /**
   * The shards of {@code wanted} that have no row, and the ancestors that need one before them,
   * ancestors first.
   */
  List<Shard> withoutRow(Collection<LeaseKey> wanted) {
    SortedSet<LeaseKey> needed = new TreeSet<>();
    for (LeaseKey id : wanted) {
      if (shards.containsKey(id) && !hasRow(id)) {
        needed.add(id);
      }
    }
    for (int i = ancestorsFirst.size() - 1; i >= 0; i--) {
      Shard shard = ancestorsFirst.get(i);
      if (needed.contains(shard.id())) {
        for (LeaseKey parent : shard.parents()) {
          if (shards.containsKey(parent) && !hasRow(parent) && !isAboveRow(parent)) {
            needed.add(parent);
          }
        }
      }
    }
    return ancestorsFirst.stream().filter(shard -> needed.contains(shard.id())).toList();
  }

  /**
   * Parents of {@code needed} shards that a complete listing would show: they have no row, and an
   * older shard of the same hash keys is listed. Shards expire in the order in which they closed,
   * so these have not expired, and must be read first.
   */
  SortedSet<LeaseKey> leftOut(Collection<Shard> needed) {
    SortedSet<LeaseKey> leftOut = new TreeSet<>();
    for (Shard shard : needed) {
      SortedSet<LeaseKey> absent = new TreeSet<>(shard.parents());
      absent.removeIf(parent -> shards.containsKey(parent) || rows.containsKey(parent));
      if (!absent.isEmpty() && hasOlderListed(shard)) {
        leftOut.addAll(absent);
      }
    }
    return leftOut;
  }

  /** Of one hash key's shards, all that do not descend from this one are older. */
  private boolean hasOlderListed(Shard shard) {
    SortedSet<LeaseKey> younger = new TreeSet<>();
    Deque<LeaseKey> next = new ArrayDeque<>();
    next.add(shard.id());
    while (!next.isEmpty()) {
      LeaseKey key = next.remove();
      if (younger.add(key)) {
        next.addAll(children(key));
      }
    }
    return shards.values().stream()
        .anyMatch(
            other ->
                !younger.contains(other.id())
                    && other.hashKeyRange().overlaps(shard.hashKeyRange()));
  }
}
