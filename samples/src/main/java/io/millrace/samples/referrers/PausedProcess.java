package io.millrace.samples.referrers;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/*
 * A suspended process cannot notice that its parent has gone, and would stay for ever. So whoever
 * suspends it is a shell that waits for the end of its standard input, which comes however our own
 * process ends, and then lets the worker go on; that one finds its parent gone, and ends.
 */

/** A process that got SIGSTOP, until this is closed. */
final class PausedProcess implements AutoCloseable {

  private static final String SCRIPT =
      "trap '' INT HUP TERM; kill -STOP \"$0\" && echo stopped; read -r end; kill -CONT \"$0\"";

  private static final long PATIENCE_SECONDS = 5;

  private final Process shell;

  private PausedProcess(Process shell) {
    this.shell = shell;
  }

  /**
   * Returns when the signal has been sent.
   *
   * @throws IOException if it cannot be: there is no shell, or no such process
   */
  static PausedProcess pause(long processId) throws IOException {
    Process shell =
        new ProcessBuilder("sh", "-c", SCRIPT, Long.toString(processId))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (shell.inputReader().readLine() == null) {
      shell.destroy();
      throw new IOException("Process " + processId + " cannot be paused: is it still there?");
    }
    return new PausedProcess(shell);
  }

  /** SIGCONT; returns when it has been sent. */
  @Override
  public void close() {
    try {
      shell.outputWriter().close();
      shell.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (IOException e) {
      throw new IllegalStateException("The worker cannot be told to go on", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
