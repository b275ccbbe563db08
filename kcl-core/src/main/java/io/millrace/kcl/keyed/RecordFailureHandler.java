package io.millrace.kcl.keyed;

/**
 * Decides what is done about a record whose processing threw. Called on processing threads, several
 * at a time; may not block for long, since the key waits. One that throws or returns null is
 * logged, and the record is tried again.
 */
@FunctionalInterface
public interface RecordFailureHandler {

  FailureDecision decide(RecordFailure failure);

  /** Tries again for ever; nothing is lost, and the records of that key wait. The default. */
  static RecordFailureHandler retryForEver() {
    return failure -> new FailureDecision.Retry();
  }

  /**
   * Tries so often, then stores a dead letter.
   *
   * @param attempts at least 1
   */
  static RecordFailureHandler deadLetterAfter(int attempts) {
    return after(attempts, new FailureDecision.StoreDeadLetter());
  }

  /**
   * Tries so often, then goes on without the record.
   *
   * @param attempts at least 1
   */
  static RecordFailureHandler skipAfter(int attempts) {
    return after(attempts, new FailureDecision.Skip());
  }

  /**
   * Tries so often, then stops the shard.
   *
   * @param attempts at least 1
   */
  static RecordFailureHandler stopAfter(int attempts) {
    return after(attempts, new FailureDecision.Stop());
  }

  private static RecordFailureHandler after(int attempts, FailureDecision last) {
    if (attempts < 1) {
      throw new IllegalArgumentException("attempts must be at least 1: " + attempts);
    }
    return failure -> failure.attempts() < attempts ? new FailureDecision.Retry() : last;
  }
}
