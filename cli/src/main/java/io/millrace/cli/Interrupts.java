package io.millrace.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import sun.misc.Signal;

/*
 * A shutdown hook would be the usual way to notice Ctrl-C, but hooks run all at once, and that of a
 * child process that we still need would end it while we count. So the signals only open a latch,
 * and the command ends in its own order. A second Ctrl-C ends the JVM at once; child processes
 * notice that their parent is gone.
 */

/** Whether somebody pressed Ctrl-C, or ended this process with SIGTERM. */
final class Interrupts {

  private static final int BY_SIGNAL = 130;

  private final CountDownLatch asked = new CountDownLatch(1);

  static Interrupts listen() {
    Interrupts interrupts = new Interrupts();
    for (String name : new String[] {"INT", "TERM"}) {
      Signal.handle(
          new Signal(name),
          signal -> {
            if (interrupts.asked.getCount() == 0) {
              Runtime.getRuntime().halt(BY_SIGNAL);
            }
            interrupts.asked.countDown();
          });
    }
    return interrupts;
  }

  /** Whether it has happened, within so many milliseconds at most. */
  boolean await(long millis) throws InterruptedException {
    return asked.await(millis, TimeUnit.MILLISECONDS);
  }

  /** Until it happens. */
  void await() throws InterruptedException {
    asked.await();
  }
}
