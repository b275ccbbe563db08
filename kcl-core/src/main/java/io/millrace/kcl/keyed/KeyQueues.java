package io.millrace.kcl.keyed;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

// A key is idle (no record), READY (its first record may be started), RUNNING or WAITING (for a
// retry, or for a dead letter to be stored). It is in the ready queue exactly while it is READY,
// so a key can have one record under way at most, and keys take turns: the one that has just
// finished a record goes behind those that wait.
//
// The map is looked up and never walked: nothing depends on the order of hashes.
/**
 * Which records of a shard may be processed now: one of each key at a time, in order, and no more
 * than a number of them together. Pure; not safe for use by several threads.
 */
final class KeyQueues<R> {

  private enum State {
    READY,
    RUNNING,
    WAITING
  }

  private static final class Key<R> {
    private final ArrayDeque<R> records = new ArrayDeque<>();
    private State state = State.READY;
  }

  private final int maxRunning;
  private final Map<Object, Key<R>> keys = new HashMap<>();
  private final ArrayDeque<Key<R>> ready = new ArrayDeque<>();
  private int running;
  private int waiting;

  KeyQueues(int maxRunning) {
    this.maxRunning = maxRunning;
  }

  /** Adds a record behind those of the same key. */
  void add(Object keyOfRecord, R record) {
    Key<R> key = keys.get(keyOfRecord);
    if (key == null) {
      key = new Key<>();
      keys.put(keyOfRecord, key);
      ready.add(key);
    }
    key.records.add(record);
  }

  /** The record to process next, which is under way from now on; null if there is none. */
  R next() {
    if (running >= maxRunning || ready.isEmpty()) {
      return null;
    }
    Key<R> key = ready.remove();
    key.state = State.RUNNING;
    running++;
    return key.records.peek();
  }

  /** The record of this key that was under way waits, and others run meanwhile. */
  void postpone(Object keyOfRecord) {
    Key<R> key = require(keyOfRecord, State.RUNNING);
    key.state = State.WAITING;
    running--;
    waiting++;
  }

  /** The record of this key that waits may be processed again. */
  void resume(Object keyOfRecord) {
    Key<R> key = require(keyOfRecord, State.WAITING);
    waiting--;
    key.state = State.READY;
    ready.add(key);
  }

  /** The record of this key that was under way, or waited, is done with. */
  void finish(Object keyOfRecord) {
    Key<R> key = keys.get(keyOfRecord);
    if (key != null && key.state == State.WAITING) {
      waiting--;
    } else {
      key = require(keyOfRecord, State.RUNNING);
      running--;
    }
    key.records.remove();
    if (key.records.isEmpty()) {
      keys.remove(keyOfRecord);
    } else {
      key.state = State.READY;
      ready.add(key);
    }
  }

  /** Records under way. */
  int running() {
    return running;
  }

  /** Records that wait for another attempt. */
  int waiting() {
    return waiting;
  }

  /** Whether there is a record that could be started, were there room. */
  boolean hasReady() {
    return !ready.isEmpty();
  }

  private Key<R> require(Object keyOfRecord, State state) {
    Key<R> key = keys.get(keyOfRecord);
    if (key == null) {
      throw new IllegalStateException("No record of key '" + keyOfRecord + "' is here");
    }
    if (key.state != state) {
      throw new IllegalStateException(
          "The record of key '" + keyOfRecord + "' is " + key.state + ", not " + state);
    }
    return key;
  }
}
