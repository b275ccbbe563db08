package io.millrace.elasticmq;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * ElasticMQ, a small SQS, in a JVM of its own: standard and FIFO queues, visibility timeouts,
 * batches, and the limits of SQS.
 *
 * <p>It has its own JVM because it brings Scala and Pekko. It listens on the loopback interface
 * only, over plain HTTP, keeps its messages in memory, and ends when {@link #close()} is called
 * and, however the caller's JVM ends, with it. It takes any credentials and checks no permissions.
 *
 * <pre>{@code
 * try (ElasticMq sqs = ElasticMq.start()) {
 *   URI endpoint = sqs.endpoint();
 * }
 * }</pre>
 *
 * <p>Safe for use by several threads.
 */
public final class ElasticMq implements AutoCloseable {
  /** A start takes about three seconds; this allows for a machine that is very busy. */
  private static final int START_TIMEOUT_SECONDS = 90;

  private static final int LINES_KEPT = 30;

  private final Process process;
  private final Thread hook;
  private final Deque<String> lastLines = new ArrayDeque<>();
  private final CompletableFuture<Integer> ready = new CompletableFuture<>();
  private int port;

  private ElasticMq(Process process) {
    this.process = process;
    this.hook = new Thread(this::end, "elasticmq-" + process.pid() + "-shutdown");
  }

  /**
   * Starts ElasticMQ on a free port and returns once it answers; blocks for about three seconds.
   *
   * @return the running server, without queues; never null
   * @throws IllegalStateException if it did not start; the message holds its last lines of output
   */
  public static ElasticMq start() {
    return start(0);
  }

  /**
   * Starts ElasticMQ and returns once it answers; blocks for about three seconds, a minute and a
   * half at most.
   *
   * @param port the port to listen on, 0 for a free one
   * @return the running server, without queues; never null
   * @throws IllegalArgumentException if the port is not within 0 to 65535
   * @throws IllegalStateException if the port is taken, or if the server did not start; the message
   *     holds its last lines of output
   */
  public static ElasticMq start(int port) {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port must be between 0 and 65535, but is " + port);
    }
    if (port != 0 && isTaken(port)) {
      throw taken(port);
    }
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    ElasticMq server;
    try {
      ProcessBuilder builder = new ProcessBuilder(command(java, port));
      builder.redirectErrorStream(true);
      builder.directory(new File(System.getProperty("java.io.tmpdir")));
      server = new ElasticMq(builder.start());
    } catch (IOException e) {
      throw new IllegalStateException("ElasticMQ cannot be started with " + java, e);
    }
    Runtime.getRuntime().addShutdownHook(server.hook);
    boolean started = false;
    try {
      server.awaitReady(port);
      started = true;
      return server;
    } finally {
      if (!started) {
        server.close();
      }
    }
  }

  private static List<String> command(String java, int port) {
    List<String> command = new ArrayList<>();
    command.add(java);
    command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-cp", classPath(), ChildMain.class.getName()));
    command.add(Integer.toString(port));
    return command;
  }

  /**
   * Where the server listens.
   *
   * @return a URI such as {@code http://127.0.0.1:9324}, never null
   */
  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + port);
  }

  /** Ends the server; its messages are gone. Calling it again does nothing. */
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
  }

  /** The process id of the child, for tests that check that it ends. */
  long pid() {
    return process.pid();
  }

  private void awaitReady(int wanted) {
    Thread reader = new Thread(this::readOutput, "elasticmq-" + process.pid() + "-output");
    reader.setDaemon(true);
    reader.start();
    try {
      port = ready.get(START_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while ElasticMQ was starting", e);
    } catch (TimeoutException e) {
      throw failure("did not answer within " + START_TIMEOUT_SECONDS + " seconds");
    } catch (ExecutionException e) {
      String output = lastOutput();
      if (wanted != 0 && (output.contains("BindException") || output.contains("in use"))) {
        throw taken(wanted);
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
        if (line.startsWith(ChildMain.READY)) {
          ready.complete(Integer.valueOf(line.substring(ChildMain.READY.length()).strip()));
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
        "ElasticMQ "
            + what
            + (output.isEmpty() ? ", without output" : "; its last lines:\n" + output));
  }

  private static IllegalStateException taken(int port) {
    return new IllegalStateException(
        "ElasticMQ cannot start: port "
            + port
            + " is taken; choose another one, or 0 for any free one.");
  }

  private static boolean isTaken(int port) {
    try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"))) {
      return !probe.isBound();
    } catch (IOException e) {
      return true;
    }
  }

  /** Our own classes first, then what the build wrote down as the class path of ElasticMQ. */
  private static String classPath() {
    try (InputStream in = ElasticMq.class.getResourceAsStream("class-path")) {
      if (in == null) {
        throw new IllegalStateException(
            "The class path of ElasticMQ is missing from millrace-elasticmq:"
                + " build that module with Maven, which writes it.");
      }
      String own =
          Path.of(ElasticMq.class.getProtectionDomain().getCodeSource().getLocation().toURI())
              .toString();
      return own
          + System.getProperty("path.separator")
          + new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException | URISyntaxException e) {
      throw new IllegalStateException("The class path of ElasticMQ cannot be read", e);
    }
  }
}
