package io.millrace.elasticmq;

import io.millrace.childserver.Child;

/** What runs in the child JVM. */
final class ChildMain {
  private ChildMain() {}

  public static void main(String[] args) {
    Child.run(false, () -> start(Integer.parseInt(args[0])));
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
}
