package io.millrace.kcl.deadletter;

import io.millrace.kcl.exec.DaemonThreads;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

// Letters that wait are written together, and each file is forced to the disk once for all of
// them; then their stages complete. A file is open only while its letters are written, so that
// the number of shards does not matter, and that a shard which changes hands leaves no lock
// behind.
/**
 * Dead letters in files: a line of JSON for each letter, the payload in base64, files for each
 * shard and worker. A stage completes when the line is on the disk ({@code fsync}).
 *
 * <pre>{@code
 * try (FileDeadLetters deadLetters =
 *     FileDeadLetters.builder(Path.of("/var/lib/app/dead-letters")).workerId("host-7").build()) {
 *   deadLetters.store(letter).toCompletableFuture().get();
 * }
 * }</pre>
 *
 * <p>A file is {@code STREAM/SHARD.WORKER.NUMBER.jsonl} below the directory, which is created if it
 * is missing. When a file has reached its size, the next number begins; nothing is ever deleted.
 * Processes that use one directory and one worker id do not disturb each other: a file has one
 * writer at a time, and the second one takes the next number. {@link DeadLetterFiles} reads them.
 *
 * <p>A process that is killed in the middle of a line leaves a torn one. Its stage had not
 * completed, so the letter comes again, and readers skip the torn line.
 */
public final class FileDeadLetters implements DeadLetterDestination, AutoCloseable {

  /** A file is full at this size: 64 MiB. */
  public static final long DEFAULT_MAX_FILE_BYTES = 64 << 20;

  /** More letters than this are not kept waiting for the disk. */
  static final int MAX_WAITING = 10_000;

  /** Numbers of files that are in use or full; more are a sign of something else. */
  private static final int MAX_FILES = 1_000_000;

  private record Waiting(DeadLetter letter, CompletableFuture<Void> stored) {}

  private final Path directory;
  private final String workerId;
  private final long maxFileBytes;
  private final ThreadPoolExecutor writer;

  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private boolean writing;
  private boolean closed;

  /** The file of each shard that was written last; where the next letter tries first. */
  private final Map<String, Integer> numbers = new LinkedHashMap<>();

  /** Where the letters are. */
  @Override
  public String toString() {
    return "files below " + directory;
  }

  private FileDeadLetters(Builder builder) {
    this.directory = builder.directory.toAbsolutePath();
    this.workerId = builder.workerId;
    this.maxFileBytes = builder.maxFileBytes;
    this.writer = DaemonThreads.pool("millrace-dead-letters", 1, Integer.MAX_VALUE);
  }

  /** Letters below a directory, which is created when the first one comes. */
  public static Builder builder(Path directory) {
    return new Builder(directory);
  }

  /**
   * {@inheritDoc}
   *
   * @return fails with a {@link DeadLetterException} whose message says what to do
   */
  @Override
  public CompletionStage<Void> store(DeadLetter letter) {
    CompletableFuture<Void> stored = new CompletableFuture<>();
    synchronized (waiting) {
      if (closed) {
        return refused(letter, "this destination is closed");
      }
      if (waiting.size() >= MAX_WAITING) {
        return refused(letter, MAX_WAITING + " letters wait for the disk; try again later");
      }
      waiting.add(new Waiting(letter, stored));
      if (!writing) {
        writing = true;
        writer.execute(this::writeAll);
      }
    }
    return stored;
  }

