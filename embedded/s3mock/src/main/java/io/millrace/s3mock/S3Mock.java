package io.millrace.s3mock;

import io.millrace.childserver.ChildServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

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
  private final ChildServer server;

  private S3Mock(ChildServer server) {
    this.server = server;
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
    Path root;
    try {
      root = Files.createTempDirectory("millrace-s3mock-");
    } catch (IOException e) {
      throw new UncheckedIOException("S3Mock needs a temporary folder for its objects", e);
    }
    // the first of its two connectors is the one that can be told where to listen; it would speak
    // HTTPS, with a certificate that no client knows. The child stops the second one
    return new S3Mock(
        ChildServer.builder("S3Mock", ChildMain.class)
            .folder(root)
            .jvmOption("-Xmx512m")
            .start(
                port,
                List.of(
                    "--server.port=" + port,
                    "--server.ssl.enabled=false",
                    "--server.address=127.0.0.1",
                    "--com.adobe.testing.s3mock.httpPort=0",
                    "--com.adobe.testing.s3mock.store.root=" + root,
                    "--com.adobe.testing.s3mock.max-payload-size=512MB",
                    "--logging.level.root=ERROR",
                    "--spring.main.banner-mode=off")));
  }

  /**
   * Where the server listens.
   *
   * @return a URI such as {@code http://127.0.0.1:9090}, never null
   */
  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.port());
  }

  /** Ends the server; its objects are gone. Calling it again does nothing. */
  @Override
  public void close() {
    server.close();
  }
}
