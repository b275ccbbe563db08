package io.millrace.cli;

import io.millrace.simulation.Family;
import io.millrace.simulation.Scenario;
import io.millrace.simulation.Simulate;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs the fleet in the simulator: the proof that nothing is lost, for anyone to repeat. */
@Command(
    name = "simulate",
    description = {
      "Runs whole fleets of real workers on virtual time, with faults, and checks every rule after"
          + " every event. Exit code 0 only if no rule was broken.",
      "",
      "docs/simulation.md says what is proven, and what is not."
    },
    mixinStandardHelpOptions = true)
final class SimulateCommand implements Callable<Integer> {

  private static final long BETWEEN_LINES_MILLIS = 5_000;
  private static final long BETWEEN_UPDATES_MILLIS = 200;

  @Spec private CommandSpec spec;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      defaultValue = "1000",
      description = "How many scenarios. Default ${DEFAULT-VALUE}.")
  long seeds;

  @Option(
      names = "--from",
      paramLabel = "S",
      defaultValue = "0",
      description = "The first seed. Default ${DEFAULT-VALUE}.")
  long from;

  @Option(
      names = "--family",
      paramLabel = "FAMILY",
      defaultValue = "ANY",
      description = {
        "What kind of trouble the scenarios are about: ${COMPLETION-CANDIDATES}.",
        "Default ${DEFAULT-VALUE}: anything, one in five of another family."
      })
  Family family;

  @Option(
      names = "--threads",
      paramLabel = "T",
      description = "How many scenarios beside each other. Default: the number of processors.")
  Integer threads;

  @Option(
      names = "--scenario",
      paramLabel = "FILE",
      description = "Runs the scenario of this file, as a violation prints it, and no seeds.")
  Path scenario;

  @Option(names = "--json", description = "Ends with one line that is one JSON object.")
  boolean json;

  private long shownAt;

  @Override
  public Integer call() {
    CommandLine command = spec.commandLine();
    Bounded.check(command, "--seeds", seeds, 1, Long.MAX_VALUE / 2);
    Bounded.check(command, "--from", from, 0, Long.MAX_VALUE / 2);
    int beside = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
    Bounded.check(command, "--threads", beside, 1, 256);
    Simulate.Result result =
        scenario == null
            ? Simulate.seeds(family, from, seeds, beside, this::show)
            : Simulate.scenario(read(scenario));
    report(command.getOut(), result);
    return result.violations().isEmpty() ? 0 : 1;
  }

  private static Scenario read(Path file) {
    try {
      return Scenario.parse(Files.readString(file));
    } catch (IOException e) {
      throw new UserError("Cannot read --scenario " + file + ": " + e);
    } catch (IllegalArgumentException e) {
      throw new UserError("--scenario " + file + ": " + e.getMessage());
    }
  }

  private void show(Simulate.Progress progress) {
    boolean terminal = Integer.getInteger("millrace.columns", 0) > 0;
    long now = System.nanoTime() / 1_000_000;
    boolean last = progress.done() == progress.of();
    PrintStream err = System.err;
    progress
        .violated()
        .ifPresent(
            seed ->
                err.printf(
                    "%sseed %d: a violation, explained at the end%n",
                    terminal ? "\r\u001b[K" : "", seed));
    if (!last && now - shownAt < (terminal ? BETWEEN_UPDATES_MILLIS : BETWEEN_LINES_MILLIS)) {
      return;
    }
    shownAt = now;
    String text =
        String.format(
            Locale.ROOT,
            "%,d of %,d scenarios, %.0f a second, %d violations",
            progress.done(),
            progress.of(),
            progress.perSecond(),
            progress.violations());
    if (terminal) {
      int filled = (int) (30 * progress.done() / progress.of());
      err.print("\r\u001b[K[" + "#".repeat(filled) + ".".repeat(30 - filled) + "] " + text);
      if (last) {
        err.println();
      }
    } else {
      err.println(text);
    }
    err.flush();
  }

  private void report(PrintWriter out, Simulate.Result result) {
    for (Simulate.Violation violation : result.violations()) {
      out.println("VIOLATION: " + violation.explain());
    }
    if (json) {
      out.println(result.toJson());
    } else {
      out.println("Events reached:");
      result
          .events()
          .forEach((event, count) -> out.printf(Locale.ROOT, "%,12d  %s%n", count, event));
      out.printf(
          Locale.ROOT,
          "%n%,d scenarios in %.1f s (%.0f a second), %,d virtual events, %d violations, hash %x%n",
          result.seeds(),
          result.seconds(),
          result.perSecond(),
          result.steps(),
          result.violations().size(),
          result.hash());
    }
    out.flush();
  }
}
