package io.millrace.samples.referrers.page;

import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The user's browser. */
public final class Browser {

  private static final long PATIENCE_SECONDS = 5;

  private Browser() {}

  /**
   * Opens an address with the command that the system has for it. Does not wait: what goes wrong is
   * told on a thread of its own.
   *
   * @param failed is given the reason, in words
   */
  public static void open(URI address, Consumer<String> failed) {
    Thread opening =
        new Thread(
            () -> {
              try {
                reasonItFails(address).ifPresent(failed);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "browser");
    opening.setDaemon(true);
    opening.start();
  }

  private static Optional<String> reasonItFails(URI address) throws InterruptedException {
    List<String> command = command(System.getProperty("os.name"), address);
    try {
      Process opening =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      // some go on running together with the browser
      if (opening.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) && opening.exitValue() != 0) {
        return Optional.of(command.get(0) + " ended with exit code " + opening.exitValue());
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of("there is no " + command.get(0));
    }
  }

  static List<String> command(String system, URI address) {
    String name = system.toLowerCase(Locale.ROOT);
    if (name.contains("mac")) {
      return List.of("open", address.toString());
    }
    if (name.contains("windows")) {
      return List.of("rundll32", "url.dll,FileProtocolHandler", address.toString());
    }
    return List.of("xdg-open", address.toString());
  }
}
