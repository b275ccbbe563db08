package io.millrace.kcl.lineage;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.stream.Shard;
import io.millrace.lease.Application;
import io.millrace.lease.HashKeyRange;
import io.millrace.lease.Lease;
import io.millrace.lease.LeaseKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

// A shard is read after its parents, and no shard is left out. Both rest on one reading of the
// table: a parent without a row has been read to its end, or is gone from the stream. So a row may
// be created only when every ancestor that still has something to be read has a row already, and
// whoever creates a child creates such ancestors first. That is why rows are returned in order,
// and why the order matters even where every single write is harmless.
//
// What the functions here rely on, and keep:
// 1. Rows are created ancestors first. Hence: a listed shard without a row that has a descendant
//    with one needs no row. It lies before the application's beginning, or it was read and its row
//    deleted (the incumbent deletes rows of shards that are still listed).
// 2. Rows are created from a listing that contains the shard they are for. Shards expire in the
//    order in which they closed, parents before children; so in such a listing a parent that is
//    missing has expired, unless it shows an older shard of the same hash keys: then it is not
//    complete, and nothing is made of it.
// 3. The children's rows are there before the parent's row says SHARD_END. Hence unfinished leases
//    cover the hash-key space at every moment, and a hole in it means that something outside of
//    this protocol happened.
// 4. A row is deleted only when its shard is gone from the stream. Hence a listed shard without a
//    row never had one of ours.
//
// A listing is that of all shards the stream has now. One that starts at the application's startAt
// (FROM_TIMESTAMP) does as well, and spares reading shards in which nothing can be found.
//
// What is not kept: when a shard and its descendants have expired while its lease was unfinished,
// the shards that take their place do not wait for one another's expired ancestors. The records
// between them are lost already, and nothing ties the rows together any more.
//
// Every new row of one application says the same position. LATEST is never written: a child that
// appears while nobody reads must be read from its beginning, not from the moment somebody comes.

/** Decides which lease rows must exist. Pure. */
public final class Lineage {

  /** How long a finished lease's row is kept, in milliseconds. */
  public static final long KEEP_FINISHED_MILLIS = 3_600_000;

  private Lineage() {}

  /**
   * The rows of the first start: one for each listed shard.
   *
   * @param listing the shards of the start position: those at the trim horizon, or those at {@code
   *     startAtMillis}. A server without such filters may give all shards; what lies before yields
   *     nothing then
   */
  public static FirstLeases firstLeases(Collection<Shard> listing, Application application) {
    List<HashKeyRange> missing = holes(ranges(listing));
    if (!missing.isEmpty()) {
      return new FirstLeases.Hole(missing);
    }
    List<Shard> shards = new ShardGraph(listing, List.of()).ancestorsFirst();
    return new FirstLeases.Complete(rows(shards, application));
  }

  /**
   * What follows a shard that was read to its end, or turned out to have expired. Its {@code
   * SHARD_END} is written only after every row of a {@link Succession.Found} exists.
   *
   * @param finished the lease of that shard
   * @param named the children that {@code GetRecords} named; empty if it named none
   * @param listing all shards, listed after the end was reached; an older listing is recognised as
   *     long as the rows of the shard's ancestors are there
   * @param leases all rows, as last read; older ones only cost writes
   */
  public static Succession succession(
      Lease finished,
      Collection<LeaseKey> named,
      Collection<Shard> listing,
      Collection<Lease> leases,
      Application application) {
    ShardGraph graph = new ShardGraph(listing, leases);
    SortedSet<LeaseKey> unlisted = new TreeSet<>(named);
    unlisted.removeIf(id -> graph.shard(id).isPresent());
    if (!unlisted.isEmpty()) {
      return new Succession.ListingTooOld(unlisted, List.of());
    }

    Optional<Shard> shard = graph.shard(finished.key());
    SortedSet<LeaseKey> children = new TreeSet<>(graph.children(finished.key()));
    children.addAll(named);
    // An old row may not say its range, and an expired shard is not listed. Then every hash key is
    // taken for it: that adds rows only for shards that nobody has begun to read.
    HashKeyRange range =
        Optional.ofNullable(finished.hashKeyRange())
            .or(() -> shard.map(Shard::hashKeyRange))
            .orElse(HashKeyRange.ALL);
    List<HashKeyRange> uncovered = HashKeySpace.subtract(range, ranges(graph, children));
    if (!named.isEmpty() || uncovered.isEmpty()) {
      List<Shard> missing = graph.withoutRow(children);
      return complete(
          graph, missing, new Succession.Children(rows(missing, application), children));
    }
    // not listed means expired, unless the listing is from before the shard was there at all
    if (shard.isPresent() || graph.hasListedAncestor(finished)) {
      return new Succession.ListingTooOld(unlisted, uncovered);
    }

    SortedSet<LeaseKey> wanted = new TreeSet<>(children);
    for (Shard successor :
        graph.oldest(each -> HashKeySpace.overlapsAny(each.hashKeyRange(), uncovered))) {
      children.add(successor.id());
      if (!graph.isAboveRow(successor.id())) {
        wanted.add(successor.id());
      }
    }
    List<HashKeyRange> stillUncovered = HashKeySpace.subtract(range, ranges(graph, children));
    if (!stillUncovered.isEmpty()) {
      return new Succession.ListingTooOld(unlisted, stillUncovered);
    }
    List<Shard> missing = graph.withoutRow(wanted);
    return complete(graph, missing, new Succession.Expired(rows(missing, application), children));
  }

