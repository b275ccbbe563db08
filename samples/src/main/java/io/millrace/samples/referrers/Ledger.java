package io.millrace.samples.referrers;

import java.io.Closeable;
import java.io.IOException;

/** Where lines are written down before anything that depends on them happens. */
interface Ledger extends Closeable {

  /**
   * @param lines each ended by a line feed
   * @throws IOException if they could not be written: what depends on them must not happen
   */
  void append(CharSequence lines) throws IOException;

  @Override
  void close() throws IOException;

  /** Keeps nothing: for those who do not compare ledgers. */
  static Ledger none() {
    return new Ledger() {
      @Override
      public void append(CharSequence lines) {
        // nobody will read it
      }

      @Override
      public void close() {
        // nothing is open
      }
    };
  }
}
