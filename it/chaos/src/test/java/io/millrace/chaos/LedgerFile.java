package io.millrace.chaos;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file that lines are appended to. When {@link #append} returns, the operating system has them:
 * the process may be killed and they stay. A kill in the middle leaves an incomplete last line,
 * which readers ignore: nothing that depends on it has happened. Safe for use by several threads.
 */
final class LedgerFile implements Closeable {

  private final Path path;
  private final FileChannel channel;

  LedgerFile(Path path) throws IOException {
    this.path = path;
    this.channel =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
  }

  /**
   * @throws IOException if a line could not be written: what depends on it must not happen
   */
  synchronized void append(CharSequence lines) throws IOException {
    ByteBuffer bytes = StandardCharsets.UTF_8.encode(lines.toString());
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      throw new IOException("Cannot append to ledger " + path, e);
    }
  }

  void append(LedgerLine line) throws IOException {
    append(line.text());
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
