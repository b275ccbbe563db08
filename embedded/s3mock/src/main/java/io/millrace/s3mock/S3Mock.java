package io.millrace.s3mock;

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
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Adobe's S3Mock, a small S3, in a JVM of its own: objects, conditional puts, multipart uploads.
 *
 * <p>It has its own JVM because it brings Spring Boot and its own versions of many libraries. It
 * listens on the loopback interface only, over plain HTTP, keeps its objects in a temporary folder,
 * and ends when {@link #close()} is called and, however the caller's JVM ends, with it. It takes
 * any credentials, checks no permissions, and all of its buckets are in {@code us-east-1}. Clients
 * need path-style access.
 *
 * <pre>{@code
 * try (S3Mock s3 = S3Mock.start()) {
 *   URI endpoint = s3.endpoint();
 * }
 * }</pre>
 *
 * <p>Safe for use by several threads.
 */
public final class S3Mock implements AutoCloseable {
  /** A start takes about four seconds; this allows for a machine that is very busy. */
  private static final int START_TIMEOUT_SECONDS = 90;

  private static final int LINES_KEPT = 30;

  private final Process process;
  private final Path root;
  private final Thread hook;
  private final Deque<String> lastLines = new ArrayDeque<>();
  private final CompletableFuture<Integer> ready = new CompletableFuture<>();
  private int port;

  private S3Mock(Process process, Path root) {
    this.process = process;
    this.root = root;
    this.hook = new Thread(this::end, "s3mock-" + process.pid() + "-shutdown");
  }

  /**
   * Starts S3Mock on a free port and returns once it answers; blocks for about four seconds.
   *
   * @return the running server, without buckets; never null
   * @throws IllegalStateException if it did not start; the message holds its last lines of output
   */
  public static S3Mock start() {
    return start(0);
  }

  /**
   * Starts S3Mock and returns once it answers; blocks for about four seconds, a minute and a half
   * at most.
   *
   * @param port the port to listen on, 0 for a free one
   * @return the running server, without buckets; never null
   * @throws IllegalArgumentException if the port is not within 0 to 65535
   * @throws IllegalStateException if the port is taken, or if the server did not start; the message
   *     holds its last lines of output
   */
  public static S3Mock start(int port) {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port must be between 0 and 65535, but is " + port);
    }
    if (port != 0 && isTaken(port)) {
      throw taken(port);
    }
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    S3Mock server;
    try {
      Path root = Files.createTempDirectory("millrace-s3mock-");
      ProcessBuilder builder = new ProcessBuilder(command(java, port, root));
      builder.redirectErrorStream(true);
      builder.directory(new File(System.getProperty("java.io.tmpdir")));
      server = new S3Mock(builder.start(), root);
    } catch (IOException e) {
      throw new IllegalStateException("S3Mock cannot be started with " + java, e);
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

  private static List<String> command(String java, int port, Path root) {
    List<String> command = new ArrayList<>();
    command.add(java);
    command.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-cp", classPath(), ChildMain.class.getName()));
    // the first of its two connectors is the one that can be told where to listen; it would speak
    // HTTPS, with a certificate that no client knows. The child stops the second one
    command.add("--server.port=" + port);
    command.add("--server.ssl.enabled=false");
    command.add("--server.address=127.0.0.1");
    command.add("--com.adobe.testing.s3mock.httpPort=0");
    command.add("--com.adobe.testing.s3mock.store.root=" + root);
    command.add("--com.adobe.testing.s3mock.max-payload-size=512MB");
    command.add("--logging.level.root=ERROR");
    command.add("--spring.main.banner-mode=off");
    return command;
  }

  /**
   * Where the server listens.
   *
   * @return a URI such as {@code http://127.0.0.1:9090}, never null
   */
  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + port);
  }

  /** Ends the server; its objects are gone. Calling it again does nothing. */
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
    delete(root);
  }

  /** The process id of the child, for tests that check that it ends. */
  long pid() {
    return process.pid();
  }

  private void awaitReady(int wanted) {
    Thread reader = new Thread(this::readOutput, "s3mock-" + process.pid() + "-output");
    reader.setDaemon(true);
    reader.start();
    try {
      port = ready.get(START_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while S3Mock was starting", e);
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
        "S3Mock "
            + what
            + (output.isEmpty() ? ", without output" : "; its last lines:\n" + output));
  }

  private static IllegalStateException taken(int port) {
    return new IllegalStateException(
        "S3Mock cannot start: port "
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

  /** Our own classes first, then what the build wrote down as the class path of S3Mock. */
  private static String classPath() {
    try (InputStream in = S3Mock.class.getResourceAsStream("class-path")) {
      if (in == null) {
        throw new IllegalStateException(
            "The class path of S3Mock is missing from millrace-s3mock:"
                + " build that module with Maven, which writes it.");
      }
      String own =
          Path.of(S3Mock.class.getProtectionDomain().getCodeSource().getLocation().toURI())
              .toString();
      return own
          + System.getProperty("path.separator")
          + new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException | URISyntaxException e) {
      throw new IllegalStateException("The class path of S3Mock cannot be read", e);
    }
  }
}
