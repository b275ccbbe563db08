package io.millrace.kcl.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/**
 * The inbox, and the byte budget that lives behind it, under real threads: Lincheck makes up what
 * threads do, lets them do it at the same time, and looks for an order of the calls, one after
 * another, that explains every answer. Where there is none, it prints what happened.
 */
class EventLoopThreadsTest {

  /** {@code -Dmillrace.threads=100} does a hundred times as much as a build has time for. */
  private static final int FACTOR = Integer.getInteger("millrace.threads", 1);

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

  /** What is posted runs at the next turn: once, in order, never lost. */
  public static final class Inbox {
    private final Turns turns = new Turns();
    private final List<String> ran = new ArrayList<>();
    private final EventLoop loop =
        new EventLoop(
            turns, (task, delay) -> () -> {}, () -> {}, defect -> ran.add(defect.toString()));

    @Operation
    public void post(int number) {
      loop.post(() -> ran.add("" + number));
    }

    @Operation(nonParallelGroup = "loop")
    public List<String> turn() {
      turns.run();
      List<String> all = List.copyOf(ran);
      ran.clear();
      return all;
    }
  }

  /** Answers arrive on any thread; what is reserved and given back is counted as if on one. */
  public static final class Budget {
    private final Turns turns = new Turns();
    private final EventLoop loop =
        new EventLoop(turns, (task, delay) -> () -> {}, () -> {}, defect -> broken = true);
    private final ByteBudget budget = new ByteBudget(1_000);
    private int granted;
    private boolean broken;

    @Operation
    public void read(int bytes) {
      int size = 100 + Math.floorMod(bytes, 900);
      loop.post(() -> budget.reserve(size, size, () -> true, reserved -> granted++));
    }

    @Operation
    public void answer(int bytes) {
      long size = Math.floorMod(bytes, 500);
      loop.post(
          () -> {
            if (granted > 0 && budget.usedBytes() >= 100) {
              granted--;
              if (budget.settle(100, size, true)) {
                budget.release(size);
              }
            }
          });
    }

    @Operation(nonParallelGroup = "loop")
    public String turn() {
      turns.run();
      return budget.usedBytes() + " bytes, " + granted + " granted" + (broken ? ", broken" : "");
    }
  }

  private static void stress(Class<?> what) {
    new StressOptions()
        .iterations(20)
        .invocationsPerIteration(200 * FACTOR)
        .threads(3)
        .actorsPerThread(3)
        .check(what);
  }

  @Test
  void what_any_thread_posts_runs_once_and_in_order() {
    stress(Inbox.class);
  }

  @Test
  void what_any_thread_answers_leaves_the_byte_budget_as_it_should_be() {
    stress(Budget.class);
  }
}
