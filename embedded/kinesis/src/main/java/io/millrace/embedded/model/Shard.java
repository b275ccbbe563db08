package io.millrace.embedded.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A shard and its records, oldest first. Its own lock guards what changes; nothing here waits.
 *
 * <p>A reader's place is an index: "the first record whose index is at least this". So places of
 * records that are gone stay valid, and 0 is the trim horizon. Arrival times never go back within a
 * shard, even when the clock does, so that both can be searched.
 */
public final class Shard {
  /** A read returns no more than this, but always one record if there is one. */
  public static final int MAX_READ_BYTES = 10 * 1024 * 1024;

  private static final int FIRST_CAPACITY = 16;

  private final String id;
  private final int number;
  private final String parentId;
  private final String adjacentParentId;
  private final HashKeyRange range;
  private final long openedAtMillis;
  private final long creationSeconds;
  private final String startingSequenceNumber;

  // guarded by this
  private StoredRecord[] ring = new StoredRecord[FIRST_CAPACITY];
  private int head;
  private int size;
  private long nextIndex = 1;
  private long lastArrivalMillis;
  private boolean closed;
  private long closedAtMillis;
  private String endingSequenceNumber;
  private List<Shard> children = List.of();

  Shard(
      int number,
      HashKeyRange range,
      long openedAtMillis,
      long creationSeconds,
      String parentId,
      String adjacentParentId) {
    this.id = String.format("shardId-%012d", number);
    this.number = number;
    this.range = range;
    this.openedAtMillis = openedAtMillis;
    this.creationSeconds = creationSeconds;
    this.parentId = parentId;
    this.adjacentParentId = adjacentParentId;
    this.startingSequenceNumber =
        SequenceNumbers.encode(creationSeconds, number, 0, creationSeconds);
  }

  public String id() {
    return id;
  }

  int number() {
    return number;
  }

  public HashKeyRange range() {
    return range;
  }

  /** The shard this one was split or merged from, or null. */
  public String parentId() {
    return parentId;
  }

  /** The second parent of a merge, or null. */
  public String adjacentParentId() {
    return adjacentParentId;
  }

  public String startingSequenceNumber() {
    return startingSequenceNumber;
  }

  /** Null while the shard is open. */
  public synchronized String endingSequenceNumber() {
    return endingSequenceNumber;
  }

  public synchronized boolean isOpen() {
    return !closed;
  }

  long openedAtMillis() {
    return openedAtMillis;
  }

  long creationSeconds() {
    return creationSeconds;
  }

  /** Long.MAX_VALUE while the shard is open. */
  synchronized long closedAtMillis() {
    return closed ? closedAtMillis : Long.MAX_VALUE;
  }

  /** Whether the shard was open at that time; both its first and its last moment count. */
  boolean wasOpenAt(long millis) {
    return openedAtMillis <= millis && millis <= closedAtMillis();
  }

  /** Adds a record, or returns empty if the shard has been closed meanwhile. */
  synchronized Optional<StoredRecord> append(
      String partitionKey, byte[] data, long now, long horizonMillis) {
    if (closed) {
      return Optional.empty();
    }
    trimOlderThan(horizonMillis);
    lastArrivalMillis = Math.max(lastArrivalMillis, now);
    long index = nextIndex++;
    String sequenceNumber =
        SequenceNumbers.encode(
            creationSeconds, number, index, Math.floorDiv(lastArrivalMillis, 1_000));
    StoredRecord stored =
        new StoredRecord(index, sequenceNumber, lastArrivalMillis, partitionKey, data);
    if (size == ring.length) {
      resize(2 * ring.length);
    }
    ring[(head + size) & (ring.length - 1)] = stored;
    size++;
    return Optional.of(stored);
  }

  /**
   * What a read found.
   *
   * @param next the place to read from next time
   * @param millisBehind 0 at the tip, at least 1 before it
   * @param children of a shard read to its end the shards that follow it; null before its end
   */
  public record Page(
      List<StoredRecord> records, long next, long millisBehind, List<Shard> children) {
    /** Whether this was the end of a closed shard. */
    public boolean atEnd() {
      return children != null;
    }
  }

