package io.millrace.dynamodblocal;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * What runs in the child JVM: DynamoDB Local, and a watchdog on standard input.
 *
 * <p>The parent holds the other end of standard input and never writes to it. However the parent
 * ends, {@code kill -9} included, the operating system closes that pipe, the read here returns, and
 * the child ends too.
 */
final class ChildMain {
  /** The line by which the parent learns that the port is open. */
  static final String READY = "millrace: DynamoDB Local is listening";

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
          Class.forName("com.amazonaws.services.dynamodbv2.local.main.ServerRunner")
              .getMethod("createServerFromCommandLineArgs", String[].class)
              .invoke(null, (Object) args);
      server.getClass().getMethod("start").invoke(server);
    } catch (InvocationTargetException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      for (Throwable t = cause; t != null; t = t.getCause()) {
        System.err.println(t);
      }
      Runtime.getRuntime().halt(1);
    }
    System.out.println(READY);
    System.out.flush();
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
