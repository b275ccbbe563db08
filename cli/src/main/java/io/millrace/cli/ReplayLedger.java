package io.millrace.cli;

import io.millrace.connectors.deadletter.LetterId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A file that says which letters were put back where: a line for each, its fields separated by
 * tabs: stream, shard, sequence number, sub-sequence number, where it was put, the new shard and
 * sequence number, and when. One process writes it at a time.
 */
final class ReplayLedger implements AutoCloseable {

  static final String NAME = "replayed.tsv";

  private static final int FIELDS = 8;

  private final Path file;
  private final FileChannel channel;
  private final Set<Put> known = new HashSet<>();

  /**
   * One letter in one place.
   *
   * @param target region or endpoint, and stream
   */
  record Put(LetterId letter, String target) {}

  /** What Kinesis made of it. */
  record Line(Put put, String newShardId, String newSequenceNumber, Instant at) {
    String text() {
      LetterId id = put.letter();
      return String.join(
              "\t",
              id.stream(),
              id.shardId(),
              id.sequenceNumber(),
              Long.toString(id.subSequenceNumber()),
              put.target(),
              newShardId,
              newSequenceNumber,
              at.toString())
          + "\n";
    }
  }

  private ReplayLedger(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Reads what is noted. Nothing is created.
   *
   * @throws UserError if it cannot be read
   */
  static ReplayLedger look(Path file) {
    return open(file, false);
  }

  /**
   * Reads what is noted, and lets nobody else write until it is closed.
   *
   * @throws UserError if another process has it, or it cannot be written
   */
  static ReplayLedger write(Path file) {
    return open(file, true);
  }

  private static ReplayLedger open(Path file, boolean write) {
    FileChannel channel = null;
    try {
      if (write) {
        Path directory = file.toAbsolutePath().getParent();
        if (directory != null) {
          Files.createDirectories(directory);
        }
        channel =
            FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        if (!lock(channel)) {
          channel.close();
          throw new UserError(
              "Another replay is using "
                  + file
                  + "; wait for its end, so that no letter is put back twice.");
        }
      }
      ReplayLedger ledger = new ReplayLedger(file, channel);
      ledger.read();
      return ledger;
    } catch (IOException e) {
      throw new UserError(
          "What was put back before cannot be noted in "
              + file
              + " ("
              + e
              + "); name another file with --ledger.",
          e);
    }
  }

  private static boolean lock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  private void read() throws IOException {
    if (!Files.exists(file)) {
      return;
    }
    String text = Files.readString(file, StandardCharsets.UTF_8);
    text.lines().forEach(this::take);
    if (channel != null) {
      channel.position(channel.size());
      if (!text.isEmpty() && !text.endsWith("\n")) {
        write("\n"); // its writer was killed in the middle of a line
      }
    }
  }

  private void take(String line) {
    String[] fields = line.split("\t", -1);
    if (fields.length == FIELDS && fields[3].matches("[0-9]{1,18}")) {
      known.add(
          new Put(
              new LetterId(fields[0], fields[1], fields[2], Long.parseLong(fields[3])), fields[4]));
    }
  }

  boolean knows(Put put) {
    return known.contains(put);
  }

  /** Returns when they are on the disk. */
  void add(List<Line> lines) throws IOException {
    StringBuilder text = new StringBuilder();
    lines.forEach(line -> text.append(line.text()));
    write(text.toString());
    channel.force(false);
    lines.forEach(line -> known.add(line.put()));
  }

  private void write(String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  @Override
  public void close() throws IOException {
    if (channel != null) {
      channel.close();
    }
  }
}
