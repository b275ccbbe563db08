package io.millrace.embedded.model;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongFunction;

/**
 * One stream.
 *
 * <p>Changes of state (CREATING to ACTIVE, a split while UPDATING, …) take a configurable time. No
 * timer runs for that: the change is due at a moment of the given clock, and whoever looks at the
 * stream at or after that moment applies it first ({@link #settle}). The same goes for closed
 * shards that retention has passed.
 *
 * <p>Reads and writes work on an immutable table of shards, without this stream's lock. A write
 * that meets a shard closed in the meantime looks up the table again.
 */
public final class Stream {
  /** A stream's states; GONE is the end of DELETING and is never shown. */
  public enum Status {
    CREATING,
    ACTIVE,
    UPDATING,
    DELETING,
    GONE
  }

  /** The longest retention, 365 days. */
  public static final int MAX_RETENTION_HOURS = 8_760;

  /** The shortest retention that the API can set. */
  public static final int MIN_RETENTION_HOURS = 24;

  private static final long MILLIS_PER_HOUR = 3_600_000;

  private final String name;
  private final String arn;
  private final String mode;
  private final long incarnation;
  private final long createdAtMillis;
  private final long transitionMillis;
  private final int shardLimit;

  private volatile Status status;
  private volatile ShardTable table = ShardTable.EMPTY;
  private volatile long retentionMillis;

  /** The next moment at which {@link #settle} has something to do. */
  private volatile long dueAtMillis;

  // guarded by this
  private LongFunction<Status> change;
  private long changeAtMillis = Long.MAX_VALUE;
  private int nextShard;

  @SuppressWarnings("ArrayRecordComponent")
  private record ShardTable(List<Shard> all, Map<String, Shard> byId, Shard[] open) {
    static final ShardTable EMPTY = new ShardTable(List.of(), Map.of(), new Shard[0]);

    static ShardTable of(List<Shard> shards) {
      Map<String, Shard> byId = new HashMap<>();
      shards.forEach(shard -> byId.put(shard.id(), shard));
      Shard[] open =
          shards.stream()
              .filter(Shard::isOpen)
              .sorted(Comparator.comparing(shard -> shard.range().start()))
              .toArray(Shard[]::new);
      return new ShardTable(List.copyOf(shards), byId, open);
    }

    /** The open shard that owns the key, or null if no shard is left. */
    Shard route(BigInteger key) {
      if (open.length == 0) {
        return null;
      }
      int low = 0;
      int high = open.length - 1;
      while (low < high) {
        int middle = (low + high + 1) >>> 1;
        if (open[middle].range().start().compareTo(key) <= 0) {
          low = middle;
        } else {
          high = middle - 1;
        }
      }
      return open[low];
    }
  }

  Stream(
      String name, String arn, String mode, long incarnation, int shards, long now, Limits limits) {
    this.name = name;
    this.arn = arn;
    this.mode = mode;
    this.incarnation = incarnation;
    this.createdAtMillis = now;
    this.transitionMillis = limits.transitionMillis();
    this.shardLimit = limits.shards();
    this.retentionMillis = limits.retentionMillis();
    this.status = Status.CREATING;
    begin(Status.CREATING, now, transitionMillis, at -> open(shards));
  }

  /**
   * What all streams of a server have in common.
   *
   * @param retentionMillis how long a new stream keeps records
   * @param transitionMillis how long a stream stays CREATING, UPDATING or DELETING
   * @param shards the most open shards that a stream may have
   */
  public record Limits(long retentionMillis, long transitionMillis, int shards) {}

  public String name() {
    return name;
  }

  public String arn() {
    return arn;
  }

  /** PROVISIONED or ON_DEMAND. */
  public String mode() {
    return mode;
  }

  /** Tells a stream from an earlier one of the same name. */
  public long incarnation() {
    return incarnation;
  }

  public long createdAtMillis() {
    return createdAtMillis;
  }

  public Status status(long now) {
    settle(now);
    return status;
  }

  /** Rounded up to whole hours. */
  public int retentionHours() {
    return (int) ((retentionMillis + MILLIS_PER_HOUR - 1) / MILLIS_PER_HOUR);
  }

  public boolean isReadable(long now) {
    Status current = status(now);
    return current == Status.ACTIVE || current == Status.UPDATING;
  }

