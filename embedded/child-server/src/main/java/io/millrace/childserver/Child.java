package io.millrace.childserver;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * What the main method of a {@link ChildServer} calls, in the child: it starts the server, tells
 * the parent the port, and ends with the parent.
 *
 * <p>The parent holds the other end of standard input and never writes to it. However the parent
 * ends, {@code kill -9} included, the operating system closes that pipe, the read here returns, and
 * the child ends too.
 */
public final class Child {
  /** The line by which the parent learns the port; the number follows. */
  static final String READY = "millrace: listening on ";

  private Child() {}

  /** Starts the server. */
  @FunctionalInterface
  public interface Start {
    /**
     * @return the port, once it is open
     * @throws Exception with the reason, whose messages the parent shows
     */
    int start() throws Exception;
  }

  /**
   * Runs the server until the parent ends; returns once it is started, and does not return if that
   * fails.
   *
   * @param hooks whether the server's own shutdown hooks run at the end; without them it ends at
   *     once
   */
  public static void run(boolean hooks, Start server) {
    // Ctrl-C reaches every process of the terminal: the parent decides when it needs us no more
    Signal.handle(new Signal("INT"), SignalHandler.SIG_IGN);
    endWithParent(
        () -> {
          if (hooks) {
            System.exit(0);
          }
          Runtime.getRuntime().halt(0);
        });
    try {
      int port = server.start();
      System.out.println(READY + port);
      System.out.flush();
    } catch (Exception e) {
      Throwable cause =
          e instanceof InvocationTargetException && e.getCause() != null ? e.getCause() : e;
      for (Throwable t = cause; t != null; t = t.getCause()) {
        System.err.println(t);
      }
      Runtime.getRuntime().halt(1);
    }
  }

  /**
   * Ends this JVM when the parent has ended. Returns at once; nobody else may read standard input.
   *
   * @param end what to do then; called once, on a thread of its own
   */
  public static void endWithParent(Runnable end) {
    InputStream parent = System.in;
    Thread watchdog =
        new Thread(
            () -> {
              try {
                while (parent.read() >= 0) {
                  // the parent never writes; anything that arrives says only that it lives
                }
              } catch (IOException e) {
                // a broken pipe means the same as its end
              }
              end.run();
            },
            "parent-watchdog");
    watchdog.setDaemon(true);
    watchdog.start();
  }
}
