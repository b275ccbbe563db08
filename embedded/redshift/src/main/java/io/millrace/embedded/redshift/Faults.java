package io.millrace.embedded.redshift;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * What a test does to the statements that pass through the proxy. Each fault waits for statements
 * in which its pattern is found, in whatever case, counts them over all connections from the moment
 * the fault was asked for, acts at the one with its number, and is gone.
 *
 * <p>A statement is the SQL text as the client sent it. With autocommit off, Amazon's driver sends
 * {@code BEGIN}, {@code COMMIT} and {@code ROLLBACK} as statements of their own.
 *
 * <p>Safe for use by several threads.
 */
public final class Faults {
  private static final int STATEMENTS_KEPT = 10_000;

  /** What happens at a statement. */
  sealed interface Action {
    record CutBefore() implements Action {}

    record CutAfter() implements Action {}

    record Refuse(String sqlState, String message) implements Action {}

    record Wait(Hold hold) implements Action {}
  }

  private static final class Fault {
    private final Pattern pattern;
    private final Action action;
    private int left;

    private Fault(Pattern pattern, int nth, Action action) {
      this.pattern = pattern;
      this.left = nth;
      this.action = action;
    }
  }

  private final List<Fault> faults = new ArrayList<>();
  private final Deque<String> statements = new ArrayDeque<>();

  Faults() {}

  /**
   * Ends the connection in place of the statement; what its transaction did is rolled back.
   *
   * @param pattern a regular expression that is looked for in the statement
   * @param nth which of the statements, from 1
   */
  public void cutBefore(String pattern, int nth) {
    add(pattern, nth, new Action.CutBefore());
  }

  /**
   * Executes the statement, and ends the connection in place of the answer: a {@code COMMIT} has
   * taken effect, and its sender does not know. A transaction that is still open is rolled back.
   *
   * @param pattern a regular expression that is looked for in the statement
   * @param nth which of the statements, from 1
   */
  public void cutAfter(String pattern, int nth) {
    add(pattern, nth, new Action.CutAfter());
  }

  /**
   * Answers with an error in place of executing the statement; the transaction is aborted.
   *
   * @param pattern a regular expression that is looked for in the statement
   * @param nth which of the statements, from 1
   * @param sqlState five characters, such as {@code 57014}
   * @param message the error's message
   */
  public void refuse(String pattern, int nth, String sqlState, String message) {
    add(pattern, nth, new Action.Refuse(sqlState, message));
  }

  /**
   * Stops before the statement until released; the transaction stays open, with its locks.
   *
   * @param pattern a regular expression that is looked for in the statement
   * @param nth which of the statements, from 1
   * @return by which to release it; never null
   */
  public Hold hold(String pattern, int nth) {
    Hold hold = new Hold();
    add(pattern, nth, new Action.Wait(hold));
    return hold;
  }

  /** Takes back all faults that have not acted, and releases whoever is held. */
  public void clear() {
    synchronized (faults) {
      for (Fault fault : faults) {
        if (fault.action instanceof Action.Wait wait) {
          wait.hold().release();
        }
      }
      faults.clear();
    }
  }

  /**
   * The statements that were executed or tried, the oldest first; the last ten thousand.
   *
   * @return a copy, never null
   */
  public List<String> statements() {
    synchronized (faults) {
      return List.copyOf(statements);
    }
  }

  private void add(String pattern, int nth, Action action) {
    if (nth < 1) {
      throw new IllegalArgumentException("nth must be 1 or more, but is " + nth);
    }
    synchronized (faults) {
      faults.add(new Fault(Pattern.compile(pattern, Pattern.CASE_INSENSITIVE), nth, action));
    }
  }

  /** What is to happen at this statement, in the order in which it was asked for. */
  List<Action> at(String sql) {
    List<Action> due = new ArrayList<>();
    synchronized (faults) {
      if (statements.size() == STATEMENTS_KEPT) {
        statements.removeFirst();
      }
      statements.addLast(sql);
      for (Iterator<Fault> i = faults.iterator(); i.hasNext(); ) {
        Fault fault = i.next();
        if (fault.pattern.matcher(sql).find() && --fault.left == 0) {
          i.remove();
          due.add(fault.action);
        }
      }
    }
    return due;
  }

  /** A statement that waits. Safe for use by several threads. */
  public static final class Hold {
    /** No test is stuck for good. */
    private static final int LONGEST_MINUTES = 5;

    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);

    private Hold() {}

    /**
     * Blocks until a client waits at the statement.
     *
     * @param atMost how long
     * @return whether one does
     * @throws InterruptedException if interrupted
     */
    public boolean awaitReached(Duration atMost) throws InterruptedException {
      return reached.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Lets the statement go on, now or when it comes. After five minutes it does so by itself. */
    public void release() {
      released.countDown();
    }

    void pass() {
      reached.countDown();
      try {
        if (!released.await(LONGEST_MINUTES, TimeUnit.MINUTES)) {
          release();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
