package io.millrace.dynamodblocal;

import io.millrace.childserver.Child;

/** What runs in the child JVM. */
final class ChildMain {
  private ChildMain() {}

  /**
   * @param args of DynamoDB Local; the last one is the port
   */
  public static void main(String[] args) {
    Child.run(
        false,
        () -> {
          Object server =
              Class.forName("com.amazonaws.services.dynamodbv2.local.main.ServerRunner")
                  .getMethod("createServerFromCommandLineArgs", String[].class)
                  .invoke(null, (Object) args);
          server.getClass().getMethod("start").invoke(server);
          return Integer.parseInt(args[args.length - 1]);
        });
  }
}