  private static Succession complete(
      ShardGraph graph, List<Shard> missing, Succession.Found found) {
    SortedSet<LeaseKey> leftOut = graph.leftOut(missing);
    return leftOut.isEmpty() ? found : new Succession.Incomplete(leftOut, found);
  }

  /**
   * Whether a consumer of {@code lease} may start: every parent is finished, or has no row.
   *
   * @param parentRows the rows of its parents, read consistently after {@code lease} was; other
   *     rows may be among them
   */
  public static boolean mayStart(Lease lease, Collection<Lease> parentRows) {
    return unfinishedParents(lease, parentRows).isEmpty();
  }

  /** The parents of {@code lease} that have a row which is not finished. */
  public static SortedSet<LeaseKey> unfinishedParents(Lease lease, Collection<Lease> parentRows) {
    SortedSet<LeaseKey> unfinished = new TreeSet<>();
    for (Lease row : parentRows) {
      if (lease.parents().contains(row.key()) && !row.isFinished()) {
        unfinished.add(row.key());
      }
    }
    return unfinished;
  }

  /**
   * The audit: rows to create, in order, because no unfinished lease covers some hash keys. In each
   * hole that is the oldest listed shard that has no row and no descendant with one: the child of a
   * finished lease, where there is one.
   *
   * <p>Nothing is repaired from what is not certain: before the application is initialised, from a
   * listing that leaves hash keys out itself, or while the range of an unfinished lease is unknown.
   *
   * @param leases all rows
   * @param listing all shards
   */
  public static List<Lease> repairs(
      Collection<Lease> leases, Collection<Shard> listing, Application application) {
    if (!application.initialised() || !holes(ranges(listing)).isEmpty()) {
      return List.of();
    }
    ShardGraph graph = new ShardGraph(listing, leases);
    List<HashKeyRange> covered = new ArrayList<>();
    for (Lease lease : leases) {
      if (!lease.isFinished()) {
        Optional<HashKeyRange> range = range(lease, graph);
        if (range.isEmpty()) {
          return List.of();
        }
        covered.add(range.get());
      }
    }
    SortedSet<LeaseKey> missing = new TreeSet<>();
    for (HashKeyRange hole : holes(covered)) {
      for (Shard shard :
          graph.oldest(
              each ->
                  each.hashKeyRange().overlaps(hole)
                      && !graph.hasRow(each.id())
                      && !graph.isAboveRow(each.id()))) {
        missing.add(shard.id());
      }
    }
    List<Shard> needed = graph.withoutRow(missing);
    return graph.leftOut(needed).isEmpty() ? rows(needed, application) : List.of();
  }

