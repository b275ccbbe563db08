package io.millrace.simulation;

import io.millrace.checkpoint.SequenceNumber;
import io.millrace.kcl.stream.ReadResult;
import io.millrace.kcl.stream.Shard;
import io.millrace.kcl.stream.ShardListFilter;
import io.millrace.kcl.stream.StartPosition;
import io.millrace.kcl.stream.StreamDescription;
import io.millrace.kcl.stream.StreamException;
import io.millrace.kcl.stream.StreamException.Kind;
import io.millrace.kcl.stream.StreamRecord;
import io.millrace.lease.HashKeyRange;
import io.millrace.lease.LeaseKey;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** A stream in memory: lineage, limits, retention, iterators. Answers at once; links add delays. */
final class SimulatedStream {

  /** Payloads are all zeros; what matters of a record is its number and its size. */
  private static final ByteBuffer PAYLOADS = ByteBuffer.allocate(1 << 20);

  /** Sequence numbers have 56 digits. */
  private static final String SEQUENCE_START = "4" + "0".repeat(55);

  private static final int READS_A_SECOND = 5;
  private static final long BYTES_A_SECOND = 2L << 20;
  private static final long MAX_READ_BYTES = 10L << 20;
  private static final long ITERATOR_MILLIS = 300_000;

  /** One record and what became of it. */
  static final class Entry {
    final long number;
    final long arrivalMillis;
    final StreamRecord record;
    boolean processed;
    boolean trimmed;

    /** Whether processing it fails, every time. */
    boolean poison;

    /** Whether it was given up: its dead letter is stored, or it was skipped. */
    boolean givenUp;

    /** Lost before the application had a position that could show it. */
    boolean excused;

    Entry(long number, long arrivalMillis, StreamRecord record) {
      this.number = number;
      this.arrivalMillis = arrivalMillis;
      this.record = record;
    }
  }

  /** One shard and everything that was ever written to it. */
  static final class ShardState {
    final LeaseKey id;
    final SortedSet<LeaseKey> parents;
    final HashKeyRange range;
    final long createdAt;
    final List<Entry> entries = new ArrayList<>();
    final List<LeaseKey> children = new ArrayList<>();
    long closedAt = Long.MAX_VALUE;
    long expiredAt = Long.MAX_VALUE;

    /** Entries before this index are trimmed. */
    int horizon;

    /** Entries before this index are processed, trimmed, or from before the application's start. */
    int settled;

    /** Whether it and every shard before it are known to be processed to their ends. */
    boolean complete;

    private final Deque<Long> reads = new ArrayDeque<>();
    private double byteDebt;
    private long debtAt;

    ShardState(LeaseKey id, SortedSet<LeaseKey> parents, HashKeyRange range, long createdAt) {
      this.id = id;
      this.parents = Collections.unmodifiableSortedSet(parents);
      this.range = range;
      this.createdAt = createdAt;
    }

    boolean isOpen() {
      return closedAt == Long.MAX_VALUE;
    }

    /** The index of the first entry numbered {@code number} or higher. */
    int indexOf(long number) {
      int low = 0;
      int high = entries.size();
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (entries.get(middle).number < number) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low;
    }
  }

  private final VirtualTime time;
  private final SortedMap<LeaseKey, ShardState> shards = new TreeMap<>();
  private int nextShard;
  private long nextNumber = 1;
  private long creationMillis;
  private boolean deleted;

  // faults
  private long iteratorsValidSince = Long.MIN_VALUE;

  SimulatedStream(VirtualTime time, int shardCount) {
    this.time = time;
    this.creationMillis = time.wallMillis();
    BigInteger width = BigInteger.ONE.shiftLeft(128).divide(BigInteger.valueOf(shardCount));
    for (int i = 0; i < shardCount; i++) {
      BigInteger start = width.multiply(BigInteger.valueOf(i));
      BigInteger end =
          i == shardCount - 1 ? HashKeyRange.MAX : start.add(width).subtract(BigInteger.ONE);
      add(new TreeSet<>(), new HashKeyRange(start, end));
    }
  }

  static LeaseKey shard(int number) {
    return LeaseKey.of(String.format("shardId-%012d", number));
  }

  private LeaseKey add(SortedSet<LeaseKey> parents, HashKeyRange range) {
    LeaseKey id = shard(nextShard++);
    shards.put(id, new ShardState(id, parents, range, time.wallMillis()));
    return id;
  }

  // ---- the writer's and the operator's side

