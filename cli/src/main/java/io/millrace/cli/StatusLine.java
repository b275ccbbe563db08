package io.millrace.cli;

import io.millrace.samples.referrers.DemoStatus;
import java.io.PrintStream;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Shows the state of a demo on standard error: in place on a terminal, else line by line. Safe for
 * use by several threads.
 */
final class StatusLine {

  private static final String ERASE_LINE = "\r\u001b[K";

  private static final long TERMINAL_MILLIS = 1_000;
  private static final long LOG_MILLIS = 30_000;

  private final PrintStream out;

  /** Of the terminal; 0 if there is none. */
  private final int columns;

  private boolean open;

  StatusLine(PrintStream out, int columns) {
    this.out = out;
    this.columns = columns;
  }

  /** The terminal's width is what the script that started us found out. */
  static StatusLine onStandardError() {
    return new StatusLine(System.err, Integer.getInteger("millrace.columns", 0));
  }

  /**
   * How long to wait from one status to the next, in milliseconds: on a terminal the line is
   * replaced, in a log each one stays.
   */
  long intervalMillis() {
    return columns == 0 ? LOG_MILLIS : TERMINAL_MILLIS;
  }

  void show(long elapsedMillis, DemoStatus status) {
    show(format(elapsedMillis, status));
  }

  synchronized void show(String text) {
    if (columns == 0) {
      out.println(text);
    } else {
      out.print(
          ERASE_LINE + (text.length() < columns ? text : text.substring(0, columns - 2) + "…"));
      open = true;
    }
    out.flush();
  }

  /** Something that happened: stays visible. */
  synchronized void say(String sentence) {
    if (open) {
      out.print(ERASE_LINE);
      open = false;
    }
    out.println(sentence);
    out.flush();
  }

  static String format(long elapsedMillis, DemoStatus status) {
    long seconds = elapsedMillis / 1_000;
    String leases =
        status.leases().isEmpty()
            ? "workers are starting"
            : "leases "
                + status.leases().entrySet().stream()
                    .map(e -> e.getKey() + ": " + e.getValue())
                    .collect(Collectors.joining(", "));
    String top =
        status.topReferrers().isEmpty()
            ? "no counts yet"
            : "top "
                + status.topReferrers().stream()
                    .map(r -> r.referrer() + " " + r.visits())
                    .collect(Collectors.joining(", "));
    return String.format(
        Locale.ROOT,
        "%d:%02d  put %,d  processed %,d%s  |  %s  |  %s",
        seconds / 60,
        seconds % 60,
        status.put(),
        status.processed(),
        status.duplicates() == 0
            ? ""
            : String.format(Locale.ROOT, " (%,d twice)", status.duplicates()),
        leases,
        top);
  }
}
