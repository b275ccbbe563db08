package io.millrace.kcl.engine;

import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.junit.jupiter.api.Test;

/**
 * What {@link EventLoopThreadsTest} leaves to chance, order by order: Lincheck decides at every
 * step which thread goes on. Takes too long for every build.
 */
class EventLoopInterleavingsIT {

  private static final int FACTOR = Integer.getInteger("millrace.threads", 1);

  @Test
  void in_whatever_order_threads_take_their_steps_what_they_post_runs_once_and_in_order() {
    new ModelCheckingOptions()
        .iterations(10)
        .invocationsPerIteration(300 * FACTOR)
        .threads(2)
        .actorsPerThread(3)
        .check(EventLoopThreadsTest.Inbox.class);
  }
}
