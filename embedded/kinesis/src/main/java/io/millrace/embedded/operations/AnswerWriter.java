package io.millrace.embedded.operations;

import java.io.IOException;
import java.util.Collection;

/** Writes the fields of an object in one protocol. */
public interface AnswerWriter {
  void text(String field, String value) throws IOException;

  void number(String field, long value) throws IOException;

  void bool(String field, boolean value) throws IOException;

  void blob(String field, byte[] value) throws IOException;

  /** A timestamp given in milliseconds since 1970. */
  void timestamp(String field, long millis) throws IOException;

  void texts(String field, Collection<String> values) throws IOException;

  <T> void objects(String field, Collection<T> values, Fields<T> each) throws IOException;

  void object(String field, Answer fields) throws IOException;

  /** Writes a field unless the value is null. */
  default void optionalText(String field, String value) throws IOException {
    if (value != null) {
      text(field, value);
    }
  }

  /** How one element of a list is written. */
  @FunctionalInterface
  interface Fields<T> {
    void write(AnswerWriter out, T value) throws IOException;
  }
}
