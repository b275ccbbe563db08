package io.millrace.kcl.engine;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/**
 * The bytes of records that a worker holds in memory, over all its shards. A reader reserves what
 * it expects before it reads, and settles for what came. What came is kept only if it fits;
 * otherwise the reader drops it and reads again later with the right reservation, so the bound
 * holds whatever a stream sends. One exception keeps a worker alive whose budget is smaller than a
 * single answer: when nothing else is held, an answer is always kept.
 *
 * <p>Half of the budget is for shards of which nothing is held yet: reading ahead of a processor
 * uses the other half only, so that processors that block do not take from others what they have no
 * use for. Within each of the two kinds, reservations are granted strictly in the order in which
 * they were asked for, so that neither a busy shard nor many small ones can starve a large one; and
 * nobody reads ahead while a shard waits for its first batch.
 */
final class ByteBudget {

  private record Waiting(long bytes, long least, BooleanSupplier first, LongConsumer granted) {}

  private final long capacity;
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private long used;

  ByteBudget(long capacity) {
    this.capacity = capacity;
  }

  /**
   * Reserves bytes, at most the whole budget. A shard of which nothing is held is given less where
   * there is less, so that it need not wait for processors that block.
   *
   * @param least what is of use, at most {@code bytes}
   * @param first whether nothing is held of the shard; asked again while the reservation waits
   * @param granted told how many bytes are reserved: before this returns, or later from a release
   */
  void reserve(long bytes, long least, BooleanSupplier first, LongConsumer granted) {
    waiting.add(new Waiting(Math.min(bytes, capacity), Math.min(least, capacity), first, granted));
    grant();
  }

  /**
   * Exchanges a reservation for what is really held.
   *
   * @param reserved as was granted
   * @param first whether nothing else is held of the shard
   * @return whether it fits; if not, the reservation is given back and nothing is held
   */
  boolean settle(long reserved, long actual, boolean first) {
    long others = used - reserved;
    boolean fits = others == 0 || actual <= reserved || others + actual <= limit(first);
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

  private long limit(boolean first) {
    return first ? capacity : capacity / 2;
  }

  private void grant() {
    while (!waiting.isEmpty()) {
      Waiting next = waiting.peek();
      boolean first = false;
      for (Waiting each : waiting) {
        if (each.first.getAsBoolean()) {
          next = each;
          first = true;
          break;
        }
      }
      long room = limit(first) - used;
      long bytes = used == 0 ? next.bytes : first ? Math.min(next.bytes, room) : next.bytes;
      if (used > 0 && (bytes > room || bytes < next.least)) {
        return;
      }
      waiting.remove(next);
      used += bytes;
      next.granted.accept(bytes);
    }
  }
}
