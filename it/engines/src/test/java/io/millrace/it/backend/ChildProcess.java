package io.millrace.it.backend;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A process that belongs to the run: its output is read, and it is ended with {@link #close} and,
 * however this JVM ends, with it.
 */
final class ChildProcess implements AutoCloseable {
  private static final int LINES_KEPT = 30;

  /**
   * Runs somebody else's server, which does not look whether we are still there: when the pipe to
   * us closes, as it does even if we are killed, the server is killed.
   */
  private static final String WATCHED =
      """
      exec 3<&0
      "$@" </dev/null &
      server=$!
      { cat <&3 >/dev/null; kill -9 $server; } 2>/dev/null &
      exec 2>/dev/null
      wait $server
      """;

  private final String name;
  private final Process process;
  private final Deque<String> lastLines = new ArrayDeque<>();

  private ChildProcess(String name, ProcessBuilder builder, Consumer<String> line)
      throws IOException {
    this.name = name;
    this.process = builder.redirectErrorStream(true).start();
    Thread reader = new Thread(() -> read(line), name + "-output");
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * Starts somebody else's server.
   *
   * @param name for messages and threads
   * @throws IOException if there is no such command
   */
  static ChildProcess server(String name, ProcessBuilder builder) throws IOException {
    String command = builder.command().get(0);
    boolean found =
        Stream.concat(
                Stream.of(Path.of("")),
                Stream.of(System.getenv("PATH").split(File.pathSeparator)).map(Path::of))
            .map(folder -> folder.resolve(command))
            .filter(file -> command.contains("/") || file.isAbsolute())
            .anyMatch(Files::isExecutable);
    if (!found) {
      throw new IOException("there is no executable " + command);
    }
    List<String> watched = new ArrayList<>(List.of("sh", "-c", WATCHED, "sh"));
    watched.addAll(builder.command());
    return new ChildProcess(name, builder.command(watched), line -> {});
  }

  /**
   * Starts a process of ours, which ends when its standard input does.
   *
   * @param line is told every line of output, on a thread of its own
   */
  static ChildProcess ours(String name, ProcessBuilder builder, Consumer<String> line)
      throws IOException {
    return new ChildProcess(name, builder, line);
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
  void kill() {
    process.destroyForcibly();
    awaitEnd();
  }

  /** Ends it by closing its standard input. Calling it again does nothing. */
  @Override
  public void close() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      // nobody reads there any more: it has ended
    }
    awaitEnd();
  }

  private void awaitEnd() {
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        throw new IllegalStateException(name + " does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