  /**
   * The finished leases whose rows nobody needs any more: the shard is gone from the stream, it
   * ended {@value #KEEP_FINISHED_MILLIS} ms ago, and every child has been claimed at least once, or
   * is gone from the stream and from the table.
   *
   * @param leases all rows
   * @param listing all shards; nothing is deletable if it leaves hash keys out
   * @param nowWallMillis epoch milliseconds
   */
  public static List<Lease> deletable(
      Collection<Lease> leases, Collection<Shard> listing, long nowWallMillis) {
    if (!holes(ranges(listing)).isEmpty()) {
      return List.of();
    }
    ShardGraph graph = new ShardGraph(listing, leases);
    SortedMap<LeaseKey, Lease> byKey = new TreeMap<>();
    SortedMap<LeaseKey, SortedSet<LeaseKey>> children = new TreeMap<>();
    for (Lease lease : leases) {
      byKey.put(lease.key(), lease);
      children.computeIfAbsent(lease.key(), key -> new TreeSet<>()).addAll(lease.children());
      for (LeaseKey parent : lease.parents()) {
        children.computeIfAbsent(parent, key -> new TreeSet<>()).add(lease.key());
      }
    }
    List<Lease> deletable = new ArrayList<>();
    for (Lease lease : byKey.values()) {
      SortedSet<LeaseKey> all = new TreeSet<>(graph.children(lease.key()));
      all.addAll(children.get(lease.key()));
      if (lease.isFinished()
          && lease.endedAtMillis() != null
          && nowWallMillis - lease.endedAtMillis() >= KEEP_FINISHED_MILLIS
          && graph.shard(lease.key()).isEmpty()
          && all.stream().allMatch(child -> hasStarted(child, byKey, graph))) {
        deletable.add(lease);
      }
    }
    return deletable;
  }

  // A claim is taken for a start: an idle shard keeps its initial checkpoint for ever. A child
  // without a row is either still to be created, and then it is listed; or it has been read, its
  // own row deleted, and then it is not.
  private static boolean hasStarted(
      LeaseKey child, SortedMap<LeaseKey, Lease> byKey, ShardGraph graph) {
    Lease row = byKey.get(child);
    return row == null
        ? graph.shard(child).isEmpty()
        : row.counter() > 0 || !row.checkpoint().isInitial();
  }

  /** The hash keys that none of {@code ranges} covers, as ranges in order. */
  public static List<HashKeyRange> holes(Collection<HashKeyRange> ranges) {
    return HashKeySpace.subtract(HashKeyRange.ALL, ranges);
  }

  private static Optional<HashKeyRange> range(Lease lease, ShardGraph graph) {
    return Optional.ofNullable(lease.hashKeyRange())
        .or(() -> graph.shard(lease.key()).map(Shard::hashKeyRange));
  }

  private static List<HashKeyRange> ranges(Collection<Shard> shards) {
    return shards.stream().map(Shard::hashKeyRange).toList();
  }

  private static List<HashKeyRange> ranges(ShardGraph graph, SortedSet<LeaseKey> ids) {
    return ids.stream()
        .map(graph::shard)
        .flatMap(Optional::stream)
        .map(Shard::hashKeyRange)
        .toList();
  }

  private static List<Lease> rows(List<Shard> shards, Application application) {
    return shards.stream().map(shard -> row(shard, application)).toList();
  }

  private static Lease row(Shard shard, Application application) {
    Checkpoint checkpoint;
    OptionalLong startAtMillis;
    switch (application.initialPosition()) {
      case "TRIM_HORIZON" -> {
        checkpoint = Checkpoint.TRIM_HORIZON;
        startAtMillis = OptionalLong.empty();
      }
      case "LATEST", "AT_TIMESTAMP" -> {
        if (application.startAtMillis() == null) {
          throw new IllegalArgumentException(
              "An application that starts at "
                  + application.initialPosition()
                  + " says no startAtMillis: "
                  + application);
        }
        checkpoint = Checkpoint.AT_TIMESTAMP;
        startAtMillis = OptionalLong.of(application.startAtMillis());
      }
      default ->
          throw new IllegalArgumentException(
              "Not an initial position: '"
                  + application.initialPosition()
                  + "'; expected TRIM_HORIZON, LATEST or AT_TIMESTAMP");
    }
    return Lease.unowned(
        shard.id(), checkpoint, startAtMillis, shard.parents(), shard.hashKeyRange());
  }
}