  Collection<ShardState> shards() {
    return shards.values();
  }

  ShardState state(LeaseKey shard) {
    return shards.get(shard);
  }

  List<LeaseKey> openShards() {
    return shards.values().stream().filter(ShardState::isOpen).map(s -> s.id).toList();
  }

  static long numberOf(SequenceNumber sequence) {
    return Long.parseLong(sequence.digits().substring(37));
  }

  static SequenceNumber sequence(long number) {
    String digits = Long.toString(number);
    return SequenceNumber.of(SEQUENCE_START.substring(0, 56 - digits.length()) + digits);
  }

  /** A position that no record has, {@code ahead} numbers behind the newest. */
  SequenceNumber futureSequence(long ahead) {
    return sequence(nextNumber + ahead);
  }

  /** Writes a record to an open shard. */
  Entry put(LeaseKey shard, int sizeBytes) {
    ShardState target = shards.get(shard);
    if (!target.isOpen()) {
      throw new IllegalArgumentException(shard + " is closed");
    }
    long number = nextNumber++;
    ByteBuffer data = PAYLOADS.duplicate();
    data.limit(sizeBytes);
    Entry entry =
        new Entry(
            number,
            time.wallMillis(),
            new StreamRecord("key", null, sequence(number), 0, time.wallMillis(), "NONE", data));
    target.entries.add(entry);
    return entry;
  }

  List<LeaseKey> split(LeaseKey shard) {
    ShardState parent = shards.get(shard);
    parent.closedAt = time.wallMillis();
    BigInteger middle = parent.range.start().add(parent.range.end()).shiftRight(1);
    LeaseKey low =
        add(new TreeSet<>(List.of(shard)), new HashKeyRange(parent.range.start(), middle));
    LeaseKey high =
        add(
            new TreeSet<>(List.of(shard)),
            new HashKeyRange(middle.add(BigInteger.ONE), parent.range.end()));
    parent.children.addAll(List.of(low, high));
    return parent.children;
  }

  LeaseKey merge(LeaseKey a, LeaseKey b) {
    ShardState left = shards.get(a);
    ShardState right = shards.get(b);
    left.closedAt = time.wallMillis();
    right.closedAt = time.wallMillis();
    LeaseKey child =
        add(new TreeSet<>(List.of(a, b)), new HashKeyRange(left.range.start(), right.range.end()));
    left.children.add(child);
    right.children.add(child);
    return child;
  }

  /** Retention takes every record that is older, and every shard that was closed before. */
  void trim(long olderThanMillis) {
    long before = time.wallMillis() - olderThanMillis;
    for (ShardState shard : shards.values()) {
      while (shard.horizon < shard.entries.size()
          && shard.entries.get(shard.horizon).arrivalMillis < before) {
        shard.entries.get(shard.horizon++).trimmed = true;
      }
      if (shard.closedAt < before && shard.expiredAt == Long.MAX_VALUE) {
        shard.expiredAt = time.wallMillis();
      }
    }
  }

  /** Removes the first {@code count} records of a shard. */
  void trimRecords(LeaseKey shard, int count) {
    ShardState state = shards.get(shard);
    for (int i = 0; i < count; i++) {
      state.entries.get(state.horizon++).trimmed = true;
    }
  }

  /** Removes a closed shard altogether. */
  void expire(LeaseKey shard) {
    ShardState state = shards.get(shard);
    trimRecords(shard, state.entries.size() - state.horizon);
    state.expiredAt = time.wallMillis();
  }

  void delete() {
    deleted = true;
  }

  void recreate() {
    creationMillis = time.wallMillis() + 1;
  }

  /** Iterators handed out so far are refused from now on. */
  void expireIterators() {
    iteratorsValidSince = time.now();
  }

  // ---- the reader's side

  private void requireStream() {
    if (deleted) {
      throw new StreamException(Kind.NOT_FOUND, "Stream not found", null);
    }
  }

  private ShardState existing(LeaseKey shard) {
    requireStream();
    ShardState found = shards.get(shard);
    if (found == null || found.expiredAt != Long.MAX_VALUE) {
      throw new StreamException(Kind.NOT_FOUND, "Shard " + shard + " not found", null);
    }
    return found;
  }

  StreamDescription describe() {
    requireStream();
    return new StreamDescription(
        "stream",
        "arn:aws:kinesis:us-east-1:000000000000:stream/stream",
        creationMillis,
        86_400_000,
        time.wallMillis(),
        "ACTIVE");
  }

