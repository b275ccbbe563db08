package io.millrace.kclapp;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * What a worker was given, a line each: milliseconds, worker, word, and what belongs to the word.
 * Flushed with every line, so that it tells the truth of a process that was killed.
 */
final class Ledger {

  private final Path file;
  private final String worker;

  Ledger(Path file, String worker) {
    this.file = file;
    this.worker = worker;
  }

  synchronized void write(String words) {
    try {
      Files.writeString(
          file,
          System.currentTimeMillis() + " " + worker + " " + words + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
