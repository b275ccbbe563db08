package io.millrace.kcl;

import io.millrace.kcl.deadletter.DeadLetterDestination;
import io.millrace.kcl.engine.FailureRule;
import java.time.Duration;
import java.util.Objects;

/**
 * What becomes of records whose processing throws. The default is {@link #retryForever}: the same
 * batch is delivered again, with pauses that grow, until it succeeds; nothing is ever passed over,
 * and a shard with a record that will never succeed stands still, loudly.
 *
 * <p>A policy that gives up says when, whether the batch is first halved until the failing records
 * are alone, and what happens to them:
 *
 * <pre>{@code
 * configuration.withFailurePolicy(
 *     FailurePolicy.afterAttempts(5).isolating().thenDeadLetter(deadLetters));
 * }</pre>
 *
 * <p>The pauses between attempts are those of {@link
 * KinesisClientLibConfiguration#withTaskBackoffTimeMillis}. Policies concern {@code processRecords}
 * only; {@code initialize} and the calls at the end of a shard are always repeated. Immutable.
 */
public final class FailurePolicy {

  private final FailureRule rule;
  private final DeadLetterDestination deadLetters;

  private FailurePolicy(FailureRule rule, DeadLetterDestination deadLetters) {
    this.rule = rule;
    this.deadLetters = deadLetters;
  }

  /** Nothing is ever given up. The default. */
  public static FailurePolicy retryForever() {
    return new FailurePolicy(FailureRule.RETRY_FOR_EVER, null);
  }

  /**
   * Records are given up once so many calls with them have failed.
   *
   * @param attempts at least 1; 1 gives up at the first failure
   * @throws IllegalArgumentException if it is less
   */
  public static Limits afterAttempts(int attempts) {
    if (attempts < 1) {
      throw new IllegalArgumentException(
          "FailurePolicy.afterAttempts(" + attempts + "): at least 1 attempt is allowed");
    }
    return new Limits(attempts, FailureRule.FOR_EVER, false);
  }

  /**
   * Records are given up when a call with them fails so long after they arrived in the stream,
   * however few the attempts. Arrival is by the stream's clock and compared with this machine's.
   *
   * @param age more than nothing; well below the stream's retention
   * @throws IllegalArgumentException if it is not positive
   */
  public static Limits afterAge(Duration age) {
    return new Limits(FailureRule.UNLIMITED, millis("afterAge", age), false);
  }

  private static long millis(String method, Duration age) {
    Objects.requireNonNull(age, "age");
    if (age.toMillis() < 1) {
      throw new IllegalArgumentException(
          "FailurePolicy." + method + "(" + age + "): at least 1 ms is allowed");
    }
    return age.toMillis();
  }

  FailureRule rule() {
    return rule;
  }

  /** Null if this policy makes no dead letters. */
  DeadLetterDestination deadLetters() {
    return deadLetters;
  }

  /** A sentence that says what this does. */
  @Override
  public String toString() {
    if (!rule.givesUp()) {
      return "A batch whose processing throws is delivered again until it succeeds.";
    }
    StringBuilder text = new StringBuilder("A batch whose processing throws is delivered again, ");
    if (rule.maxAttempts() != FailureRule.UNLIMITED) {
      text.append("up to ").append(rule.maxAttempts()).append(" attempts in all");
    }
    if (rule.maxAgeMillis() != FailureRule.FOR_EVER) {
      text.append(rule.maxAttempts() != FailureRule.UNLIMITED ? " or " : "")
          .append("until its records are ")
          .append(Duration.ofMillis(rule.maxAgeMillis()))
          .append(" old");
    }
    text.append(rule.bisect() ? "; then it is halved until what fails is alone, and " : "; then ");
    return text.append(
            switch (rule.then()) {
              case DEAD_LETTER -> "that becomes a dead letter in " + deadLetters + ".";
              case SKIP -> "that is skipped.";
              case STOP -> "the shard stops, with its lease held, until it is resumed.";
            })
        .toString();
  }

  /** When records are given up; what happens to them is still to be said. Immutable. */
  public static final class Limits {
    private final int attempts;
    private final long ageMillis;
    private final boolean isolating;

    private Limits(int attempts, long ageMillis, boolean isolating) {
      this.attempts = attempts;
      this.ageMillis = ageMillis;
      this.isolating = isolating;
    }

    /**
     * ... or when a call with them fails so long after they arrived, whichever comes first.
     *
     * @param age more than nothing
     * @throws IllegalArgumentException if it is not positive
     */
    public Limits orAfter(Duration age) {
      return new Limits(attempts, millis("orAfter", age), isolating);
    }

    /**
     * Before anything is given up the batch is halved, and the half that fails again, until the
     * records that fail are alone: a single one among n costs at most 2 * ceil(log2 n) further
     * calls. Without this the whole batch is given up.
     */
    public Limits isolating() {
      return new Limits(attempts, ageMillis, true);
    }

    /**
     * What is given up is stored elsewhere, and no checkpoint passes it before it is. While the
     * destination fails, the shard waits, and says so.
     *
     * @param destination called on the worker's processing threads, for several letters at a time;
     *     closed by whoever made it, after the worker has stopped
     */
    public FailurePolicy thenDeadLetter(DeadLetterDestination destination) {
      Objects.requireNonNull(destination, "destination");
      return then(FailureRule.Then.DEAD_LETTER, destination);
    }

    /** What is given up is passed over, with an error in the log and a meter. */
    public FailurePolicy thenSkip() {
      return then(FailureRule.Then.SKIP, null);
    }

    /**
     * Nothing is passed over: the shard waits, its lease is kept, and everybody is told, until
     * {@link Worker#resumeShard} or until another worker takes the lease over.
     */
    public FailurePolicy thenStop() {
      return then(FailureRule.Then.STOP, null);
    }

    private FailurePolicy then(FailureRule.Then then, DeadLetterDestination destination) {
      return new FailurePolicy(new FailureRule(attempts, ageMillis, isolating, then), destination);
    }
  }
}