  /** The shards that pass, by id; none while the stream is created or deleted. */
  public List<Shard> shards(ShardFilter filter, long now) {
    if (!isReadable(now)) {
      return List.of();
    }
    long horizon = Math.max(createdAtMillis, now - retentionMillis);
    List<Shard> accepted = new ArrayList<>();
    for (Shard shard : table.all()) {
      if (filter.accepts(shard, horizon)) {
        accepted.add(shard);
      }
    }
    return accepted;
  }

  public int openShards(long now) {
    return isReadable(now) ? table.open().length : 0;
  }

  /**
   * The shard of that id.
   *
   * @throws KinesisError ResourceNotFoundException if there is none
   */
  public Shard shard(String shardId, long now) {
    Shard shard = isReadable(now) ? table.byId().get(shardId) : null;
    if (shard == null) {
      throw KinesisError.resourceNotFound(
          "Shard " + shardId + " in " + described() + " does not exist");
    }
    return shard;
  }

  /** A record's new place. */
  public record Put(String shardId, String sequenceNumber) {}

  /** Adds a record to the open shard that owns the hash key. The data is kept, not copied. */
  public Put put(String partitionKey, BigInteger hashKey, byte[] data, long now) {
    if (!isReadable(now)) {
      throw KinesisError.resourceNotFound(Streams.notFound(name));
    }
    Shard shard = table.route(hashKey);
    while (shard != null) {
      Optional<StoredRecord> stored = shard.append(partitionKey, data, now, now - retentionMillis);
      if (stored.isPresent()) {
        return new Put(shard.id(), stored.get().sequenceNumber());
      }
      // whoever closed the shard holds the lock until the new table is in place
      synchronized (this) {
        shard = table.route(hashKey);
      }
    }
    throw KinesisError.resourceNotFound(Streams.notFound(name));
  }

  public Shard.Page read(Shard shard, long from, int limit, long now) {
    return shard.read(from, limit, now, now - retentionMillis);
  }

  /** Removes the records of a shard that come before a sequence number. */
  public void trim(String shardId, String beforeSequenceNumber, long now) {
    Shard shard = shard(shardId, now);
    shard.trimBefore(shard.placeOf(beforeSequenceNumber, "SequenceNumber", "trim on " + shardId));
  }

  /** Starts a split; {@code newStartingHashKey} is the first key of the second child. */
  public synchronized void split(String shardId, BigInteger newStartingHashKey, long now) {
    Shard parent = eligible(shardId, now);
    HashKeyRange range = parent.range();
    boolean inside =
        newStartingHashKey.compareTo(range.start().add(BigInteger.ONE)) > 0
            && newStartingHashKey.compareTo(range.end()) < 0;
    if (!inside) {
      throw KinesisError.invalidArgument(
          "NewStartingHashKey "
              + newStartingHashKey
              + " used in SplitShard() on shard "
              + shardId
              + " in "
              + described()
              + " is not both greater than one plus the shard's StartingHashKey "
              + range.start()
              + " and less than the shard's EndingHashKey "
              + range.end()
              + ".");
    }
    requireRoomForShards(1);
    begin(
        Status.UPDATING,
        now,
        transitionMillis,
        at -> {
          long opened = openingTime(at, List.of(parent));
          long seconds = creationSeconds(opened, List.of(parent));
          HashKeyRange left =
              new HashKeyRange(range.start(), newStartingHashKey.subtract(BigInteger.ONE));
          HashKeyRange right = new HashKeyRange(newStartingHashKey, range.end());
          replace(
              List.of(parent),
              List.of(
                  new Shard(nextShard++, left, opened, seconds, shardId, null),
                  new Shard(nextShard++, right, opened, seconds, shardId, null)),
              opened);
          return Status.ACTIVE;
        });
  }

  /** Starts a merge of two adjacent open shards. */
  public synchronized void merge(String shardId, String adjacentShardId, long now) {
    Shard parent = eligible(shardId, now);
    Shard adjacent = eligible(adjacentShardId, now);
    if (!parent.range().isAdjacentTo(adjacent.range())) {
      throw KinesisError.invalidArgument(
          "Shards "
              + shardId
              + " and "
              + adjacentShardId
              + " in "
              + described()
              + " are not an adjacent pair of shards eligible for merging");
    }
    begin(
        Status.UPDATING,
        now,
        transitionMillis,
        at -> {
          List<Shard> parents = List.of(parent, adjacent);
          long opened = openingTime(at, parents);
          replace(
              parents,
              List.of(
                  new Shard(
                      nextShard++,
                      parent.range().union(adjacent.range()),
                      opened,
                      creationSeconds(opened, parents),
                      shardId,
                      adjacentShardId)),
              opened);
          return Status.ACTIVE;
        });
  }

