package io.millrace.samples.referrers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/*
 * What was lost and what was seen twice is decided here, from two kinds of files and nothing else:
 * the writer's ledger of records that the stream acknowledged, and each worker process's ledger of
 * records that it processed. No counter of the framework, no lease, no checkpoint enters: they are
 * what is under test.
 *
 * The identity of a record is writer and running number, not its sequence number: a put whose
 * answer got lost and that was repeated is in the stream twice, and shows up as a duplicate.
 *
 * Times come from the same lines. A stint is what one processor did, from its start to its end or
 * to the death of its process; every pause is measured within a stint or between two stints of a
 * shard. All processes run on one machine, hence on one clock.
 *
 * While records still flow, a record that is not processed may just be on its way. It is lost as
 * soon as a record that the writer put into the same shard after it was processed: within a shard
 * there is an order. Files are read one after the other, so only what looks lost twice in a row is.
 *
 * Memory: two bits for a record, a number for each that waits, and a few numbers for a stint, so a
 * demo may run for days.
 */

/**
 * Reads the ledgers in a folder, as far as they have been written, and compares them. Files whose
 * name ends in {@code .ledger} count. Not safe for use by several threads.
 */
final class Ledgers {

  /**
   * @param put records that the stream acknowledged
   * @param processed records that processors processed, repetitions included
   * @param distinct how many different records those were
   * @param duplicates {@code processed - distinct}
   * @param lost acknowledged records that no processor has processed
   */
  record Totals(long put, long processed, long distinct, long duplicates, long lost) {

    /** Every acknowledged record was processed, and nothing that was not put. */
    boolean complete() {
      return lost == 0 && distinct == put;
    }
  }

  /**
   * How a shard went on after its worker had gone.
   *
   * @param worker that processes it now; null if none does yet
   * @param atMillis of its first record there, or of its processor's start if no record came since
   * @param twice records that were processed there although they had been before
   */
  record Resumption(String shard, String worker, long atMillis, long twice) {

    boolean isDone() {
      return worker != null;
    }
  }

  /** Records of one writer in one shard, in the order of the shard. */
  private static final class Waiting {
    private final ArrayDeque<Integer> numbers = new ArrayDeque<>();

    /** Each with the refresh that first found it skipped. */
    private final Map<Integer, Long> skipped = new HashMap<>();

    void sort(BitSet seen, long refresh) {
      int processed = 0;
      int i = 0;
      for (int number : numbers) {
        i++;
        if (seen.get(number)) {
          processed = i;
        }
      }
      for (; processed > 0; processed--) {
        int number = numbers.removeFirst();
        if (!seen.get(number)) {
          skipped.put(number, refresh);
        }
      }
      skipped.keySet().removeIf(seen::get);
    }

    long lost(long refresh) {
      return skipped.values().stream().filter(first -> first < refresh).count();
    }

    long waiting(long refresh) {
      return numbers.size() + skipped.size() - lost(refresh);
    }
  }

  private record Lane(String writer, String shard) {}

  /** What one processor did. */
  private static final class Stint {
    final String worker;
    final String shard;
    final long startMillis;
    long firstMillis = -1;
    long lastMillis = -1;
    long longestPauseMillis;
    long endMillis = -1;
    long twice;

    Stint(String worker, String shard, long startMillis) {
      this.worker = worker;
      this.shard = shard;
      this.startMillis = startMillis;
    }

    void processed(long atMillis) {
      if (firstMillis < 0) {
        firstMillis = atMillis;
      } else {
        longestPauseMillis = Math.max(longestPauseMillis, atMillis - lastMillis);
      }
      lastMillis = atMillis;
    }

    boolean hasRecords() {
      return firstMillis >= 0;
    }
  }

  /** How far a file has been read. */
  private static final class Position {
    long offset;
    long lines;
  }

  /** With no record after so long, the start of a processor is when its shard went on. */
  private static final long QUIET_MILLIS = 3_000;

  private final Path folder;
  private final Map<Path, Position> positions = new HashMap<>();
  private final Map<String, BitSet> acknowledged = new HashMap<>();
  private final Map<String, BitSet> seen = new HashMap<>();
  private final Map<String, Long> runMillis = new HashMap<>();
  private final List<Stint> stints = new ArrayList<>();
  private final Map<String, Map<String, Stint>> currentByWorker = new HashMap<>();
  private final Map<Lane, Waiting> lanes = new HashMap<>();
  private final Set<String> finished = new HashSet<>();
  private long refreshes;
  private long put;
  private long processed;
  private long distinct;

  Ledgers(Path folder) {
    this.folder = folder;
  }

