package io.millrace.connectors.s3;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Where objects wait that are being built: in memory as far as the sink's share goes, and in files
 * of a folder of this sink alone, which it holds a lock on. A process that was killed leaves its
 * folder, and loses its lock: the next sink that uses the directory removes it.
 */
final class SpillArea implements AutoCloseable {
  private static final String FOLDER = "millrace-s3-";
  private static final String LOCK = "lock";

  private final Path directory;
  private final long objectBytes;
  private final AtomicLong memoryLeft;
  private final AtomicLong files = new AtomicLong();

  private Path folder;
  private FileChannel lock;
  private boolean closed;

  /**
   * @param directory that folders are made in, when the first object is spilled
   * @param objectBytes of one object that stay in memory
   * @param memoryBytes of all objects together that stay in memory
   */
  SpillArea(Path directory, long objectBytes, long memoryBytes) {
    this.directory = directory;
    this.objectBytes = objectBytes;
    this.memoryLeft = new AtomicLong(memoryBytes);
    removeLeftovers();
  }

  long objectBytes() {
    return objectBytes;
  }

  /** A share of the memory, or none. */
  boolean takeMemory(long bytes) {
    while (true) {
      long left = memoryLeft.get();
      if (left < bytes) {
        return false;
      }
      if (memoryLeft.compareAndSet(left, left - bytes)) {
        return true;
      }
    }
  }

  void giveMemoryBack(long bytes) {
    memoryLeft.addAndGet(bytes);
  }

  /** A new file's path. */
  synchronized Path newFile() throws IOException {
    if (closed) {
      throw new IOException("the sink is closed");
    }
    if (folder == null) {
      Files.createDirectories(directory);
      Path made = Files.createTempDirectory(directory, FOLDER);
      FileChannel channel =
          FileChannel.open(made.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      boolean locked = false;
      try {
        locked = channel.tryLock() != null;
      } finally {
        if (!locked) {
          channel.close();
        }
      }
      if (!locked) {
        throw new IOException("Cannot lock " + made.resolve(LOCK));
      }
      folder = made;
      lock = channel;
    }
    return folder.resolve("object-" + files.incrementAndGet());
  }

  /** Removes everything that is left. */
  @Override
  public synchronized void close() {
    closed = true;
    if (folder == null) {
      return;
    }
    try {
      lock.close();
      remove(folder);
    } catch (IOException e) {
      // the next sink that uses the directory removes it
    }
  }

  private void removeLeftovers() {
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(directory, FOLDER + "*")) {
      for (Path other : folders) {
        removeIfAbandoned(other);
      }
    } catch (IOException e) {
      // what cannot be read now is tried again by the next sink
    }
  }

  private static void removeIfAbandoned(Path other) throws IOException {
    Path lockFile = other.resolve(LOCK);
    if (!Files.exists(lockFile)) {
      return; // somebody is making it just now
    }
    try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE);
        FileLock taken = channel.tryLock()) {
      if (taken != null) {
        remove(other);
      }
    } catch (OverlappingFileLockException e) {
      // another sink of this process
    }
  }

  private static void remove(Path folder) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    }
    Files.deleteIfExists(folder);
  }

  @Override
  public String toString() {
    return directory.toString();
  }
}
