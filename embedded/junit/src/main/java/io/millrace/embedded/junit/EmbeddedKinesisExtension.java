package io.millrace.embedded.junit;

import io.millrace.embedded.EmbeddedKinesis;
import java.util.Objects;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Starts an {@link EmbeddedKinesis} for tests and closes it after them.
 *
 * <p>In a static field it serves all tests of the class, whose streams then live until the last
 * one; in an instance field every test gets its own. {@code @ExtendWith} works too and is like a
 * static field.
 *
 * <pre>{@code
 * class ClicksTest {
 *   @RegisterExtension static final EmbeddedKinesisExtension kinesis = new EmbeddedKinesisExtension();
 *
 *   @Test
 *   void counts(EmbeddedKinesis server) {
 *     server.createStream("clicks", 2);
 *     // ... a client with server.endpoint()
 *   }
 * }
 * }</pre>
 *
 * <p>Tests that run in parallel may share it.
 */
public final class EmbeddedKinesisExtension
    implements BeforeAllCallback,
        AfterAllCallback,
        BeforeEachCallback,
        AfterEachCallback,
        ParameterResolver {
  private final EmbeddedKinesis.Builder options;
  private volatile EmbeddedKinesis server;
  private volatile boolean perClass;

  /** A server on a free port, with the defaults. */
  public EmbeddedKinesisExtension() {
    this(EmbeddedKinesis.builder());
  }

  /**
   * A server with these options.
   *
   * @param options not null; do not change it afterwards
   */
  public EmbeddedKinesisExtension(EmbeddedKinesis.Builder options) {
    this.options = Objects.requireNonNull(options, "options");
  }

  /**
   * The running server.
   *
   * @return never null
   * @throws IllegalStateException outside of the tests that it runs for
   */
  public EmbeddedKinesis server() {
    EmbeddedKinesis running = server;
    if (running == null) {
      throw new IllegalStateException(
          "The embedded Kinesis is not running: it starts before the first test and is closed after"
              + " the last one. Is the extension registered with @RegisterExtension?");
    }
    return running;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    // a nested class passes here again, with the server of the class around it
    if (server == null) {
      perClass = true;
      server = options.start();
      context
          .getStore(ExtensionContext.Namespace.create(this))
          .put("owner", context.getRequiredTestClass());
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    Object owner = context.getStore(ExtensionContext.Namespace.create(this)).get("owner");
    if (context.getRequiredTestClass().equals(owner)) {
      stop();
      perClass = false;
    }
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    if (!perClass) {
      server = options.start();
    }
  }

  @Override
  public void afterEach(ExtensionContext context) {
    if (!perClass) {
      stop();
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == EmbeddedKinesis.class;
  }

  @Override
  public EmbeddedKinesis resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return server();
  }

  private void stop() {
    EmbeddedKinesis running = server;
    server = null;
    if (running != null) {
      running.close();
    }
  }
}