  /**
   * Reads what was appended since the last call. An incomplete last line is left for the next call.
   *
   * @throws IllegalStateException if a complete line is not understood; nothing is skipped silently
   */
  void refresh() {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".ledger")).sorted().toList()) {
        readOn(file, positions.computeIfAbsent(file, f -> new Position()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the ledgers in " + folder, e);
    }
    refreshes++;
    lanes.forEach(
        (lane, waiting) -> waiting.sort(seen.getOrDefault(lane.writer(), new BitSet()), refreshes));
  }

  private void readOn(Path file, Position position) throws IOException {
    byte[] news;
    try (SeekableByteChannel channel = Files.newByteChannel(file)) {
      channel.position(position.offset);
      ByteBuffer buffer = ByteBuffer.allocate(Math.toIntExact(channel.size() - position.offset));
      while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
        // reads on
      }
      news = Arrays.copyOf(buffer.array(), buffer.position());
    }
    String worker = file.getFileName().toString().replaceFirst("\\.ledger$", "");
    int from = 0;
    for (int i = 0; i < news.length; i++) {
      if (news[i] == '\n') {
        position.lines++;
        String line = new String(news, from, i - from, StandardCharsets.UTF_8);
        try {
          add(worker, LedgerLine.parse(line));
        } catch (IllegalArgumentException e) {
          throw new IllegalStateException(
              "Ledger " + file + ", line " + position.lines + ": " + e.getMessage(), e);
        }
        from = i + 1;
      }
    }
    position.offset += from;
  }

  private void add(String worker, LedgerLine line) {
    if (line instanceof LedgerLine.Put p) {
      if (mark(acknowledged, p.writer(), p.number())) {
        put++;
        lanes
            .computeIfAbsent(new Lane(p.writer(), p.shard()), lane -> new Waiting())
            .numbers
            .addLast(Math.toIntExact(p.number()));
      }
    } else if (line instanceof LedgerLine.Run r) {
      runMillis.put(worker, r.atMillis());
    } else if (line instanceof LedgerLine.Start s) {
      current(worker).put(s.shard(), begin(worker, s.shard(), s.atMillis()));
    } else if (line instanceof LedgerLine.Processed r) {
      processed++;
      Stint stint =
          current(worker).computeIfAbsent(r.shard(), shard -> begin(worker, shard, r.atMillis()));
      stint.processed(r.atMillis());
      if (mark(seen, r.writer(), r.number())) {
        distinct++;
      } else {
        stint.twice++;
      }
    } else if (line instanceof LedgerLine.End e) {
      Stint ended = current(worker).remove(e.shard());
      if (ended != null) {
        ended.endMillis = e.atMillis();
      }
      if (e.reason().equals(LedgerLine.FINISHED)) {
        finished.add(e.shard());
      }
    }
  }

  private Map<String, Stint> current(String worker) {
    return currentByWorker.computeIfAbsent(worker, w -> new HashMap<>());
  }

  private Stint begin(String worker, String shard, long atMillis) {
    Stint stint = new Stint(worker, shard, atMillis);
    stints.add(stint);
    return stint;
  }

  /** Whether it is new. */
  private static boolean mark(Map<String, BitSet> numbers, String writer, long number) {
    BitSet bits = numbers.computeIfAbsent(writer, w -> new BitSet());
    int bit = Math.toIntExact(number);
    boolean isNew = !bits.get(bit);
    bits.set(bit);
    return isNew;
  }

  Totals totals() {
    long lost = 0;
    for (Map.Entry<String, BitSet> writer : acknowledged.entrySet()) {
      BitSet missing = (BitSet) writer.getValue().clone();
      missing.andNot(seen.getOrDefault(writer.getKey(), new BitSet()));
      lost += missing.cardinality();
    }
    return new Totals(put, processed, distinct, processed - distinct, lost);
  }

  /** Records that were put and are still to be processed, by shard. */
  SortedMap<String, Long> waitingByShard() {
    SortedMap<String, Long> waiting = new TreeMap<>();
    lanes.forEach((lane, w) -> waiting.merge(lane.shard(), w.waiting(refreshes), Long::sum));
    return waiting;
  }

  /** Records of a shard that were skipped, as far as is known while others are on their way. */
  long lostOf(String shard) {
    return lanes.entrySet().stream()
        .filter(e -> e.getKey().shard().equals(shard))
        .mapToLong(e -> e.getValue().lost(refreshes))
        .sum();
  }

  /** {@link #lostOf} all shards. */
  long lostSoFar() {
    return lanes.values().stream().mapToLong(w -> w.lost(refreshes)).sum();
  }

  /** How the shards that a worker was processing at a time went on elsewhere, by shard. */
  List<Resumption> resumptions(String worker, long goneAtMillis, long nowMillis) {
    Map<String, Resumption> byShard = new TreeMap<>();
    for (Stint dead : notEndedBefore(worker, goneAtMillis)) {
      if (dead.startMillis > goneAtMillis) {
        continue;
      }
      Optional<Stint> heir =
          stints.stream()
              .filter(s -> s.shard.equals(dead.shard) && !s.worker.equals(worker))
              .filter(s -> Math.max(s.startMillis, s.lastMillis) > goneAtMillis)
              .filter(s -> s.hasRecords() || nowMillis - s.startMillis > QUIET_MILLIS)
              .min(Comparator.comparingLong(s -> s.startMillis));
      byShard.put(
          dead.shard,
          heir.map(
                  s ->
                      new Resumption(
                          s.shard,
                          s.worker,
                          Math.max(s.hasRecords() ? s.firstMillis : s.startMillis, goneAtMillis),
                          s.twice))
              .orElse(new Resumption(dead.shard, null, 0, 0)));
    }
    return List.copyOf(byShard.values());
  }

  /** Whether a shard was processed to its end. */
  boolean isFinished(String shard) {
    return finished.contains(shard);
  }

  /** From the first {@code Worker.run()} to the first record that any worker processed. */
  OptionalLong timeToFirstRecordMillis() {
    OptionalLong run = runMillis.values().stream().mapToLong(Long::longValue).min();
    OptionalLong first =
        stints.stream().filter(Stint::hasRecords).mapToLong(s -> s.firstMillis).min();
    return run.isEmpty() || first.isEmpty()
        ? OptionalLong.empty()
        : OptionalLong.of(first.getAsLong() - run.getAsLong());
  }

  /**
   * From the kill of a worker until the last of its shards has a record processed by another one.
   * Its shards are those whose processor had not ended by then.
   *
   * @return empty if it had no shards, or if one of them is not processed again (yet)
   */
  OptionalLong failoverMillis(String worker, long killedAtMillis) {
    long last = -1;
    for (Stint dead : notEndedBefore(worker, killedAtMillis)) {
      OptionalLong resumed =
          others(dead)
              .filter(s -> s.lastMillis > killedAtMillis)
              .mapToLong(s -> Math.max(s.firstMillis, killedAtMillis))
              .min();
      if (resumed.isEmpty()) {
        return resumed;
      }
      last = Math.max(last, resumed.getAsLong());
    }
    return last < 0 ? OptionalLong.empty() : OptionalLong.of(last - killedAtMillis);
  }

  /**
   * The longest pause of a shard between its last record on a worker that was told to stop and its
   * next record on another one.
   *
   * @return empty if it had no shards, or if one of them is not processed again (yet)
   */
  OptionalLong handoverMillis(String worker, long toldAtMillis) {
    OptionalLong longest = OptionalLong.empty();
    for (Stint old : notEndedBefore(worker, toldAtMillis)) {
      if (!old.hasRecords()) {
        continue;
      }
      OptionalLong next =
          others(old)
              .filter(s -> s.startMillis >= old.startMillis && s.lastMillis >= old.lastMillis)
              .mapToLong(s -> s.firstMillis)
              .min();
      if (next.isEmpty()) {
        return next;
      }
      long pause = Math.max(0, next.getAsLong() - old.lastMillis);
      longest = OptionalLong.of(Math.max(pause, longest.orElse(0)));
    }
    return longest;
  }

  /**
   * From the last record of the parents (their end, if they had none) to the first record of the
   * child that took longest.
   *
   * @return empty if a parent has not been processed, or a child has no record (yet)
   */
  OptionalLong reshardGapMillis(Collection<String> parents, Collection<String> children) {
    long parentsEnd = -1;
    for (String parent : parents) {
      OptionalLong end =
          stints.stream()
              .filter(s -> s.shard.equals(parent))
              .mapToLong(s -> s.hasRecords() ? s.lastMillis : s.endMillis)
              .max();
      if (end.isEmpty() || end.getAsLong() < 0) {
        return OptionalLong.empty();
      }
      parentsEnd = Math.max(parentsEnd, end.getAsLong());
    }
    long longest = 0;
    for (String child : children) {
      OptionalLong first =
          stints.stream()
              .filter(s -> s.shard.equals(child) && s.hasRecords())
              .mapToLong(s -> s.firstMillis)
              .min();
      if (first.isEmpty()) {
        return OptionalLong.empty();
      }
      longest = Math.max(longest, first.getAsLong() - parentsEnd);
    }
    return OptionalLong.of(longest);
  }

  /** For each shard with records, the longest time without one, between its first and its last. */
  SortedMap<String, Long> longestPauseMillisByShard() {
    SortedMap<String, Long> pauses = new TreeMap<>();
    Map<String, Long> lastByShard = new HashMap<>();
    stints.stream()
        .filter(Stint::hasRecords)
        .sorted(Comparator.comparingLong(s -> s.firstMillis))
        .forEach(
            s -> {
              Long before = lastByShard.get(s.shard);
              long between = before == null ? 0 : s.firstMillis - before;
              pauses.merge(s.shard, Math.max(between, s.longestPauseMillis), Math::max);
              lastByShard.merge(s.shard, s.lastMillis, Math::max);
            });
    return pauses;
  }

  private List<Stint> notEndedBefore(String worker, long atMillis) {
    return stints.stream()
        .filter(s -> s.worker.equals(worker))
        .filter(s -> s.endMillis < 0 || s.endMillis >= atMillis)
        .toList();
  }

  private Stream<Stint> others(Stint stint) {
    Objects.requireNonNull(stint);
    return stints.stream()
        .filter(s -> s.hasRecords() && s.shard.equals(stint.shard))
        .filter(s -> !s.worker.equals(stint.worker));
  }
}
