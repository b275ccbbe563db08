package io.millrace.kcl.keyed;

import io.millrace.checkpoint.Checkpoint;
import java.util.ArrayDeque;

/**
 * How far a shard is done without a hole: records are accepted in order and finished in any. Pure;
 * not safe for use by several threads.
 */
final class LowWaterMark {

  /** One accepted record. */
  static final class Entry {
    private final Checkpoint position;
    private boolean finished;

    private Entry(Checkpoint position) {
      this.position = position;
    }
  }

  /** From the first unfinished one on. */
  private final ArrayDeque<Entry> open = new ArrayDeque<>();

  private Checkpoint accepted;
  private Checkpoint mark;

  /** Whether this record, or one behind it, was taken in before. */
  boolean isAccepted(Checkpoint position) {
    return accepted != null && position.compareTo(accepted) <= 0;
  }

  /** Takes a record in; each one behind the last. */
  Entry accept(Checkpoint position) {
    if (isAccepted(position)) {
      throw new IllegalStateException(
          "The record at " + position + " comes behind the one at " + accepted);
    }
    accepted = position;
    Entry entry = new Entry(position);
    open.add(entry);
    return entry;
  }

  /** Returns whether the mark has moved. */
  boolean finish(Entry entry) {
    if (entry.finished) {
      throw new IllegalStateException("The record at " + entry.position + " was finished before");
    }
    entry.finished = true;
    boolean moved = false;
    while (!open.isEmpty() && open.peek().finished) {
      mark = open.remove().position;
      moved = true;
    }
    return moved;
  }

  /** The last record that is finished with everything before it; null if none is. */
  Checkpoint mark() {
    return mark;
  }

  /** Accepted records behind the mark, finished or not: what would come again after a crash. */
  int window() {
    return open.size();
  }
}
