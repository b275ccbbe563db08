package io.millrace.kcl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.engine.OneShard;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The checkpointer that user threads call, with real threads beside a real worker's loop, again and
 * again.
 */
class CheckpointerThreadsTest {

  /** {@code -Dmillrace.threads=100} does a hundred times as much as a build has time for. */
  private static final int ROUNDS = 300 * Integer.getInteger("millrace.threads", 1);

  private static final class Threads {
    final OneShard shard = new OneShard();
    final BlockingCheckpointer checkpointer =
        new BlockingCheckpointer(OneShard.SHARD, shard.checkpointer());
    final AtomicInteger highest = new AtomicInteger();
    final AtomicInteger ended = new AtomicInteger();
    final AtomicReference<Throwable> failure = new AtomicReference<>();

    /** A user's thread; what it checkpoints is in the table when the call returns. */
    Runnable checkpointing(int number, boolean mayLose) {
      return () -> {
        try {
          checkpointer.checkpoint(OneShard.sequence(number));
          highest.accumulateAndGet(number, Math::max);
          assertReached(shard.checkpointer().accepted(), number);
        } catch (ShutdownException e) {
          assertTrue(mayLose, "the lease was never lost");
        } catch (IllegalArgumentException e) {
          // a higher one was faster, and checkpoints never move back
          assertTrue(e.getMessage().contains("lies before the checkpoint"), e.getMessage());
        } catch (InvalidStateException e) {
          throw new AssertionError(e);
        }
      };
    }

    void run(Runnable... bodies) throws InterruptedException {
      CyclicBarrier together = new CyclicBarrier(bodies.length);
      List<Thread> threads = new ArrayList<>();
      for (Runnable body : bodies) {
        threads.add(new Thread(() -> runAfter(together, body), "millrace-test-checkpointer"));
      }
      threads.forEach(Thread::start);
      shard.loop.runWithOthersUntil(() -> ended.get() == bodies.length);
      for (Thread thread : threads) {
        thread.join();
      }
      assertEquals(null, failure.get());
    }

    private void runAfter(CyclicBarrier together, Runnable body) {
      try {
        together.await();
        body.run();
      } catch (Exception | AssertionError e) {
        failure.compareAndSet(null, e);
      } finally {
        ended.incrementAndGet();
        shard.loop.nudge();
      }
    }
  }

  private static void assertReached(Checkpoint checkpoint, int number) {
    assertTrue(
        checkpoint.compareTo(OneShard.position(number)) >= 0,
        checkpoint + " although " + number + " was accepted");
  }

  @Test
  @Timeout(120)
  void of_checkpoints_from_several_threads_the_highest_stays() throws InterruptedException {
    for (int round = 0; round < ROUNDS; round++) {
      Threads threads = new Threads();
      threads.run(
          threads.checkpointing(2, false),
          threads.checkpointing(4, false),
          threads.checkpointing(3, false));
      assertEquals(OneShard.position(4), threads.shard.row().checkpoint());
      assertEquals(4, threads.highest.get());
    }
  }

  @Test
  @Timeout(120)
  void a_thread_that_checkpoints_while_the_lease_is_lost_gets_an_answer_and_moves_nothing_after()
      throws InterruptedException {
    for (int round = 0; round < ROUNDS; round++) {
      Threads threads = new Threads();
      Checkpoint[] atTheft = new Checkpoint[1];
      threads.run(
          threads.checkpointing(1, true),
          threads.checkpointing(3, true),
          () -> {
            threads.shard.steal();
            atTheft[0] = threads.shard.row().checkpoint();
          });
      assertEquals(atTheft[0], threads.shard.row().checkpoint());
      if (threads.highest.get() > 0) {
        assertReached(atTheft[0], threads.highest.get());
      }
    }
  }
}
