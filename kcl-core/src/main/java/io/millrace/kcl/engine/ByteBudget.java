package io.millrace.kcl.engine;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The bytes of records that a worker holds in memory, over all its shards. A reader reserves what
 * it expects before it reads, and settles for what came. What came is kept only if it fits;
 * otherwise the reader drops it and reads again later with the right reservation, so the bound
 * holds whatever a stream sends. One exception keeps a worker alive whose budget is smaller than a
 * single answer: when nothing else is held, an answer is always kept.
 *
 * <p>Reservations are granted strictly in the order in which they were asked for, so that neither a
 * busy shard nor many small ones can starve a large one.
 */
final class ByteBudget {

  private record Waiting(long bytes, Runnable granted) {}

  private final long capacity;
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private long used;

  ByteBudget(long capacity) {
    this.capacity = capacity;
  }

  /**
   * Reserves bytes, at most the whole budget; {@link #reserved} says how many that are.
   *
   * @param granted run once the reservation is made: before this returns, or later from a release
   */
  void reserve(long bytes, Runnable granted) {
    waiting.add(new Waiting(reserved(bytes), granted));
    grant();
  }

  /** What a reservation of so many bytes takes. */
  long reserved(long bytes) {
    return Math.min(bytes, capacity);
  }

  /**
   * Exchanges a reservation for what is really held.
   *
   * @param reserved as {@link #reserved} said
   * @return whether it fits; if not, the reservation is given back and nothing is held
   */
  boolean settle(long reserved, long actual) {
    long others = used - reserved;
    boolean fits = others == 0 || others + actual <= capacity;
    used = fits ? others + actual : others;
    grant();
    return fits;
  }

  void release(long bytes) {
    if (bytes > used) {
      throw new IllegalStateException(
          "Releasing " + bytes + " bytes, but only " + used + " are held");
    }
    used -= bytes;
    grant();
  }

  long usedBytes() {
    return used;
  }

  private void grant() {
    while (!waiting.isEmpty() && (used == 0 || used + waiting.peek().bytes <= capacity)) {
      Waiting next = waiting.remove();
      used += next.bytes;
      next.granted.run();
    }
  }
}
