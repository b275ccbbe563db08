package io.millrace.kcl.exec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.kcl.ManualClock;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/** The timeouts only keep a defect from hanging the build. */
@Timeout(60)
class ProcessingExecutorsTest {

  private final CountDownLatch release = new CountDownLatch(1);
  private ExecutorService executor;

  @AfterEach
  void close() {
    release.countDown();
    if (executor != null) {
      executor.shutdownNow();
    }
  }

  private void block(int tasks) throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(tasks);
    for (int i = 0; i < tasks; i++) {
      executor.execute(
          () -> {
            begun.countDown();
            awaitQuietly(release);
          });
    }
    begun.await();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void two_hundred_blocked_tasks_do_not_keep_the_next_from_running() throws Exception {
    executor = ProcessingExecutors.pool("test");
    block(200);
    assertThat(executor.submit(() -> "ran").get()).isEqualTo("ran");
  }

  @Test
  void so_it_is_with_the_executor_of_this_java_release() throws Exception {
    executor = ProcessingExecutors.create("test");
    block(200);
    assertThat(executor.submit(() -> "ran").get()).isEqualTo("ran");
  }

  @Test
  void a_thousand_short_tasks_run_on_the_threads_the_pool_starts_with() throws Exception {
    ManualClock frozen = new ManualClock(); // in no time at all, no task can have waited
    GrowingPool pool = new GrowingPool("test", new GrowthRule(4, 1_024), frozen).start();
    executor = pool;
    CountDownLatch done = new CountDownLatch(1_000);
    for (int i = 0; i < 1_000; i++) {
      pool.execute(done::countDown);
    }
    done.await();
    assertThat(pool.largestSize()).isBetween(1, 4);
  }

  @Test
  void tasks_that_wait_behind_blocked_ones_get_threads_of_their_own() throws Exception {
    ManualClock clock = new ManualClock();
    GrowingPool pool = new GrowingPool("test", new GrowthRule(2, 1_024), clock);
    executor = pool;
    block(2);
    Future<String> waiting = pool.submit(() -> "ran");
    assertThat(pool.growIfStuck()).isZero();
    clock.advance(GrowthRule.PATIENCE_MILLIS);
    assertThat(pool.growIfStuck()).isEqualTo(1);
    assertThat(waiting.get()).isEqualTo("ran");
    assertThat(pool.growIfStuck()).isZero();
  }

  @Test
  void threads_are_named_and_do_not_keep_the_jvm_alive() throws Exception {
    executor = ProcessingExecutors.pool("millrace-worker-1");
    Thread thread = executor.submit(Thread::currentThread).get();
    assertThat(thread.getName()).startsWith("millrace-worker-1-");
    assertThat(thread.isDaemon()).isTrue();
  }

  @Test
  void a_task_that_throws_ends_no_thread_that_others_need() throws Exception {
    GrowingPool pool = new GrowingPool("test", new GrowthRule(1, 1), new ManualClock());
    executor = pool;
    Thread first = pool.submit(Thread::currentThread).get();
    CountDownLatch reported = new CountDownLatch(1);
    first.setUncaughtExceptionHandler((thread, error) -> reported.countDown());
    pool.execute(
        () -> {
          throw new AssertionError("as if");
        });
    reported.await();
    assertThat(pool.submit(Thread::currentThread).get()).isSameAs(first);
  }

  @Test
  void an_interrupt_that_a_task_leaves_behind_does_not_reach_the_next() throws Exception {
    executor = new GrowingPool("test", new GrowthRule(1, 1), new ManualClock());
    executor.execute(
        () -> {
          awaitQuietly(release); // until the next task waits, so that it follows at once
          Thread.currentThread().interrupt();
        });
    Future<Boolean> next = executor.submit(() -> Thread.currentThread().isInterrupted());
    release.countDown();
    assertThat(next.get()).isFalse();
  }

  @Test
  void shutdown_runs_what_was_submitted_and_takes_no_more() throws Exception {
    executor = ProcessingExecutors.pool("test");
    block(3);
    Future<String> submitted = executor.submit(() -> "ran");
    executor.shutdown();
    assertThatThrownBy(() -> executor.execute(() -> {}))
        .isInstanceOf(RejectedExecutionException.class);
    release.countDown();
    assertThat(submitted.get()).isEqualTo("ran");
    assertThat(executor.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
    assertThat(executor.isTerminated()).isTrue();
  }

  @Test
  void shutdownNow_interrupts_blocked_tasks_and_returns_the_others() throws Exception {
    executor = new GrowingPool("test", new GrowthRule(1, 1), new ManualClock());
    block(1);
    executor.execute(() -> {});
    assertThat(executor.shutdownNow()).hasSize(1);
    assertThat(executor.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void before_java_24_the_pool_is_used_because_a_blocked_virtual_thread_may_keep_its_carrier() {
    executor = ProcessingExecutors.create("test", 23);
    assertThat(executor).isInstanceOf(GrowingPool.class);
  }

  @Test
  @EnabledForJreRange(minVersion = 24)
  void from_java_24_on_tasks_run_on_virtual_threads() throws Exception {
    executor = ProcessingExecutors.create("millrace-worker-1");
    Thread thread = executor.submit(Thread::currentThread).get();
    assertThat((boolean) Thread.class.getMethod("isVirtual").invoke(thread)).isTrue();
    assertThat(thread.getName()).startsWith("millrace-worker-1-");
  }

  @Test
  @EnabledForJreRange(max = JRE.JAVA_20)
  void asking_for_virtual_threads_where_there_are_none_says_so() {
    assertThatThrownBy(() -> ProcessingExecutors.create("test", 25))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("virtual threads");
  }
}
