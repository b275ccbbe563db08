package io.millrace.connectors.s3;

import io.millrace.connectors.message.MalformedMessageException;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.RangeItem;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/**
 * How records become a file. One instance serves all threads.
 *
 * @param <T> what one record is turned into before anything of it is written
 */
interface ObjectFormat<T> {

  /** A file that is being written, by one thread. */
  interface File<T> extends Closeable {
    void write(T prepared) throws IOException;

    /** Writes what has to stand at the end. */
    @Override
    void close() throws IOException;
  }

  /** Prepares items of a list, by one thread. */
  interface Preparer<T> {
    /**
     * As {@link ObjectFormat#prepare}. What it gives is to be written before the first item of
     * another record is prepared.
     *
     * @param index in the list, greater than the one before; some may be left out
     */
    T prepare(int index);
  }

  /**
   * Looks whether the record fits, completely: what was prepared can be written.
   *
   * @throws MalformedMessageException if it does not fit; the message says which field has which
   *     value and what is allowed
   */
  T prepare(Message message);

  /**
   * Prepares these, for a format that gets on faster when it knows what comes next.
   *
   * @param items not changed meanwhile
   */
  default Preparer<T> preparer(List<RangeItem<Message>> items) {
    return index -> prepare(items.get(index).value());
  }

  /** Begins a file; one without records is valid too. Does not close the buffer. */
  File<T> open(SpillBuffer out) throws IOException;
}
