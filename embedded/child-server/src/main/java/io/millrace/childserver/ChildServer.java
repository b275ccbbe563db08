package io.millrace.childserver;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URISyntaxException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Somebody else's server in a JVM of its own, with its own versions of libraries. It ends when
 * {@link #close()} is called and, however the caller's JVM ends, with it.
 *
 * <p>Safe for use by several threads.
 */
public final class ChildServer implements AutoCloseable {
  /** A start takes a few seconds; this allows for a machine that is very busy. */
  private static final int START_TIMEOUT_SECONDS = 90;

  private static final int LINES_KEPT = 30;

  private final Builder settings;
  private final Process process;
  private final Thread hook;
  private final Deque<String> lastLines = new ArrayDeque<>();
  private final CompletableFuture<Integer> ready = new CompletableFuture<>();
  private int port;

  private ChildServer(Builder settings, Process process) {
    this.settings = settings;
    this.process = process;
    this.hook = new Thread(this::end, settings.threadName(process, "shutdown"));
  }

  /**
   * A server that is to be started.
   *
   * @param name for messages
   * @param main its main method calls {@link Child#run}; beside it lies a resource {@code
   *     class-path}, written by the build, with what it needs besides its own module
   */
  public static Builder builder(String name, Class<?> main) {
    return new Builder(name, main);
  }

  /** What to start. */
  public static final class Builder {
    private final String name;
    private final Class<?> main;
    private final List<String> jvmOptions =
        new ArrayList<>(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    private boolean allInterfaces;
    private Path folder;

    private Builder(String name, Class<?> main) {
      this.name = Objects.requireNonNull(name, "name");
      this.main = Objects.requireNonNull(main, "main");
    }

    /** Besides those that make a small JVM start quickly. */
    public Builder jvmOption(String option) {
      jvmOptions.add(option);
      return this;
    }

    /** For a server that listens on all interfaces and not only on the loopback one. */
    public Builder allInterfaces() {
      allInterfaces = true;
      return this;
    }

    /** A folder of the server that is removed with it. */
    public Builder folder(Path temporary) {
      folder = temporary;
      return this;
    }

    /**
     * Starts the server and returns once it says that it listens; blocks for some seconds, a minute
     * and a half at most.
     *
     * @param wanted the port that the arguments make it listen on; 0 if it finds a free one itself
     * @param arguments of its main method
     * @throws IllegalArgumentException if the port is not within 0 to 65535
     * @throws PortTakenException if the port is taken
     * @throws IllegalStateException if it did not start; the message holds its last lines of output
     */
    public ChildServer start(int wanted, List<String> arguments) {
      if (wanted < 0 || wanted > 65_535) {
        throw new IllegalArgumentException("port must be between 0 and 65535, but is " + wanted);
      }
      if (wanted != 0 && isTaken(wanted)) {
        throw new PortTakenException(name, wanted);
      }
      String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
      List<String> command = new ArrayList<>(List.of(java));
      command.addAll(jvmOptions);
      command.addAll(List.of("-cp", classPath(), main.getName()));
      command.addAll(arguments);
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.redirectErrorStream(true);
      // some leave files in the working directory, which is the user's
      builder.directory(new File(System.getProperty("java.io.tmpdir")));
      ChildServer server;
      try {
        server = new ChildServer(this, builder.start());
      } catch (IOException e) {
        throw new IllegalStateException(name + " cannot be started with " + java, e);
      }
      Runtime.getRuntime().addShutdownHook(server.hook);
      boolean started = false;
      try {
        server.awaitReady(wanted);
        started = true;
        return server;
      } finally {
        if (!started) {
          server.close();
        }
      }
    }

    private boolean isTaken(int port) {
      try (ServerSocket probe =
          allInterfaces
              ? new ServerSocket(port)
              : new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"))) {
        return !probe.isBound();
      } catch (IOException e) {
        return true;
      }
    }

    /** Our own classes first, then what the build wrote down. */
    private String classPath() {
      try (InputStream in = main.getResourceAsStream("class-path")) {
        if (in == null) {
          throw new IllegalStateException(
              "The class path of "
                  + name
                  + " is missing beside "
                  + main.getName()
                  + ": build its module with Maven, which writes it.");
        }
        return String.join(
            File.pathSeparator,
            location(main),
            location(ChildServer.class),
            new String(in.readAllBytes(), StandardCharsets.UTF_8).strip());
      } catch (IOException | URISyntaxException e) {
        throw new IllegalStateException("The class path of " + name + " cannot be read", e);
      }
    }

    private static String location(Class<?> type) throws URISyntaxException {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    }

    private String threadName(Process process, String what) {
      return name.toLowerCase(Locale.ROOT).replace(' ', '-') + "-" + process.pid() + "-" + what;
    }
  }

  /**
   * A port that was free just now, for a server that cannot find one itself; between this and its
   * start somebody else may take it.
   */
  public static int freePort() {
    try (ServerSocket probe = new ServerSocket(0)) {
      return probe.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException("this machine has no free port", e);
    }
  }

  /** Where the server listens. */
  public int port() {
    return port;
  }

  /** The process id of the child, for tests that check that it ends. */
  public long pid() {
    return process.pid();
  }

  /** Ends the server; calling it again does nothing. */
  @Override
  public void close() {
    end();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // the JVM is already shutting down; the hook does the same as this method
    }
  }

  private void end() {
    process.destroyForcibly();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (settings.folder != null) {
      delete(settings.folder);
    }
  }

  private void awaitReady(int wanted) {
    Thread reader = new Thread(this::readOutput, settings.threadName(process, "output"));
    reader.setDaemon(true);
    reader.start();
    try {
      port = ready.get(START_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while " + settings.name + " was starting", e);
    } catch (TimeoutException e) {
      throw failure("did not answer within " + START_TIMEOUT_SECONDS + " seconds");
    } catch (ExecutionException e) {
      String output = lastOutput();
      if (wanted != 0
          && (output.contains("BindException")
              || output.contains("Failed to bind")
              || output.contains("in use"))) {
        throw new PortTakenException(settings.name, wanted);
      }
      throw failure("ended while it was starting");
    }
  }

  private void readOutput() {
    // the child writes in the platform's encoding
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), Charset.defaultCharset()))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(Child.READY)) {
          ready.complete(Integer.valueOf(line.substring(Child.READY.length()).strip()));
        }
        synchronized (lastLines) {
          if (lastLines.size() == LINES_KEPT) {
            lastLines.removeFirst();
          }
          lastLines.addLast(line);
        }
      }
    } catch (IOException e) {
      // the stream closes when the child is destroyed
    }
    ready.completeExceptionally(new IllegalStateException("the process ended"));
  }

  private String lastOutput() {
    synchronized (lastLines) {
      return String.join("\n", lastLines);
    }
  }

  private IllegalStateException failure(String what) {
    String output = lastOutput();
    return new IllegalStateException(
        settings.name
            + " "
            + what
            + (output.isEmpty() ? ", without output" : "; its last lines:\n" + output));
  }

  private static void delete(Path directory) {
    try {
      Files.walkFileTree(
          directory,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.deleteIfExists(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, IOException e)
                throws IOException {
              Files.deleteIfExists(visited);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      // gone already, or the operating system's cleaning of temporary folders takes it
    }
  }
}
