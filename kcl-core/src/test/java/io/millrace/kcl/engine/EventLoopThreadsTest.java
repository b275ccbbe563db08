package io.millrace.kcl.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/**
 * The inbox, and the byte budget that lives behind it: Lincheck makes up what two threads do and
 * runs it under many orders of their steps. Where something is lost, done twice or done by two at
 * once, it prints the steps.
 */
class EventLoopThreadsTest {

  /** The loop's executor: turns are run by whoever calls {@link #run}, one caller at a time. */
  private static final class Turns implements Executor {
    private final ConcurrentLinkedQueue<Runnable> turns = new ConcurrentLinkedQueue<>();

    @Override
    public void execute(Runnable turn) {
      turns.add(turn);
    }

    void run() {
      for (Runnable turn = turns.poll(); turn != null; turn = turns.poll()) {
        turn.run();
      }
    }
  }

  /** An event is under way; another one that begins is on another thread. */
  private static final class OneAtATime {
    private boolean busy;

    void run(Runnable event) {
      if (busy) {
        throw new IllegalStateException("two events at once");
      }
      busy = true;
      event.run();
      busy = false;
    }
  }

  /** What is posted runs once, in the order of its thread, and never two at a time. */
  public static final class Inbox {
    private final Turns turns = new Turns();
    private final OneAtATime oneAtATime = new OneAtATime();
    private final ConcurrentLinkedQueue<String> posted = new ConcurrentLinkedQueue<>();
    private final List<String> ran = new ArrayList<>();
    private final List<Throwable> defects = new ArrayList<>();
    private final EventLoop loop =
        new EventLoop(turns, (task, delay) -> () -> {}, () -> {}, defects::add);

    @Operation
    public void post(@Param(gen = IntGen.class, conf = "1:1000") int number) {
      String event = number + "/" + posted.size();
      posted.add(event);
      loop.post(() -> oneAtATime.run(() -> ran.add(event)));
    }

    @Operation
    public void postFromAnEvent(@Param(gen = IntGen.class, conf = "1:1000") int number) {
      String event = number + "/" + posted.size();
      posted.add(event);
      loop.post(() -> loop.post(() -> oneAtATime.run(() -> ran.add(event))));
    }

    @Operation(nonParallelGroup = "loop")
    public void turn() {
      turns.run();
    }

    /** When every thread has done what it does. */
    @Validate
    public void everythingHasRun() {
      turns.run();
      List<String> expected = new ArrayList<>(posted);
      List<String> actual = new ArrayList<>(ran);
      expected.sort(null);
      actual.sort(null);
      if (!expected.equals(actual) || !defects.isEmpty()) {
        throw new IllegalStateException("posted " + posted + ", ran " + ran + ", " + defects);
      }
    }
  }

  /** Answers arrive on any thread; what is reserved and given back is counted as if on one. */
  public static final class Budget {
    private static final int CAPACITY = 1_000;

    private final Turns turns = new Turns();
    private final OneAtATime oneAtATime = new OneAtATime();
    private final List<Throwable> defects = new ArrayList<>();
    private final EventLoop loop =
        new EventLoop(turns, (task, delay) -> () -> {}, () -> {}, defects::add);
    private final ByteBudget budget = new ByteBudget(CAPACITY);
    private final Deque<Long> granted = new ArrayDeque<>();

    @Operation
    public void read(@Param(gen = IntGen.class, conf = "100:999") int size) {
      loop.post(
          () ->
              oneAtATime.run(
                  () -> budget.reserve(size, 1, () -> true, reserved -> granted.add(reserved))));
    }

    @Operation
    public void answer(@Param(gen = IntGen.class, conf = "0:1500") int size) {
      loop.post(() -> oneAtATime.run(() -> answered(size)));
    }

    private void answered(long size) {
      if (!granted.isEmpty()) {
        boolean alone = granted.size() == 1;
        boolean kept = budget.settle(granted.remove(), size, true);
        if (budget.usedBytes() > CAPACITY && !alone) {
          throw new IllegalStateException("over budget: " + budget.usedBytes());
        }
        if (kept) {
          budget.release(size);
        }
      }
    }

    @Operation(nonParallelGroup = "loop")
    public void turn() {
      turns.run();
    }

    /** When every thread has done what it does, and every answer has come. */
    @Validate
    public void nothingIsHeld() {
      turns.run();
      while (!granted.isEmpty()) {
        answered(0);
      }
      if (budget.usedBytes() != 0 || !defects.isEmpty()) {
        throw new IllegalStateException(budget.usedBytes() + " bytes are held; " + defects);
      }
    }
  }

  /** Lincheck decides at every step which thread goes on. */
  static void inManyOrders(Class<?> what, int programs, int ordersOfEach) {
    new ModelCheckingOptions()
        .iterations(programs)
        .invocationsPerIteration(ordersOfEach)
        .threads(2)
        .actorsBefore(0)
        .actorsPerThread(2)
        .actorsAfter(0)
        .minimizeFailedScenario(false)
        .check(what);
  }

  @Test
  void what_any_thread_posts_runs_once_and_in_order() {
    inManyOrders(Inbox.class, 8, 120);
  }

  @Test
  void what_any_thread_answers_leaves_the_byte_budget_as_it_should_be() {
    inManyOrders(Budget.class, 4, 60);
  }
}