  synchronized void delete(long now) {
    settle(now);
    if (status == Status.DELETING || status == Status.GONE) {
      return;
    }
    begin(
        Status.DELETING,
        now,
        transitionMillis,
        at -> {
          table = ShardTable.EMPTY;
          return Status.GONE;
        });
  }

  /** Sets the retention; {@code hours} must have been checked to grow or shrink as asked. */
  public synchronized void retain(int hours) {
    retentionMillis = hours * MILLIS_PER_HOUR;
    schedule();
  }

  /** Applies a change that is under way at once, whatever time it has left. */
  public synchronized void finishChange(long now) {
    if (change != null) {
      finish(now);
    }
  }

  /** Applies what became due. */
  void settle(long now) {
    if (now < dueAtMillis) {
      return;
    }
    synchronized (this) {
      if (now >= changeAtMillis) {
        finish(now);
      }
      if (now >= dueAtMillis) {
        long horizon = now - retentionMillis;
        table =
            ShardTable.of(
                table.all().stream().filter(shard -> shard.closedAtMillis() >= horizon).toList());
        schedule();
      }
    }
  }

  private void begin(Status during, long now, long delayMillis, LongFunction<Status> effect) {
    status = during;
    change = effect;
    changeAtMillis = now + delayMillis;
    if (delayMillis == 0) {
      finish(now);
    } else {
      schedule();
    }
  }

  private void finish(long now) {
    LongFunction<Status> due = change;
    change = null;
    changeAtMillis = Long.MAX_VALUE;
    status = due.apply(now);
    schedule();
  }

  private void schedule() {
    long due = changeAtMillis;
    for (Shard shard : table.all()) {
      long closedAt = shard.closedAtMillis();
      if (closedAt != Long.MAX_VALUE) {
        due = Math.min(due, closedAt + retentionMillis + 1);
      }
    }
    dueAtMillis = due;
  }

  private Status open(int shards) {
    List<Shard> initial = new ArrayList<>(shards);
    for (HashKeyRange range : HashKeyRange.divide(shards)) {
      initial.add(
          new Shard(
              nextShard++,
              range,
              createdAtMillis,
              Math.floorDiv(createdAtMillis, 1_000),
              null,
              null));
    }
    table = ShardTable.of(initial);
    return Status.ACTIVE;
  }

  private void replace(List<Shard> parents, List<Shard> children, long at) {
    parents.forEach(parent -> parent.close(at, children));
    List<Shard> all = new ArrayList<>(table.all());
    all.addAll(children);
    table = ShardTable.of(all);
  }

  /** Later than every parent's, so that no moment of a standing clock has both generations. */
  private static long openingTime(long now, List<Shard> parents) {
    return Math.max(
        now, 1 + parents.stream().mapToLong(Shard::openedAtMillis).max().orElse(now - 1));
  }

  /** Later than every parent's, so that a child's sequence numbers are greater. */
  private static long creationSeconds(long openedAtMillis, List<Shard> parents) {
    return Math.max(
        Math.floorDiv(openedAtMillis, 1_000),
        1 + parents.stream().mapToLong(Shard::creationSeconds).max().orElse(-1));
  }

  private Shard eligible(String shardId, long now) {
    Status current = status(now);
    if (current != Status.ACTIVE) {
      throw KinesisError.resourceInUse(described() + " not ACTIVE, instead in state " + current);
    }
    Shard shard = shard(shardId, now);
    if (!shard.isOpen()) {
      throw KinesisError.invalidArgument(
          "Shard "
              + shardId
              + " in "
              + described()
              + " has already been merged or split, and thus is not eligible for merging or"
              + " splitting.");
    }
    return shard;
  }

  private void requireRoomForShards(int more) {
    if (table.open().length + more > shardLimit) {
      throw Streams.tooManyShards(table.open().length + more, shardLimit);
    }
  }

  private String described() {
    return "stream " + name + " under account " + Streams.ACCOUNT;
  }
}
