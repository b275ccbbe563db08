package io.millrace.samples.referrers.page;

/** What a page shows and breaks. */
public interface Fleet {

  /**
   * What is going on now. Called about once a second, on one thread at a time; may block for as
   * long as its tables take to answer.
   */
  PageState state();

  /**
   * Does what somebody asked for. May be called by several threads, and may block.
   *
   * @return what was done, in one sentence
   * @throws RefusedException if it cannot be done; the message says why and what is possible
   */
  String act(Action action);

  /** What was asked for cannot be done. */
  final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public RefusedException(String message) {
      super(message);
    }
  }
}
