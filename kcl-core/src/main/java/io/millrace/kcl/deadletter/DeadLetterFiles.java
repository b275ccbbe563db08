package io.millrace.kcl.deadletter;

import io.millrace.checkpoint.Checkpoint;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Reads what {@link FileDeadLetters} wrote. Reading disturbs no writer, and may be done while they
 * write.
 *
 * <pre>{@code
 * Summary summary = DeadLetterFiles.read(directory, letter -> replay(letter));
 * }</pre>
 */
public final class DeadLetterFiles {

  static final String SUFFIX = ".jsonl";

  private static final int FIRST_LINE_BYTES = 64 << 10;

  private DeadLetterFiles() {}

  /** Gets letters, one after another. */
  @FunctionalInterface
  public interface Reader<E extends Exception> {
    void letter(DeadLetter letter) throws E;
  }

  /**
   * What was read.
   *
   * @param letters different ones
   * @param duplicates letters that were there more than once, and were given to the reader once
   * @param tornLines lines that are no whole letter, and were skipped: their writer was killed, and
   *     the letter was stored again
   * @param files that were read
   */
  public record Summary(long letters, long duplicates, long tornLines, int files) {}

  /**
   * Reads every letter below a directory once, shard by shard; of one shard in the order in which
   * they were stored by each worker. The positions of one shard's letters are held in memory, the
   * letters are not.
   *
   * @param directory as given to {@link FileDeadLetters}; one that does not exist holds no letters
   * @param reader called on this thread
   * @throws IOException if a file cannot be read
   * @throws E what the reader throws, at once
   */
  public static <E extends Exception> Summary read(Path directory, Reader<E> reader)
      throws IOException, E {
    long letters = 0;
    long duplicates = 0;
    long torn = 0;
    int files = 0;
    for (List<Path> ofShard : files(directory).values()) {
      Set<Identity> known = new HashSet<>();
      for (Path file : ofShard) {
        files++;
        try (Lines lines = new Lines(file)) {
          while (lines.next()) {
            DeadLetter letter = lines.letter();
            if (letter == null) {
              torn++;
            } else if (!known.add(Identity.of(letter))) {
              duplicates++;
            } else {
              letters++;
              reader.letter(letter);
            }
          }
        }
      }
    }
    return new Summary(letters, duplicates, torn, files);
  }

  /** What tells a letter from every other. */
  private record Identity(String stream, String shardId, Checkpoint position) {
    static Identity of(DeadLetter letter) {
      return new Identity(letter.stream(), letter.shardId(), letter.position());
    }
  }

  /** Files by stream and shard, each list by worker and number. */
  private static Map<String, List<Path>> files(Path directory) throws IOException {
    Map<String, List<Path>> byShard = new TreeMap<>();
    if (!Files.exists(directory)) {
      return byShard;
    }
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            String[] parts = parts(file);
            if (parts.length == 4) {
              byShard
                  .computeIfAbsent(file.getParent() + "/" + parts[0], s -> new ArrayList<>())
                  .add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    Comparator<Path> order =
        Comparator.comparing((Path file) -> parts(file)[1])
            .thenComparingInt(file -> Integer.parseInt(parts(file)[2]));
    byShard.values().forEach(list -> list.sort(order));
    return byShard;
  }

  /** Shard, worker, number and suffix; another length if it is no file of letters. */
  private static String[] parts(Path file) {
    String[] parts = file.getFileName().toString().split("\\.");
    boolean ours =
        parts.length == 4 && parts[2].matches("[0-9]{1,9}") && ("." + parts[3]).equals(SUFFIX);
    return ours ? parts : new String[0];
  }

  /** The lines of a file, the last one also without a line feed; too long a line is skipped. */
  private static final class Lines implements AutoCloseable {
    private final InputStream in;
    private byte[] line = new byte[FIRST_LINE_BYTES];
    private int length;
    private boolean tooLong;

    Lines(Path file) throws IOException {
      in = new BufferedInputStream(Files.newInputStream(file), FIRST_LINE_BYTES);
    }

    /** Whether there is another line; empty ones are none. */
    boolean next() throws IOException {
      length = 0;
      tooLong = false;
      for (int c = in.read(); c >= 0; c = in.read()) {
        if (c != '\n') {
          add((byte) c);
        } else if (length > 0) {
          return true;
        }
      }
      return length > 0;
    }

    private void add(byte b) {
      if (length == line.length && length < LetterLine.MAX_BYTES) {
        line = Arrays.copyOf(line, Math.min(LetterLine.MAX_BYTES, length * 2));
      }
      if (length < line.length) {
        line[length++] = b;
      } else {
        tooLong = true;
      }
    }

    DeadLetter letter() {
      return tooLong ? null : LetterLine.read(line, length);
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
