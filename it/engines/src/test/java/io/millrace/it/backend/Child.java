package io.millrace.it.backend;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A process that belongs to the run: its output is read, and it is ended with {@link #close} and
 * with this JVM.
 */
final class Child implements AutoCloseable {
  private static final int LINES_KEPT = 30;

  private final String name;
  private final Process process;
  private final Thread hook;
  private final Deque<String> lastLines = new ArrayDeque<>();

  /**
   * Starts it.
   *
   * @param name for messages and threads
   * @param line is told every line of output, on a thread of its own
   */
  Child(String name, ProcessBuilder builder, Consumer<String> line) throws IOException {
    this.name = name;
    this.process = builder.redirectErrorStream(true).start();
    this.hook = new Thread(process::destroyForcibly, name + "-shutdown");
    Runtime.getRuntime().addShutdownHook(hook);
    Thread reader = new Thread(() -> read(line), name + "-output");
    reader.setDaemon(true);
    reader.start();
  }

  private void read(Consumer<String> told) {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), Charset.defaultCharset()))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        synchronized (lastLines) {
          if (lastLines.size() == LINES_KEPT) {
            lastLines.removeFirst();
          }
          lastLines.addLast(line);
        }
        told.accept(line);
      }
    } catch (IOException e) {
      // the stream closes when the process is destroyed
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  String lastOutput() {
    synchronized (lastLines) {
      return lastLines.isEmpty() ? name + " wrote nothing" : String.join("\n", lastLines);
    }
  }

  /** SIGKILL; returns when it is gone. Calling it again does nothing. */
  @Override
  public void close() {
    process.destroyForcibly();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        throw new IllegalStateException(name + " does not end though it was killed");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // the JVM is ending, and the hook does the same
    }
  }
}
