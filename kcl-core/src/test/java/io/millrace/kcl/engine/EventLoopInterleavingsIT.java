package io.millrace.kcl.engine;

import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/**
 * More of {@link EventLoopThreadsTest} than every build has time for: more orders of steps, and the
 * same programs with threads that the machine schedules.
 */
class EventLoopInterleavingsIT {

  private static final int FACTOR = Integer.getInteger("millrace.threads", 1);

  @Test
  void in_a_great_many_orders_what_any_thread_posts_runs_once_and_in_order() {
    EventLoopThreadsTest.inManyOrders(EventLoopThreadsTest.Inbox.class, 30, 300 * FACTOR);
  }

  @Test
  void in_a_great_many_orders_the_byte_budget_is_as_it_should_be() {
    EventLoopThreadsTest.inManyOrders(EventLoopThreadsTest.Budget.class, 30, 300 * FACTOR);
  }

  @Test
  void at_the_machines_own_pace_what_any_thread_posts_runs_once_and_in_order() {
    new StressOptions()
        .iterations(20)
        .invocationsPerIteration(2_000 * FACTOR)
        .threads(3)
        .actorsPerThread(3)
        .check(EventLoopThreadsTest.Inbox.class);
  }
}
