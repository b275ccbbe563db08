package io.millrace.connectors.config;

import io.millrace.kcl.deadletter.DeadLetter;

/** Reads dead letters back. Used by one thread; reading disturbs no writer. */
public interface DeadLetterSource extends AutoCloseable {

  /** Gets letters, one after another. */
  @FunctionalInterface
  interface Reader {
    /**
     * @return whether to go on
     */
    boolean letter(DeadLetter letter) throws Exception;
  }

  /**
   * Gives every letter once, though it may be stored several times.
   *
   * @return lines or messages that are no whole letter, and were passed over
   * @throws Exception what the reader throws, at once; or why the letters cannot be read
   */
  long read(Reader reader) throws Exception;

  @Override
  default void close() throws Exception {}
}
