package io.millrace.dynamodblocal;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Amazon's DynamoDB Local, in memory, in a JVM of its own.
 *
 * <p>It has its own JVM because it brings its own versions of many libraries and a logging setup
 * that would flood the caller's console. The child ends when {@link #close()} is called and,
 * however the caller's JVM ends, with it. All credentials and regions see the same tables.
 *
 * <p>DynamoDB Local listens on all network interfaces; it has no option against that. Its licence
 * allows development and testing only.
 *
 * <pre>{@code
 * try (DynamoDbLocal dynamoDb = DynamoDbLocal.start()) {
 *   URI endpoint = dynamoDb.endpoint();
 * }
 * }</pre>
 *
 * <p>Safe for use by several threads.
 */
public final class DynamoDbLocal implements AutoCloseable {
  /** A start takes one to four seconds; this allows for a machine that is very busy. */
  private static final int START_TIMEOUT_SECONDS = 60;

  private static final int LINES_KEPT = 30;
  private static final int ATTEMPTS_FOR_A_FREE_PORT = 5;

  private final Process process;
  private final int port;
  private final Thread hook;
  private final Deque<String> lastLines = new ArrayDeque<>();
  private final CompletableFuture<Void> ready = new CompletableFuture<>();

  private DynamoDbLocal(Process process, int port) {
    this.process = process;
    this.port = port;
    this.hook = new Thread(process::destroyForcibly, "dynamodb-local-" + port + "-shutdown");
  }

  /**
   * Starts DynamoDB Local on a free port and returns once it answers.
   *
   * @return the running server, never null
   * @throws IllegalStateException if it did not start; the message holds its last lines of output
   */
  public static DynamoDbLocal start() {
    return start(0);
  }

  /**
   * Starts DynamoDB Local and returns once it answers; blocks for one to four seconds, a minute at
   * most.
   *
   * @param port the port to listen on, 0 for a free one
   * @return the running server, never null
   * @throws IllegalArgumentException if the port is not within 0 to 65535
   * @throws IllegalStateException if the port is taken, or if the server did not start; the message
   *     holds its last lines of output
   */
  public static DynamoDbLocal start(int port) {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port must be between 0 and 65535, but is " + port);
    }
    if (port != 0) {
      if (isTaken(port)) {
        throw taken(port, null);
      }
      return launch(port);
    }
    // between finding a free port and the child opening it somebody else may take it
    for (int attempt = 1; ; attempt++) {
      try {
        return launch(freePort());
      } catch (PortTakenException e) {
        if (attempt == ATTEMPTS_FOR_A_FREE_PORT) {
          throw e;
        }
      }
    }
  }

  /**
   * Where the server listens.
   *
   * @return a URI such as {@code http://127.0.0.1:8000}, never null
   */
  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + port);
  }

  /** Ends the server; its tables are gone. Calling it again does nothing. */
  @Override
  public void close() {
    process.destroyForcibly();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // the JVM is already shutting down; the hook does the same as this method
    }
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The process id of the child, for tests that check that it ends. */
  long pid() {
    return process.pid();
  }

  private static DynamoDbLocal launch(int port) {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    ProcessBuilder builder =
        new ProcessBuilder(
            List.of(
                java,
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dlog4j2.configurationFile=classpath:io/millrace/dynamodblocal/quiet-log4j2.xml",
                "-cp",
                classPath(),
                ChildMain.class.getName(),
                "-inMemory",
                "-sharedDb",
                "-disableTelemetry",
                "-port",
                Integer.toString(port)));
    builder.redirectErrorStream(true);
    // it leaves a file with its settings in the working directory, which is the user's
    builder.directory(new File(System.getProperty("java.io.tmpdir")));
    DynamoDbLocal server;
    try {
      server = new DynamoDbLocal(builder.start(), port);
    } catch (IOException e) {
      throw new IllegalStateException("DynamoDB Local cannot be started with " + java, e);
    }
    Runtime.getRuntime().addShutdownHook(server.hook);
    boolean started = false;
    try {
      server.awaitReady();
      started = true;
      return server;
    } finally {
      if (!started) {
        server.close();
      }
    }
  }

  private void awaitReady() {
    Thread reader = new Thread(this::readOutput, "dynamodb-local-" + port + "-output");
    reader.setDaemon(true);
    reader.start();
    try {
      ready.get(START_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while DynamoDB Local was starting", e);
    } catch (TimeoutException e) {
      throw failure("did not answer within " + START_TIMEOUT_SECONDS + " seconds");
    } catch (ExecutionException e) {
      String output = lastOutput();
      if (output.contains("BindException") || output.contains("Failed to bind")) {
        throw taken(port, e);
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
        if (line.equals(ChildMain.READY)) {
          ready.complete(null);
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
        "DynamoDB Local on port "
            + port
            + " "
            + what
            + (output.isEmpty() ? ", without output" : "; its last lines:\n" + output));
  }

  private static PortTakenException taken(int port, Throwable cause) {
    return new PortTakenException(
        "DynamoDB Local cannot start: port "
            + port
            + " is taken; choose another one, or 0 for any free one.",
        cause);
  }

  private static boolean isTaken(int port) {
    try (ServerSocket probe = new ServerSocket(port)) {
      return !probe.isBound();
    } catch (IOException e) {
      return true;
    }
  }

  private static int freePort() {
    try (ServerSocket probe = new ServerSocket(0)) {
      return probe.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException("no free port for DynamoDB Local", e);
    }
  }

  /** Our own classes first, then what the build wrote down as the class path of DynamoDB Local. */
  private static String classPath() {
    try (InputStream in = DynamoDbLocal.class.getResourceAsStream("class-path")) {
      if (in == null) {
        throw new IllegalStateException(
            "The class path of DynamoDB Local is missing from millrace-dynamodb-local:"
                + " build that module with Maven, which writes it.");
      }
      String own =
          Path.of(DynamoDbLocal.class.getProtectionDomain().getCodeSource().getLocation().toURI())
              .toString();
      return own
          + System.getProperty("path.separator")
          + new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException | URISyntaxException e) {
      throw new IllegalStateException("The class path of DynamoDB Local cannot be read", e);
    }
  }

  /** Tells a taken port from other failures, so that a start on "any free port" may try again. */
  private static final class PortTakenException extends IllegalStateException {
    PortTakenException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
