package io.millrace.connectors.pipeline;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.connectors.sink.Commit;
import io.millrace.connectors.sink.Exclusion;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

// Records are taken in at the back, and cut off at the front, one range at a time; the next one is
// cut when the one before is settled. What a range is follows from three things that may be known:
//
// - A predecessor has prepared a range and may have stored it. It is finished first, under its own
//   names, from what the stream still has of it. Limits do not count for it: it should end where
//   the predecessor wanted, so that its commit record says the same. It may be cut shorter when it
//   must be (memory, a hand-over): that is another intention with the same first position, and the
//   commit record under that position still has one writer.
// - A commit record was found that somebody else wrote. It is right, whatever was intended here. If
//   it ends earlier, the rest goes back to the front and is a range of its own. If it ends later,
//   what comes up to there is stored already, wherever it still is: in the buffer or in the stream.
//   Until all of that has come, the checkpoint stays where it is: it would take the prepared range
//   off the lease, and with it the only way in which a successor learns of that commit record.
// - Otherwise limits decide. Records that were filtered out are kept as positions: the first record
//   of a range names it, whether it is stored or not, and the last one is where the checkpoint
// goes.
/** The records of one shard that are not settled. Pure; used by one thread at a time. */
final class ShardBuffer<U> {

  /** How a cut comes about. */
  enum Wish {
    /** As the limits say. */
    BY_LIMITS,
    /** Whatever there is, now. */
    ALL,
    /** The same, and nothing will follow: a prepared range ends here, however little is left. */
    LAST
  }

  /** Records in a range, filtered out or not. */
  static final int MAX_RECORDS = 20_000;

  private final BufferLimits limits;
  private final Deque<Taken<U>> waiting = new ArrayDeque<>();

  /** Those of them that the sink has to know of. */
  private final Deque<Taken<U>> mattering = new ArrayDeque<>();

  private int items;
  private long bytes;
  private Checkpoint lastTaken;
  private PreparedRange prepared;
  private Checkpoint storedTo;
  private List<Exclusion> storedExclusions = List.of();

  /** What the checkpoint may pass once everything has come that is stored already. */
  private Checkpoint owed;

  ShardBuffer(BufferLimits limits) {
    this.limits = limits;
  }

  /** A predecessor prepared this range and did not checkpoint it. */
  void finish(PreparedRange range) {
    prepared = range;
  }

  /** Whether the record has been taken in before: it was delivered again. */
  boolean isTaken(Checkpoint position) {
    return lastTaken != null && position.compareTo(lastTaken) <= 0;
  }

  /** Whether there is room for more, as far as the limits go: for two ranges. */
  boolean hasRoom() {
    return prepared != null
        || items < 2L * limits.items()
            && bytes < 2 * limits.bytes()
            && waiting.size() < 2 * MAX_RECORDS;
  }

  void take(Taken<U> record) {
    lastTaken = record.position();
    add(record, false);
  }

  private void add(Taken<U> record, boolean atFront) {
    if (atFront) {
      waiting.addFirst(record);
    } else {
      waiting.addLast(record);
    }
    if (record.matters()) {
      if (atFront) {
        mattering.addFirst(record);
      } else {
        mattering.addLast(record);
      }
    }
    items += record.items().size();
    bytes += record.bytes();
  }

  private Taken<U> remove() {
    Taken<U> record = waiting.removeFirst();
    if (record.matters()) {
      mattering.removeFirst();
    }
    items -= record.items().size();
    bytes -= record.bytes();
    return record;
  }

  boolean isEmpty() {
    return waiting.isEmpty();
  }

  /** Whether a predecessor's range is still to be finished. */
  boolean isFinishing() {
    return prepared != null;
  }

  /** The first record that waits; null if none does. */
  Checkpoint head() {
    return waiting.isEmpty() ? null : waiting.element().position();
  }

  /** The last record that was taken in; null if none was. */
  Checkpoint lastTaken() {
    return lastTaken;
  }

  /** Things that are to be stored. */
  int items() {
    return items;
  }

  /** That the records take up. */
  long bytes() {
    return bytes;
  }

  /** When the oldest record arrived in the stream, in epoch milliseconds; empty if none waits. */
  Optional<Long> oldestArrivalMillis() {
    return Optional.ofNullable(waiting.peekFirst()).map(Taken::arrivalMillis);
  }

  /** When the next cut is due if nothing more is taken in; {@link Long#MAX_VALUE} for never. */
  long dueAtMillis() {
    if (owesCheckpoint()) {
      return Long.MIN_VALUE;
    }
    if (waiting.isEmpty()) {
      return Long.MAX_VALUE;
    }
    if (isStored(waiting.peekFirst()) || reachesLimit() || preparedIsComplete()) {
      return Long.MIN_VALUE;
    }
    if (prepared != null) {
      return Long.MAX_VALUE; // limits do not count; its end will come, or pressure, or the end
    }
    Taken<U> first = mattering.peekFirst();
    return first == null
        ? plus(waiting.element().takenAtMillis(), limits.idleCheckpointMillis())
        : plus(first.takenAtMillis(), limits.ageMillis());
  }

  private static long plus(long millis, long more) {
    return more > Long.MAX_VALUE - millis ? Long.MAX_VALUE : millis + more;
  }

