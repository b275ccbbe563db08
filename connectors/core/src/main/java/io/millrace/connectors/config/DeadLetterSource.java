package io.millrace.connectors.config;

import io.millrace.kcl.deadletter.DeadLetter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Reads dead letters back. Used by one thread; reading disturbs no writer, and removes nothing. */
@FunctionalInterface
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

  /**
   * What was not to be seen, or was there more than once, in sentences; asked for after reading.
   */
  default List<String> notes() {
    return List.of();
  }

  /**
   * A directory of this machine that belongs to these letters, where notes about them can be kept.
   */
  default Optional<Path> home() {
    return Optional.empty();
  }

  @Override
  default void close() throws Exception {}
}
