package io.millrace.kcl.deadletter;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

// A file that is appended to by one process at a time: it is locked while it is open. Its end
// may be torn, because a process was killed while it wrote or because the disk was full: then
// the next line begins on a line of its own, and the torn one stays, for the reader to skip.
/** One open file of dead letters. */
final class LetterFile implements AutoCloseable {

  private final Path path;
  private final FileChannel channel;
  private long size;

  private LetterFile(Path path, FileChannel channel) throws IOException {
    this.path = path;
    this.channel = channel;
    this.size = channel.size();
  }

  /** Opens or creates a file; null if another process, or another object of this one, writes it. */
  static LetterFile open(Path path) throws IOException {
    boolean isNew = !Files.exists(path);
    FileChannel channel =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      FileLock lock = tryLock(channel);
      if (lock == null) {
        channel.close();
        return null;
      }
      LetterFile file = new LetterFile(path, channel);
      file.closeTornLine();
      if (isNew) {
        forceDirectory(path.getParent());
      }
      return file;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  private void closeTornLine() throws IOException {
    if (size == 0) {
      return;
    }
    ByteBuffer last = ByteBuffer.allocate(1);
    channel.read(last, size - 1);
    if (last.get(0) != '\n') {
      append(new byte[] {'\n'});
    }
  }

  Path path() {
    return path;
  }

  long size() {
    return size;
  }

  /**
   * Writes at the end; what was written of a line that failed is taken back, if that is possible.
   */
  void append(byte[] bytes) throws IOException {
    ByteBuffer rest = ByteBuffer.wrap(bytes);
    long at = size;
    try {
      while (rest.hasRemaining()) {
        at += channel.write(rest, at);
      }
    } catch (IOException e) {
      try {
        channel.truncate(size);
      } catch (IOException again) {
        e.addSuppressed(again); // the torn line stays, and whoever opens the file next closes it
      }
      throw e;
    }
    size = at;
  }

  /** Returns when everything is on the disk. */
  void force() throws IOException {
    channel.force(false);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  /**
   * So that a new file's name outlives a power failure; not every system lets a directory be
   * opened.
   */
  private static void forceDirectory(Path directory) {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Windows refuses to open a directory, and writes names through by itself
    }
  }
}