  private boolean reachesLimit() {
    return prepared == null
        && (items >= limits.items() || bytes >= limits.bytes() || waiting.size() >= MAX_RECORDS);
  }

  private boolean preparedIsComplete() {
    return prepared != null && lastTaken != null && lastTaken.compareTo(prepared.end()) >= 0;
  }

  private boolean owesCheckpoint() {
    return owed != null
        && lastTaken.compareTo(storedTo) >= 0
        && (waiting.isEmpty() || !isStored(waiting.element()));
  }

  private boolean isStored(Taken<U> record) {
    return storedTo != null && record.position().compareTo(storedTo) <= 0;
  }

  /** The next part to settle, which then is no longer here; empty if it is not due yet. */
  Optional<Cut<U>> cut(long nowMillis, Wish wish) {
    boolean wanted = wish != Wish.BY_LIMITS || dueAtMillis() <= nowMillis;
    if (!wanted) {
      return Optional.empty();
    }
    if (owesCheckpoint()) {
      Checkpoint at = owed;
      owed = null;
      return Optional.of(Cut.checkpointOnly(at));
    }
    if (waiting.isEmpty()) {
      return wish == Wish.LAST && prepared != null
          ? Optional.of(finishPrepared())
          : Optional.empty();
    }
    if (isStored(waiting.peekFirst())) {
      return Optional.of(cutStored());
    }
    if (prepared != null) {
      boolean complete = preparedIsComplete() || wish == Wish.LAST;
      if (complete || waiting.peekFirst().position().compareTo(prepared.end()) > 0) {
        return Optional.of(finishPrepared());
      }
      return Optional.of(cutPreparedShort());
    }
    return Optional.of(cutByLimits());
  }

  /** What a commit record covers that was found earlier. */
  private Cut<U> cutStored() {
    List<Taken<U>> records = new ArrayList<>();
    while (!waiting.isEmpty() && isStored(waiting.peekFirst())) {
      records.add(remove());
    }
    owed = records.get(records.size() - 1).position();
    return Cut.stored(records, storedExclusions);
  }

  /** The whole prepared range, as far as the stream still had it. */
  private Cut<U> finishPrepared() {
    PreparedRange range = prepared;
    prepared = null;
    return Cut.range(
        removeUpTo(range.end()),
        range.start().first(),
        range.start().firstArrival().toEpochMilli(),
        range.end(),
        range);
  }

  private Cut<U> cutPreparedShort() {
    PreparedRange range = prepared;
    prepared = null;
    List<Taken<U>> records = removeUpTo(range.end());
    return Cut.range(
        records,
        range.start().first(),
        range.start().firstArrival().toEpochMilli(),
        records.get(records.size() - 1).position(),
        range);
  }

  private List<Taken<U>> removeUpTo(Checkpoint end) {
    List<Taken<U>> records = new ArrayList<>();
    while (!waiting.isEmpty() && waiting.peekFirst().position().compareTo(end) <= 0) {
      records.add(remove());
    }
    return records;
  }

  private Cut<U> cutByLimits() {
    List<Taken<U>> records = new ArrayList<>();
    int cutItems = 0;
    long cutBytes = 0;
    boolean matters = false;
    while (!waiting.isEmpty()) {
      Taken<U> next = waiting.peekFirst();
      boolean fits =
          cutItems + next.items().size() <= limits.items()
              && cutBytes + next.bytes() <= limits.bytes()
              && records.size() < MAX_RECORDS;
      if (!fits && !records.isEmpty()) {
        break;
      }
      records.add(remove());
      matters |= next.matters();
      cutItems += next.items().size();
      cutBytes += next.bytes();
    }
    Taken<U> first = records.get(0);
    return matters
        ? Cut.range(
            records,
            first.position(),
            first.arrivalMillis(),
            records.get(records.size() - 1).position(),
            null)
        : Cut.withoutSink(records);
  }

  /**
   * What is done with when a commit record is there.
   *
   * @param records of the cut that it covers; the others are back in the buffer
   * @param checkpointAt null if the checkpoint has to stay where it is
   */
  record Settlement<U>(List<Taken<U>> records, Checkpoint checkpointAt) {}

  /** A commit record is there. */
  Settlement<U> committed(Cut<U> cut, Commit commit) {
    List<Taken<U>> covered = new ArrayList<>();
    List<Taken<U>> rest = new ArrayList<>();
    for (Taken<U> record : cut.taken()) {
      (record.position().compareTo(commit.end()) <= 0 ? covered : rest).add(record);
    }
    for (int i = rest.size() - 1; i >= 0; i--) {
      add(rest.get(i), true);
    }
    Checkpoint last = covered.isEmpty() ? null : covered.get(covered.size() - 1).position();
    if (commit.end().compareTo(cut.end()) > 0) {
      storedTo = commit.end();
      storedExclusions = commit.exclusions();
      owed = last;
      last = null;
    }
    return new Settlement<>(covered, last);
  }

  /** Nothing came of a cut that was not prepared: it is cut again. */
  void putBack(Cut<U> cut) {
    for (int i = cut.taken().size() - 1; i >= 0; i--) {
      add(cut.taken().get(i), true);
    }
  }

  /** Forgets everything that waits. */
  void clear() {
    waiting.clear();
    mattering.clear();
    items = 0;
    bytes = 0;
  }
}