  public synchronized Page read(long from, int limit, long now, long horizonMillis) {
    trimOlderThan(horizonMillis);
    int at = search(from);
    int bytes = 0;
    List<StoredRecord> records = new ArrayList<>(Math.min(limit, size - at));
    while (at < size && records.size() < limit) {
      StoredRecord stored = get(at);
      if (!records.isEmpty() && bytes + stored.size() > MAX_READ_BYTES) {
        break;
      }
      bytes += stored.size();
      records.add(stored);
      at++;
    }
    long next = records.isEmpty() ? from : records.get(records.size() - 1).index() + 1;
    boolean atTip = at == size;
    long behind = atTip ? 0 : Math.max(1, now - get(at).arrivalMillis());
    return new Page(records, next, behind, atTip && closed ? children : null);
  }

  /** The place after the newest record. */
  public synchronized long tip() {
    return nextIndex;
  }

  /** The place of the first record that arrived at that time or later, else the tip. */
  public synchronized long placeAt(long millis) {
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (get(middle).arrivalMillis() < millis) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low < size ? get(low).index() : nextIndex;
  }

  /** The index in a sequence number of this shard; the error is what Kinesis says otherwise. */
  public long placeOf(String sequenceNumber, String parameter, String usedIn) {
    Optional<SequenceNumbers.Parts> parts = SequenceNumbers.decode(sequenceNumber);
    if (parts.isEmpty()) {
      throw KinesisError.invalidArgument(
          parameter + " " + sequenceNumber + " used in " + usedIn + " is invalid.");
    }
    if (parts.get().shardIndex() != number) {
      throw KinesisError.invalidArgument(
          "Invalid "
              + parameter
              + ". It encodes "
              + String.format("shardId-%012d", parts.get().shardIndex())
              + ", while it was used in a call to a shard with "
              + id);
    }
    if (parts.get().shardCreationSeconds() != creationSeconds) {
      throw KinesisError.invalidArgument(
          parameter
              + " "
              + sequenceNumber
              + " used in "
              + usedIn
              + " is invalid because it did not come from this stream.");
    }
    return parts.get().index();
  }

  /** Removes the records before that place. */
  synchronized void trimBefore(long place) {
    drop(search(place));
  }

  synchronized void close(long now, List<Shard> replacements) {
    closed = true;
    closedAtMillis = now;
    endingSequenceNumber =
        SequenceNumbers.encode(
            creationSeconds, number, SequenceNumbers.END_INDEX, Math.floorDiv(now, 1_000));
    children = List.copyOf(replacements);
  }

  private void trimOlderThan(long horizonMillis) {
    int expired = 0;
    while (expired < size && get(expired).arrivalMillis() < horizonMillis) {
      expired++;
    }
    drop(expired);
  }

  private void drop(int count) {
    for (int i = 0; i < count; i++) {
      ring[head] = null;
      head = (head + 1) & (ring.length - 1);
    }
    size -= count;
    if (ring.length > FIRST_CAPACITY && size < ring.length / 4) {
      resize(Math.max(FIRST_CAPACITY, Integer.highestOneBit(Math.max(1, size)) * 2));
    }
  }

  private void resize(int capacity) {
    StoredRecord[] larger = new StoredRecord[capacity];
    int first = Math.min(size, ring.length - head);
    System.arraycopy(ring, head, larger, 0, first);
    System.arraycopy(ring, 0, larger, first, size - first);
    Arrays.fill(ring, null);
    ring = larger;
    head = 0;
  }

  private StoredRecord get(int position) {
    return ring[(head + position) & (ring.length - 1)];
  }

  /** The position of the first record whose index is at least this. */
  private int search(long index) {
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (get(middle).index() < index) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  @Override
  public String toString() {
    return id;
  }
}
