package io.millrace.cli;

import io.millrace.lease.LeaseStoreException;
import io.millrace.samples.referrers.Demo;
import io.millrace.samples.referrers.DemoResult;
import io.millrace.samples.referrers.DemoSettings;
import io.millrace.samples.referrers.page.Browser;
import io.millrace.samples.referrers.page.Fleet;
import io.millrace.samples.referrers.page.LateFleet;
import io.millrace.samples.referrers.page.PageServer;
import java.lang.management.ManagementFactory;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs the referrer counter, does to it what the options say, and reports. */
@Command(
    name = "demo",
    description = {
      "Counts HTTP referrers on this machine: a stream, a table, a writer and a fleet of worker"
          + " processes. Break it on its web page, or with the options below, and see from the"
          + " ledgers that nothing is lost.",
      "",
      "Ends with one JSON object on standard output. The exit code is 1 if a record was lost."
    },
    mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {

  private static final long STATUS_INTERVAL_MILLIS = 1_000;
  private static final long MOVING_POLL_MILLIS = 100;
  private static final int DAY_SECONDS = 86_400;
  private static final int DEFAULT_PORT = 8_080;

  /** The script that starts us says when it was called, in milliseconds since the epoch. */
  private static final String CALLED = "millrace.called";

  private static final String FILES_ARE_IN = "Ledgers, events and logs are in ";

  @Spec private CommandSpec spec;

  @Option(names = "--no-browser", description = "Serves the page, and does not open a browser.")
  boolean noBrowser;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = {
        "Of the page; 0 for any free one. Default "
            + DEFAULT_PORT
            + "; with --no-browser any free one where that is taken."
      })
  Integer port;

  @Option(
      names = "--shards",
      paramLabel = "N",
      defaultValue = "4",
      description = "Of the stream, 1 to 100. Default ${DEFAULT-VALUE}.")
  int shards;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "200",
      description = "Records a second, 0 to 10000. Default ${DEFAULT-VALUE}.")
  int rate;

  @Option(
      names = "--workers",
      paramLabel = "N",
      defaultValue = "2",
      description = "Worker processes, 1 to 16. Default ${DEFAULT-VALUE}.")
  int workers;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      description = "Ends by itself after so long. Without it, Ctrl-C ends the demo.")
  Integer seconds;

  @Option(
      names = "--kill-after",
      paramLabel = "S",
      description = "Kills a worker (SIGKILL) after so many seconds; reports failoverMillis.")
  Integer killAfter;

  @Option(
      names = "--stop-after",
      paramLabel = "S",
      description = "Stops a worker gracefully (SIGTERM); reports handoverMillis.")
  Integer stopAfter;

  @Option(
      names = "--split-after",
      paramLabel = "S",
      description = "Splits the biggest shard; reports reshardGapMillis.")
  Integer splitAfter;

  @Option(
      names = "--merge-after",
      paramLabel = "S",
      description = "Merges two shards; reports reshardGapMillis.")
  Integer mergeAfter;

  @Option(
      names = "--keep-files",
      description = "Keeps ledgers, events and logs, and says where they are.")
  boolean keepFiles;

  @Override
  public Integer call() throws InterruptedException {
    checkValues();
    InstantSource clock = InstantSource.system();
    Interrupts interrupts = Interrupts.listen();
    StatusLine line = StatusLine.onStandardError();
    DemoSettings settings = new DemoSettings(shards, rate, workers, keepFiles);
    LateFleet fleet = new LateFleet(Demo.place(settings), clock);
    int pagePort = freePort();
    // at the same time as the page: both take a while
    CompletableFuture<Demo> starting =
        CompletableFuture.supplyAsync(
            () -> Demo.start(settings), task -> new Thread(task, "demo-start").start());
    try (PageServer page = startPage(pagePort, fleet, starting)) {
      line.say("Page: " + page.address());
      if (!noBrowser) {
        Browser.open(
            page.address(),
            why -> line.say("No browser was opened (" + why + "); open " + page.address()));
      }
      line.say("Starting a stream of " + shards + " shards and " + workers + " workers ...");
      try (Demo demo = started(starting)) {
        fleet.started(demo.fleet());
        line.say(demo.endpoints());
        DemoResult result;
        try {
          run(demo, page, interrupts, line, clock);
          line.say("Stopping: the workers process what is left ...");
          result = demo.finish();
        } catch (RuntimeException e) {
          line.say(FILES_ARE_IN + demo.folder());
          throw e;
        }
        report(result, line);
        System.out.println(result.toJson());
        System.out.flush();
        return result.good() ? 0 : 1;
      }
    }
  }

  /** Without a page there is no demo either. */
  private static PageServer startPage(int port, Fleet fleet, CompletableFuture<Demo> starting) {
    try {
      return PageServer.start(port, fleet);
    } catch (RuntimeException e) {
      starting.thenAccept(Demo::close).exceptionally(alsoFailed -> null).join();
      throw e;
    }
  }

  private static Demo started(CompletableFuture<Demo> starting) {
    try {
      return starting.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  /** Where the page is to be served; the default one only if it can be had or is asked for. */
  private int freePort() {
    int wanted = port == null ? DEFAULT_PORT : port;
    try {
      Ports.requireFree("--port", wanted);
    } catch (UserError e) {
      if (port == null && noBrowser) {
        return 0;
      }
      throw e;
    }
    return wanted;
  }

  private void run(
      Demo demo, PageServer page, Interrupts interrupts, StatusLine line, InstantSource clock)
      throws InterruptedException {
    Script script = script();
    long start = clock.millis();
    boolean moving = false;
    boolean alone = false;
    long now = 0;
    long nextStatus = STATUS_INTERVAL_MILLIS;
    boolean troubled = false;
    while (true) {
      long wait = Math.min(nextStatus, script.nextMillis(now)) - (clock.millis() - start);
      if (!moving) {
        wait = Math.min(wait, MOVING_POLL_MILLIS);
      }
      if (interrupts.await(Math.max(0, wait))) {
        return;
      }
      long before = now;
      now = clock.millis() - start;
      if (!moving && page.isChartMoving()) {
        moving = true;
        line.say(
            String.format(
                Locale.ROOT,
                "The chart moves: %.1f s after the command.",
                (clock.millis() - calledMillis()) / 1_000.0));
      }
      for (Script.Step step : script.due(before, now)) {
        if (step.action() == Script.Action.END) {
          return;
        }
        line.say(act(demo, step.action()));
      }
      if (now >= nextStatus) {
        showStatus(demo, now, line);
        nextStatus = Math.max(nextStatus + STATUS_INTERVAL_MILLIS, now);
      }
      List<String> troubles = demo.troubles();
      if (!troubles.isEmpty() && !troubled) {
        troubled = true;
        troubles.forEach(line::say);
      }
      boolean left = !demo.workers().isEmpty();
      if (!left && !troubles.isEmpty()) {
        line.say("No worker is left.");
        return;
      }
      if (!left && !alone) {
        line.say("No worker is left: add one on the page, " + page.address());
      }
      alone = !left;
    }
  }

  private static long calledMillis() {
    return Long.getLong(CALLED, ManagementFactory.getRuntimeMXBean().getStartTime());
  }

  private static void showStatus(Demo demo, long elapsedMillis, StatusLine line) {
    try {
      line.show(elapsedMillis, demo.status());
    } catch (CompletionException | LeaseStoreException e) {
      // a table did not answer: the demo goes on, and the next second asks again
      line.say("No status: " + e.getMessage());
    }
  }

  /** Of those with most shards the first: on a busy machine some may not have any yet. */
  private static String busiest(Demo demo) {
    Map<String, Integer> leases = demo.status().leases();
    return demo.workers().stream()
        .sorted(Comparator.comparingInt((String w) -> leases.getOrDefault(w, 0)).reversed())
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("No worker is left"));
  }

  private static String act(Demo demo, Script.Action action) {
    switch (action) {
      case KILL -> {
        String worker = busiest(demo);
        demo.kill(worker);
        return "Killed " + worker + " (SIGKILL).";
      }
      case STOP -> {
        String worker = busiest(demo);
        demo.stop(worker);
        return "Told " + worker + " to stop (SIGTERM).";
      }
      case SPLIT -> {
        return "Split " + String.join(", ", demo.split()) + ".";
      }
      case MERGE -> {
        return demo.merge()
            .map(parents -> "Merged " + String.join(" and ", new TreeSet<>(parents)) + ".")
            .orElse("There is only one shard: nothing to merge.");
      }
      default -> throw new IllegalStateException("Not to be done to a demo: " + action);
    }
  }

  private void report(DemoResult result, StatusLine line) {
    Map<String, Long> n = result.numbers();
    line.say(
        String.format(
            Locale.ROOT,
            "Put %,d, processed %,d: %,d seen twice, %,d lost.",
            n.get("put"),
            n.get("processed"),
            n.get("duplicates"),
            n.get("lost")));
    result.troubles().forEach(line::say);
    if (!result.good() || keepFiles) {
      line.say(FILES_ARE_IN + result.folder());
    }
  }

  /** What the options ask for, in order. */
  Script script() {
    Map<Script.Action, Integer> asked = new LinkedHashMap<>();
    asked.put(Script.Action.KILL, killAfter);
    asked.put(Script.Action.STOP, stopAfter);
    asked.put(Script.Action.SPLIT, splitAfter);
    asked.put(Script.Action.MERGE, mergeAfter);
    asked.put(Script.Action.END, seconds);
    List<Script.Step> steps = new ArrayList<>();
    asked.forEach(
        (action, after) -> {
          if (after != null) {
            steps.add(new Script.Step(after, action));
          }
        });
    return new Script(steps);
  }

  private void checkValues() {
    CommandLine command = spec.commandLine();
    if (port != null) {
      Bounded.check(command, "--port", port, 0, 65_535);
    }
    Bounded.check(command, "--shards", shards, 1, 100);
    Bounded.check(command, "--rate", rate, 0, 10_000);
    Bounded.check(command, "--workers", workers, 1, 16);
    if (seconds != null) {
      Bounded.check(command, "--seconds", seconds, 1, DAY_SECONDS);
    }
    int last = seconds == null ? DAY_SECONDS : seconds - 1;
    Map<String, Integer> times = new LinkedHashMap<>();
    times.put("--kill-after", killAfter);
    times.put("--stop-after", stopAfter);
    times.put("--split-after", splitAfter);
    times.put("--merge-after", mergeAfter);
    times.forEach(
        (option, after) -> {
          if (after != null && (after < 1 || after > last)) {
            throw Bounded.refused(
                command,
                option,
                after,
                "1 to " + last + (seconds == null ? "" : ", which is before --seconds"));
          }
        });
    int leaving = (killAfter == null ? 0 : 1) + (stopAfter == null ? 0 : 1);
    if (workers <= leaving) {
      throw Bounded.refused(
          command,
          "--workers",
          workers,
          (leaving + 1) + " to 16: one must be left after --kill-after and --stop-after");
    }
  }
}
