package io.millrace.kcl.engine;

import io.millrace.checkpoint.Checkpoint;
import io.millrace.kcl.stream.StreamRecord;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

// A batch on its way through the processor, in parts.
//
// At first the batch is one part. A part that fails is delivered again until the rule has had
// enough of it. Then it is halved, if the rule says so, and each half that fails is halved at once:
// a half has nothing left to prove, the records in it have used up their attempts. So a single bad
// record among n costs at most 2 * ceil(log2 n) further calls.
//
// Once something was given up, what is left of the batch is one part again, with all its attempts:
// in the usual case, one bad record, it succeeds at once; if it fails too, then perhaps not the
// records are bad but something that the processor needs is down, and the pauses between attempts
// keep a whole batch from being given up within a second.
/** What is left of one batch, and what to do when a part of it fails. Pure. */
final class Delivery {

  /** What to do after a failure. */
  sealed interface Verdict {
    /** Deliver the same part again after a pause; the number of calls that failed in a row. */
    record Retry(int attempts) implements Verdict {}

    /** Deliver a smaller part at once. */
    record Halve() implements Verdict {}

    /** These records will not be delivered again. */
    record GiveUp(List<StreamRecord> records, int attempts) implements Verdict {}
  }

  /**
   * Records {@code from} to {@code to - 1}.
   *
   * @param attempts calls that these records were part of and that failed
   * @param suspect whether they have used up their attempts as part of a larger part
   */
  private record Part(int from, int to, int attempts, boolean suspect) {
    int size() {
      return to - from;
    }
  }

  private final Batch batch;
  private final FailureRule rule;
  private final Deque<Part> parts = new ArrayDeque<>();
  private boolean begun;

  Delivery(Batch batch, FailureRule rule) {
    this.batch = batch;
    this.rule = rule;
    parts.add(new Part(0, batch.records().size(), 0, false));
  }

  Batch batch() {
    return batch;
  }

  boolean isDone() {
    return parts.isEmpty();
  }

  /** True at the first call. */
  boolean begin() {
    boolean first = !begun;
    begun = true;
    return first;
  }

  /** Failed calls that the records next in turn were part of. */
  int attempts() {
    return parts.isEmpty() ? 0 : parts.peek().attempts();
  }

  /** The part to deliver now. */
  Batch next() {
    Part part = parts.element();
    if (part.size() == batch.records().size()) {
      return batch;
    }
    return new Batch(
        batch.records().subList(part.from(), part.to()),
        batch.millisBehindLatest(),
        batch.fetchedMillis(),
        batch.atShardEnd() && part.to() == batch.records().size());
  }

  /** The records next in turn. */
  List<StreamRecord> waiting() {
    return parts.isEmpty() ? List.of() : next().records();
  }

  /**
   * The part was processed.
   *
   * @return up to where everything is done with; null if the part was empty
   */
  Checkpoint succeeded() {
    return passed(parts.remove());
  }

  /**
   * The call with the part threw.
   *
   * @param wallMillis the clock that the records' arrival is compared with, in epoch milliseconds
   * @param nowMillis the monotonic clock, which says how long the records have been here
   */
  Verdict failed(long wallMillis, long nowMillis) {
    Part part = parts.remove();
    int attempts = part.attempts() + 1;
    boolean usedUp = part.suspect() || attempts >= rule.maxAttempts();
    boolean tooOld = part.size() > 0 && isTooOld(part, wallMillis, nowMillis);
    if (part.size() == 0 || !(usedUp || tooOld)) {
      parts.push(new Part(part.from(), part.to(), attempts, part.suspect()));
      return new Verdict.Retry(attempts);
    }
    if (rule.bisect() && part.size() > 1) {
      int middle = part.from() + part.size() / 2;
      parts.push(new Part(middle, part.to(), attempts, usedUp));
      parts.push(new Part(part.from(), middle, attempts, usedUp));
      return new Verdict.Halve();
    }
    parts.push(new Part(part.from(), part.to(), attempts, part.suspect()));
    return new Verdict.GiveUp(next().records(), attempts);
  }

  /**
   * Whether the oldest record, the first, has been waiting for too long: since it arrived, or,
   * where the wall clock was set back and says less, since it was read.
   */
  private boolean isTooOld(Part part, long wallMillis, long nowMillis) {
    if (rule.maxAgeMillis() == FailureRule.FOR_EVER) {
      return false;
    }
    long sinceArrival = wallMillis - batch.records().get(part.from()).arrivalMillis();
    long sinceRead = nowMillis - batch.fetchedMillis();
    return Math.max(sinceArrival, sinceRead) >= rule.maxAgeMillis();
  }

  /**
   * The part was given up, and nothing has to be done for it any more.
   *
   * @return up to where everything is done with
   */
  Checkpoint gaveUp() {
    Part part = parts.remove();
    parts.clear();
    if (part.to() < batch.records().size()) {
      parts.add(new Part(part.to(), batch.records().size(), 0, false));
    }
    return passed(part);
  }

  private Checkpoint passed(Part part) {
    return part.size() == 0 ? null : batch.records().get(part.to() - 1).position();
  }
}
