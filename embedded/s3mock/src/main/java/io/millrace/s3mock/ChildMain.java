package io.millrace.s3mock;

import io.millrace.childserver.Child;
import java.lang.reflect.Field;

/** What runs in the child JVM. */
final class ChildMain {
  private ChildMain() {}

  public static void main(String[] args) {
    // with its hooks, which remove the files that hold its objects
    Child.run(
        true,
        () -> {
          Object server =
              Class.forName("com.adobe.testing.s3mock.S3MockApplication")
                  .getMethod("start", String[].class)
                  .invoke(null, (Object) args);
          // the second connector has no option for the interface, and listens on all of them
          stopSecondConnector(server);
          Promises.addTo(field(server, "context"));
          return (Integer) server.getClass().getMethod("getPort").invoke(server);
        });
  }

  private static void stopSecondConnector(Object server) throws ReflectiveOperationException {
    Object connector = field(server, "httpConnector");
    connector.getClass().getMethod("stop").invoke(connector);
    connector.getClass().getMethod("destroy").invoke(connector);
  }

  private static Object field(Object of, String name) throws ReflectiveOperationException {
    Field field = of.getClass().getDeclaredField(name);
    field.setAccessible(true);
    return field.get(of);
  }
}
