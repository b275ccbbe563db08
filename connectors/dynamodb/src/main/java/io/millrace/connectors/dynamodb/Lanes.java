package io.millrace.connectors.dynamodb;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Writes that wait, in a lane for each row: one of a lane is under way at a time, lanes take turns.
 * Decides only. Not thread-safe.
 */
final class Lanes {

  /** One write on its way. */
  static final class Entry {
    final Delivery delivery;
    final int index;
    final Write write;
    private Lane lane;

    /** How often it has been sent without getting through. */
    int repeats;

    Entry(Delivery delivery, int index, Write write) {
      this.delivery = delivery;
      this.index = index;
      this.write = write;
    }
  }

  private enum State {
    /** Waits for its turn. */
    READY,
    /** Its first write is under way. */
    SENDING,
    /** Its first write waits before it is sent again. */
    PAUSED,
    /** Nothing is left; another lane may have the key. */
    GONE
  }

  private static final class Lane {
    final ItemKey key;
    final Deque<Entry> entries = new ArrayDeque<>();
    State state = State.READY;

    Lane(ItemKey key) {
      this.key = key;
    }
  }

  private final Map<ItemKey, Lane> lanes = new HashMap<>();
  private final Deque<Lane> turns = new ArrayDeque<>();

  /** Behind whatever there is for the same row. */
  void add(Entry entry) {
    Lane lane = lanes.get(entry.write.key());
    if (lane == null) {
      lane = new Lane(entry.write.key());
      lanes.put(lane.key, lane);
      turns.addLast(lane);
    }
    entry.lane = lane;
    lane.entries.addLast(entry);
  }

  /** Whether something could be sent. */
  boolean isReady() {
    while (!turns.isEmpty() && turns.peekFirst().state != State.READY) {
      turns.removeFirst(); // gone meanwhile
    }
    return !turns.isEmpty();
  }

  /** The next ones, each of another row; at least one if there is any. */
  List<Entry> take(int most, long mostBytes) {
    List<Entry> taken = new ArrayList<>();
    long bytes = 0;
    while (taken.size() < most && isReady()) {
      Lane lane = turns.peekFirst();
      Entry entry = lane.entries.peekFirst();
      bytes += entry.write.bytes();
      if (!taken.isEmpty() && bytes > mostBytes) {
        break;
      }
      turns.removeFirst();
      lane.state = State.SENDING;
      taken.add(entry);
    }
    return taken;
  }

  /** A write that was taken is settled; the row's next one may go. */
  void finish(Entry entry) {
    entry.lane.entries.removeFirst();
    next(entry.lane);
  }

  /** A write that was taken stays the first of its row, and waits. */
  void pause(Entry entry) {
    entry.lane.state = State.PAUSED;
  }

  /** The wait is over. */
  void resume(Entry entry) {
    if (entry.lane.state == State.PAUSED) {
      entry.lane.state = State.READY;
      turns.addLast(entry.lane);
    }
  }

  /**
   * A write that was taken is given up; the later ones of the same delivery and row must not be
   * stored either.
   *
   * @return these, without the given one
   */
  List<Entry> giveUp(Entry entry) {
    entry.lane.entries.removeFirst();
    List<Entry> later = removeOf(entry.delivery, entry.lane, false);
    next(entry.lane);
    return later;
  }

  /**
   * Removes what a delivery has here and is not under way.
   *
   * @return how many
   */
  int drop(Delivery delivery) {
    int dropped = 0;
    for (Lane lane : new ArrayList<>(lanes.values())) {
      boolean sending = lane.state == State.SENDING;
      boolean losesFirst = !sending && lane.entries.peekFirst().delivery == delivery;
      dropped += removeOf(delivery, lane, sending).size();
      if (lane.entries.isEmpty() || (losesFirst && lane.state == State.PAUSED)) {
        next(lane); // a ready one keeps its turn, whoever is first in it now
      }
    }
    return dropped;
  }

  private static List<Entry> removeOf(Delivery delivery, Lane lane, boolean keepFirst) {
    List<Entry> removed = new ArrayList<>();
    Iterator<Entry> entries = lane.entries.iterator();
    boolean first = true;
    while (entries.hasNext()) {
      Entry entry = entries.next();
      if (entry.delivery == delivery && !(first && keepFirst)) {
        entries.remove();
        removed.add(entry);
      }
      first = false;
    }
    return removed;
  }

  private void next(Lane lane) {
    if (lane.entries.isEmpty()) {
      lane.state = State.GONE;
      lanes.remove(lane.key);
    } else {
      lane.state = State.READY;
      turns.addLast(lane);
    }
  }
}
