package io.millrace.samples.referrers;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file that lines are appended to. When {@link #append} returns, the operating system has the
 * lines: the process may be killed and they stay (a power failure is another matter). A kill in the
 * middle of a write leaves an incomplete last line, which readers ignore: nothing that depends on
 * that write has happened.
 *
 * <p>Safe for use by several threads.
 */
final class LedgerFile implements Ledger {

  private final Path path;
  private final FileChannel channel;

  LedgerFile(Path path) throws IOException {
    this.path = path;
    this.channel =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
  }

  @Override
  public synchronized void append(CharSequence lines) throws IOException {
    ByteBuffer bytes = StandardCharsets.UTF_8.encode(lines.toString());
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      throw new IOException("Cannot append to ledger " + path, e);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
