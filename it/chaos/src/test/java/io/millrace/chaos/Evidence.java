package io.millrace.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What the files of a run say, as far as they have been written: every file in a folder whose name
 * ends in {@code .ledger}. Not safe for use by several threads.
 */
final class Evidence {

  /** What one processor did under one fencing token. */
  static final class Stint {
    final String process;
    final LedgerLine.Start start;
    final List<LedgerLine.Processed> records = new ArrayList<>();
    final List<LedgerLine.Accepted> accepted = new ArrayList<>();
    int refused;
    LedgerLine.End end;

    Stint(String process, LedgerLine.Start start) {
      this.process = process;
      this.start = start;
    }

    String shard() {
      return start.shard();
    }

    @Override
    public String toString() {
      return process + ", shard " + start.shard() + ", token " + start.token();
    }
  }

  /** How far a file has been read. */
  private static final class Reading {
    long offset;
    long lines;
    final Map<Integer, Stint> stints = new TreeMap<>();
  }

  final List<LedgerLine.Put> puts = new ArrayList<>();
  final List<Stint> stints = new ArrayList<>();
  final SortedMap<String, List<LedgerLine.LeaseSeen>> leases = new TreeMap<>();
  final SortedMap<String, LedgerLine.Shard> shards = new TreeMap<>();
  final List<LedgerLine.FaultDone> faults = new ArrayList<>();
  final List<LedgerLine.Exit> exits = new ArrayList<>();
  final List<LedgerLine.Event> events = new ArrayList<>();

  /** What else the run found out and wants held against it. */
  final List<Checker.Violation> said = new ArrayList<>();

  private final Path folder;
  private final Map<Path, Reading> readings = new LinkedHashMap<>();
  private final BitSet acknowledged = new BitSet();
  private final BitSet processed = new BitSet();
  private final Map<String, String> shardNames = new TreeMap<>();

  Evidence(Path folder) {
    this.folder = folder;
  }

  /**
   * Reads what was appended since the last call. An incomplete last line is left for the next call.
   *
   * @throws IllegalStateException if a complete line is not understood
   */
  Evidence refresh() {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".ledger")).sorted().toList()) {
        readOn(file, readings.computeIfAbsent(file, f -> new Reading()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the ledgers in " + folder, e);
    }
    return this;
  }

  /** Acknowledged records that no processor has processed, as of the last {@link #refresh}. */
  int missing() {
    BitSet missing = (BitSet) acknowledged.clone();
    missing.andNot(processed);
    return missing.cardinality();
  }

  private void readOn(Path file, Reading reading) throws IOException {
    byte[] news;
    try (SeekableByteChannel channel = Files.newByteChannel(file)) {
      channel.position(reading.offset);
      ByteBuffer buffer = ByteBuffer.allocate(Math.toIntExact(channel.size() - reading.offset));
      while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
        // reads on
      }
      news = Arrays.copyOf(buffer.array(), buffer.position());
    }
    String process = file.getFileName().toString().replaceFirst("\\.ledger$", "");
    int from = 0;
    for (int i = 0; i < news.length; i++) {
      if (news[i] == '\n') {
        reading.lines++;
        String line = new String(news, from, i - from, StandardCharsets.UTF_8);
        try {
          add(process, reading, LedgerLine.parse(line));
        } catch (IllegalArgumentException e) {
          throw new IllegalStateException(
              "Ledger " + file + ", line " + reading.lines + ": " + e.getMessage(), e);
        }
        from = i + 1;
      }
    }
    reading.offset += from;
  }

  private void add(String process, Reading reading, LedgerLine line) {
    if (line instanceof LedgerLine.Put put) {
      puts.add(
          new LedgerLine.Put(
              put.atMillis(), put.number(), shard(put.shard()), put.sequence(), put.key()));
      acknowledged.set(Math.toIntExact(put.number()));
    } else if (line instanceof LedgerLine.Start start) {
      Stint stint = new Stint(process, start);
      if (reading.stints.put(start.stint(), stint) != null) {
        throw new IllegalArgumentException("stint " + start.stint() + " starts twice");
      }
      stints.add(stint);
    } else if (line instanceof LedgerLine.Processed record) {
      stint(reading, record.stint()).records.add(record);
      processed.set(Math.toIntExact(record.number()));
    } else if (line instanceof LedgerLine.Accepted checkpoint) {
      stint(reading, checkpoint.stint()).accepted.add(checkpoint);
    } else if (line instanceof LedgerLine.Refused refused) {
      stint(reading, refused.stint()).refused++;
    } else if (line instanceof LedgerLine.End end) {
      stint(reading, end.stint()).end = end;
    } else if (line instanceof LedgerLine.Event event) {
      events.add(event);
    } else if (line instanceof LedgerLine.LeaseSeen lease) {
      leases.computeIfAbsent(lease.shard(), s -> new ArrayList<>()).add(lease);
    } else if (line instanceof LedgerLine.Shard listed) {
      shards.put(listed.shard(), listed);
    } else if (line instanceof LedgerLine.FaultDone fault) {
      faults.add(fault);
    } else if (line instanceof LedgerLine.Exit exit) {
      exits.add(exit);
    }
  }

  private static Stint stint(Reading reading, int number) {
    Stint stint = reading.stints.get(number);
    if (stint == null) {
      throw new IllegalArgumentException("stint " + number + " has not started");
    }
    return stint;
  }

  /** One string for each shard, however many records it has. */
  private String shard(String name) {
    return shardNames.computeIfAbsent(name, n -> n);
  }
}