  /** The shards as a listing that is {@code ageMillis} old shows them. */
  List<Shard> list(ShardListFilter filter, long ageMillis) {
    requireStream();
    long at = Math.max(creationMillis, time.wallMillis() - ageMillis);
    List<Shard> listed = new ArrayList<>();
    for (ShardState s : shards.values()) {
      if (s.createdAt <= at && s.expiredAt > at && matches(s, filter, at)) {
        listed.add(new Shard(s.id, s.parents, s.range, s.closedAt > at));
      }
    }
    return listed;
  }

  private boolean matches(ShardState shard, ShardListFilter filter, long at) {
    if (filter instanceof ShardListFilter.AtTimestamp when) {
      return shard.createdAt <= when.epochMillis() && when.epochMillis() < shard.closedAt;
    }
    if (filter instanceof ShardListFilter.AtTrimHorizon) {
      return shard.parents.stream().allMatch(p -> shards.get(p).expiredAt <= at);
    }
    return true;
  }

  String open(LeaseKey shard, StartPosition position) {
    ShardState source = existing(shard);
    long number;
    if (position instanceof StartPosition.AtSequenceNumber at) {
      number = numberOf(at.sequenceNumber());
    } else if (position instanceof StartPosition.AtTimestamp at) {
      int index = 0;
      while (index < source.entries.size()
          && source.entries.get(index).arrivalMillis < at.epochMillis()) {
        index++;
      }
      number = index < source.entries.size() ? source.entries.get(index).number : nextNumber;
    } else {
      number = 0;
    }
    // an iterator is given for what is still there
    if (source.horizon > 0 && source.entries.get(source.horizon - 1).number >= number) {
      number = source.entries.get(source.horizon - 1).number + 1;
    }
    return iterator(number);
  }

  private String iterator(long number) {
    return number + "@" + time.now();
  }

  /**
   * Reads. The limits are those of the shard, whoever reads.
   *
   * @param emptyPage whether to answer with an empty page although there are records, as Kinesis
   *     may
   */
  ReadResult read(LeaseKey shard, String iterator, int limit, boolean emptyPage) {
    ShardState source = existing(shard);
    long number = Long.parseLong(iterator.substring(0, iterator.indexOf('@')));
    long issuedAt = Long.parseLong(iterator.substring(iterator.indexOf('@') + 1));
    boolean overtaken =
        source.horizon > 0 && source.entries.get(source.horizon - 1).number >= number;
    // retention is longer than an iterator lives, so that one overtaken by it has expired
    if (issuedAt <= iteratorsValidSince || time.now() - issuedAt > ITERATOR_MILLIS || overtaken) {
      throw new StreamException(Kind.EXPIRED_ITERATOR, "Iterator expired", null);
    }
    takeFromLimits(source);
    if (emptyPage) {
      return new ReadResult(List.of(), iterator(number), List.of(), 1_000);
    }
    List<StreamRecord> found = new ArrayList<>();
    long bytes = 0;
    int index = source.indexOf(number);
    for (; index < source.entries.size() && found.size() < limit; index++) {
      StreamRecord record = source.entries.get(index).record;
      if (bytes + record.sizeBytes() > MAX_READ_BYTES && !found.isEmpty()) {
        break;
      }
      bytes += record.sizeBytes();
      found.add(record);
    }
    source.byteDebt += bytes;
    boolean more = index < source.entries.size();
    boolean end = !source.isOpen() && !more;
    long next = index > 0 ? Math.max(number, source.entries.get(index - 1).number + 1) : number;
    return new ReadResult(
        found,
        end ? null : iterator(next),
        end ? source.children : List.of(),
        more ? Math.max(1, time.wallMillis() - source.entries.get(index).arrivalMillis) : 0);
  }

  private void takeFromLimits(ShardState shard) {
    while (!shard.reads.isEmpty() && shard.reads.peek() <= time.now() - 1_000) {
      shard.reads.remove();
    }
    shard.byteDebt =
        Math.max(0, shard.byteDebt - (time.now() - shard.debtAt) * (BYTES_A_SECOND / 1_000.0));
    shard.debtAt = time.now();
    if (shard.reads.size() >= READS_A_SECOND || shard.byteDebt > BYTES_A_SECOND) {
      throw new StreamException(Kind.THROTTLED, "Rate exceeded for shard " + shard.id, null);
    }
    shard.reads.add(time.now());
  }
}
