package io.millrace.dynamodblocal;

import io.millrace.childserver.ChildServer;
import io.millrace.childserver.PortTakenException;
import java.net.URI;
import java.util.List;

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
  private static final int ATTEMPTS_FOR_A_FREE_PORT = 5;

  private final ChildServer server;

  private DynamoDbLocal(ChildServer server) {
    this.server = server;
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
   * Starts DynamoDB Local and returns once it answers; blocks for one to four seconds, a minute and
   * a half at most.
   *
   * @param port the port to listen on, 0 for a free one
   * @return the running server, never null
   * @throws IllegalArgumentException if the port is not within 0 to 65535
   * @throws IllegalStateException if the port is taken, or if the server did not start; the message
   *     holds its last lines of output
   */
  public static DynamoDbLocal start(int port) {
    if (port != 0) {
      return launch(port);
    }
    // between finding a free port and the child opening it somebody else may take it
    for (int attempt = 1; ; attempt++) {
      try {
        return launch(ChildServer.freePort());
      } catch (PortTakenException e) {
        if (attempt == ATTEMPTS_FOR_A_FREE_PORT) {
          throw e;
        }
      }
    }
  }

  private static DynamoDbLocal launch(int port) {
    return new DynamoDbLocal(
        ChildServer.builder("DynamoDB Local", ChildMain.class)
            .allInterfaces()
            .jvmOption("-Xmx256m")
            .jvmOption(
                "-Dlog4j2.configurationFile=classpath:io/millrace/dynamodblocal/quiet-log4j2.xml")
            .start(
                port,
                List.of(
                    "-inMemory",
                    "-sharedDb",
                    "-disableTelemetry",
                    "-port",
                    Integer.toString(port))));
  }

  /**
   * Where the server listens.
   *
   * @return a URI such as {@code http://127.0.0.1:8000}, never null
   */
  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.port());
  }

  /** Ends the server; its tables are gone. Calling it again does nothing. */
  @Override
  public void close() {
    server.close();
  }
}
