package io.millrace.elasticmq;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;

/**
 * What runs in the child JVM: ElasticMQ, and a watchdog on standard input.
 *
 * <p>The parent holds the other end of standard input and never writes to it. However the parent
 * ends, {@code kill -9} included, the operating system closes that pipe, the read here returns, and
 * the child ends too.
 */
final class ChildMain {
  /** The line by which the parent learns the port; the number follows. */
  static final String READY = "millrace: ElasticMQ is listening on ";

  private ChildMain() {}

  public static void main(String[] args) {
    InputStream parent = System.in;
    Thread watchdog = new Thread(() -> endWithParent(parent), "parent-watchdog");
    watchdog.setDaemon(true);
    watchdog.start();
    try {
      System.out.println(READY + start(Integer.parseInt(args[0])));
      System.out.flush();
    } catch (ReflectiveOperationException | RuntimeException e) {
      Throwable cause =
          e instanceof InvocationTargetException && e.getCause() != null ? e.getCause() : e;
      for (Throwable t = cause; t != null; t = t.getCause()) {
        System.err.println(t);
      }
      Runtime.getRuntime().halt(1);
    }
  }

  // by reflection: the compiler cannot read all of what Scala writes into its classes
  private static int start(int port) throws ReflectiveOperationException {
    Object builder = staticField("org.elasticmq.rest.sqs.SQSRestServerBuilder$");
    builder = call(builder, "withInterface", String.class, "127.0.0.1");
    builder = call(builder, "withPort", int.class, port);
    builder =
        call(
            builder,
            "withSQSLimits",
            Class.forName("org.elasticmq.Limits"),
            staticField("org.elasticmq.StrictSQSLimits$"));
    Object server = builder.getClass().getMethod("start").invoke(builder);
    Object binding = server.getClass().getMethod("waitUntilStarted").invoke(server);
    Object address = binding.getClass().getMethod("localAddress").invoke(binding);
    return ((java.net.InetSocketAddress) address).getPort();
  }

  private static Object staticField(String type) throws ReflectiveOperationException {
    return Class.forName(type).getField("MODULE$").get(null);
  }

  private static Object call(Object on, String method, Class<?> type, Object argument)
      throws ReflectiveOperationException {
    return on.getClass().getMethod(method, type).invoke(on, argument);
  }

  private static void endWithParent(InputStream parent) {
    try {
      while (parent.read() >= 0) {
        // the parent never writes; anything that arrives says only that it lives
      }
    } catch (IOException e) {
      // a broken pipe means the same as its end
    }
    Runtime.getRuntime().halt(0);
  }
}