  /** Writes what waits, then ends. Letters that come later are refused. */
  @Override
  public void close() {
    synchronized (waiting) {
      closed = true;
    }
    writer.shutdown();
    boolean interrupted = false;
    while (true) {
      try {
        if (writer.awaitTermination(1, TimeUnit.MINUTES)) {
          break;
        }
      } catch (InterruptedException e) {
        interrupted = true;
        break; // what was not written has not completed
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private CompletionStage<Void> refused(DeadLetter letter, String why) {
    return CompletableFuture.failedFuture(
        new DeadLetterException(
            "Could not store " + letter + " below " + directory + ": " + why,
            new RejectedExecutionException(why)));
  }

  private void writeAll() {
    while (true) {
      List<Waiting> batch;
      synchronized (waiting) {
        if (waiting.isEmpty()) {
          writing = false;
          return;
        }
        batch = new ArrayList<>(waiting);
        waiting.clear();
      }
      Map<String, List<Waiting>> byShard = new LinkedHashMap<>();
      for (Waiting w : batch) {
        byShard.computeIfAbsent(fileName(w.letter), name -> new ArrayList<>()).add(w);
      }
      byShard.forEach(this::write);
    }
  }

  /** Writes letters of one shard; a failure fails those that are not on the disk yet. */
  private void write(String name, List<Waiting> letters) {
    Set<Waiting> open = new LinkedHashSet<>();
    Path[] at = {directory.resolve(name)};
    LetterFile file = null;
    try {
      for (Waiting w : letters) {
        if (file == null || file.size() >= maxFileBytes) {
          finish(file, open);
          file = openFile(name, at);
        }
        open.add(w);
        file.append(LetterLine.write(w.letter));
      }
      finish(file, open);
      file = null;
    } catch (IOException | RuntimeException | Error e) {
      closeQuietly(file);
      letters.stream()
          .filter(w -> !w.stored.isDone())
          .forEach(w -> w.stored.completeExceptionally(failure(w.letter, at[0], e)));
    }
  }

  /** What was appended is on the disk, and the stages know. */
  private static void finish(LetterFile file, Set<Waiting> open) throws IOException {
    if (file != null) {
      file.force();
      file.close();
      open.forEach(w -> w.stored.complete(null));
      open.clear();
    }
  }

  private LetterFile openFile(String name, Path[] at) throws IOException {
    Files.createDirectories(directory.resolve(name).getParent());
    int number = numbers.getOrDefault(name, 0);
    for (; number < MAX_FILES; number++) {
      at[0] = directory.resolve(name + "." + number + DeadLetterFiles.SUFFIX);
      if (Files.exists(at[0]) && Files.size(at[0]) >= maxFileBytes) {
        continue;
      }
      LetterFile file = LetterFile.open(at[0]);
      if (file != null) {
        numbers.put(name, number);
        return file;
      }
    }
    throw new IOException(
        "all " + MAX_FILES + " files of this shard and worker are full or in use");
  }

  private static void closeQuietly(LetterFile file) {
    if (file != null) {
      try {
        file.close();
      } catch (IOException e) {
        // the failure that led here is the one that is reported
      }
    }
  }

  private DeadLetterException failure(DeadLetter letter, Path at, Throwable cause) {
    String why =
        cause instanceof AccessDeniedException
            ? "the user of this process may not write there"
            : cause.toString();
    return new DeadLetterException(
        "Could not store "
            + letter
            + " in "
            + at
            + ": "
            + why
            + ". The record is not passed until it is stored: make sure that the directory can be created and"
            + " written, and that the disk has room",
        cause);
  }

  private String fileName(DeadLetter letter) {
    return safe(letter.stream()) + "/" + safe(letter.shardId()) + "." + safe(workerId);
  }

  /**
   * A name that every file system takes; different texts may become one name, which does no harm.
   */
  private static String safe(String text) {
    String plain = text.replaceAll("[^A-Za-z0-9_-]", "_");
    byte[] bytes = plain.getBytes(StandardCharsets.US_ASCII);
    return new String(bytes, 0, Math.min(bytes.length, 100), StandardCharsets.US_ASCII);
  }

  /** See {@link FileDeadLetters#builder}. */
  public static final class Builder {
    private final Path directory;
    private String workerId = "worker";
    private long maxFileBytes = DEFAULT_MAX_FILE_BYTES;

    private Builder(Path directory) {
      this.directory = Objects.requireNonNull(directory, "directory");
    }

    /** A part of the files' names; {@code worker} by default. Need not be unique. */
    public Builder workerId(String workerId) {
      if (workerId == null || workerId.isBlank()) {
        throw new IllegalArgumentException("workerId must not be blank: '" + workerId + "'");
      }
      this.workerId = workerId;
      return this;
    }

    /**
     * A file that has reached this size is not written any more; 64 MiB by default.
     *
     * @throws IllegalArgumentException if not positive
     */
    public Builder maxFileBytes(long maxFileBytes) {
      if (maxFileBytes <= 0) {
        throw new IllegalArgumentException("maxFileBytes must be positive: " + maxFileBytes);
      }
      this.maxFileBytes = maxFileBytes;
      return this;
    }

    public FileDeadLetters build() {
      return new FileDeadLetters(this);
    }
  }
}
