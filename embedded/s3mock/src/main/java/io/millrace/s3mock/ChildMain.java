package io.millrace.s3mock;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * What runs in the child JVM: S3Mock, and a watchdog on standard input.
 *
 * <p>The parent holds the other end of standard input and never writes to it. However the parent
 * ends, {@code kill -9} included, the operating system closes that pipe, the read here returns, and
 * the child ends too.
 */
final class ChildMain {
  /** The line by which the parent learns the port; the number follows. */
  static final String READY = "millrace: S3Mock is listening on ";

  private ChildMain() {}

  public static void main(String[] args) throws Exception {
    // Ctrl-C reaches every process of the terminal: the parent decides when it needs us no more
    Signal.handle(new Signal("INT"), SignalHandler.SIG_IGN);
    InputStream parent = System.in;
    Thread watchdog = new Thread(() -> endWithParent(parent), "parent-watchdog");
    watchdog.setDaemon(true);
    watchdog.start();
    try {
      Object server =
          Class.forName("com.adobe.testing.s3mock.S3MockApplication")
              .getMethod("start", String[].class)
              .invoke(null, (Object) args);
      // the second connector has no option for the interface, and listens on all of them
      stopSecondConnector(server);
      Promises.addTo(field(server, "context"));
      Object port = server.getClass().getMethod("getPort").invoke(server);
      System.out.println(READY + port);
      System.out.flush();
    } catch (InvocationTargetException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      for (Throwable t = cause; t != null; t = t.getCause()) {
        System.err.println(t);
      }
      Runtime.getRuntime().halt(1);
    }
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

  private static void endWithParent(InputStream parent) {
    try {
      while (parent.read() >= 0) {
        // the parent never writes; anything that arrives says only that it lives
      }
    } catch (IOException e) {
      // a broken pipe means the same as its end
    }
    // not halt: the hooks of S3Mock remove the files that hold its objects
    System.exit(0);
  }
}
