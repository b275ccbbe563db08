package io.millrace.elasticmq;

import io.millrace.childserver.ChildServer;
import java.net.URI;
import java.util.List;

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
  private final ChildServer server;

  private ElasticMq(ChildServer server) {
    this.server = server;
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
    return new ElasticMq(
        ChildServer.builder("ElasticMQ", ChildMain.class)
            .jvmOption("-Xmx256m")
            .start(port, List.of(Integer.toString(port))));
  }

  /**
   * Where the server listens.
   *
   * @return a URI such as {@code http://127.0.0.1:9324}, never null
   */
  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.port());
  }

  /** Ends the server; its messages are gone. Calling it again does nothing. */
  @Override
  public void close() {
    server.close();
  }
}
