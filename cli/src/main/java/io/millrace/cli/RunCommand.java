package io.millrace.cli;

import io.millrace.connectors.application.Host;
import io.millrace.connectors.config.PipelineConfig;
import io.millrace.connectors.config.PipelineKeys.Source;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs a config file. */
@Command(
    name = "run",
    description = {
      "Runs a config file until Ctrl-C: then what is buffered is stored, and the shards go to other"
          + " processes. A second Ctrl-C ends at once; nothing is lost then either.",
      "",
      "With --local it tries the file out on this machine: an embedded Kinesis, DynamoDB Local and,"
          + " for S3 and Redshift, S3Mock and a stand-in for Redshift are started, the file's data is put into the stream, and when all of it"
          + " is delivered what was made is shown. Nothing is kept."
    },
    mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
  private static final long POLL_MILLIS = 500;

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "FILE",
      description = "A config file: .yaml, or .properties as the Kinesis Connector Library has it.")
  Path file;

  @Option(names = "--local", description = "On services of this machine, started for it.")
  boolean local;

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description =
          "With --local: a text file to put into the stream, a line a record; in place of the config"
              + " file's local.data (inputStreamFile).")
  Path data;

  @Option(
      names = "--takeover",
      description =
          "Do not wait for workers of the Kinesis Client Library that own leases in the table: they"
              + " count as dead. Without it their leases are watched first, and nothing starts while"
              + " one moves.")
  boolean takeover;

  @Option(
      names = "--foreign-owner-watch",
      paramLabel = "TIME",
      description =
          "How long such leases must have stood still before their workers count as dead, such as 90 s:"
              + " at least twice their failover time. In place of the config file's"
              + " source.foreignOwnerWatch (1 m).")
  String foreignOwnerWatch;

  @Override
  public Integer call() throws Exception {
    if (takeover && local) {
      throw new ParameterException(
          spec.commandLine(), "--takeover is not allowed with --local, whose table is new");
    }
    checkForeignOwnerWatch();
    if (data != null && !local) {
      throw new ParameterException(
          spec.commandLine(), "--data: '" + data + "' is not allowed without --local");
    }
    PrintWriter err = spec.commandLine().getErr();
    PipelineConfig config = watching(ConfigFiles.read(file, err));
    Interrupts interrupts = Interrupts.listen();
    StatusLine status = StatusLine.onStandardError();
    if (local) {
      return new LocalRun(config, data, spec.commandLine().getOut(), status, interrupts).run();
    }
    long start = System.nanoTime();
    try (PipelineRun run = PipelineRun.start(config, host())) {
      long shownAt = 0;
      while (!run.hasEnded() && !interrupts.await(POLL_MILLIS)) {
        long elapsed = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        if (elapsed - shownAt >= status.intervalMillis()) {
          shownAt = elapsed;
          status.show(run.status(elapsed));
        }
      }
      if (run.hasEnded()) {
        run.await();
        return 0;
      }
      status.say("Stopping: what is buffered is stored, and the shards are given away ...");
      boolean clean = run.stop();
      status.say(
          run.status(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start))
              + (clean
                  ? ""
                  : "; not everything was stored in time: the next owner reads it again"));
      return 0;
    }
  }

  private void checkForeignOwnerWatch() {
    if (foreignOwnerWatch == null) {
      return;
    }
    if (takeover || local) {
      throw new ParameterException(
          spec.commandLine(),
          "--foreign-owner-watch is not allowed with "
              + (local ? "--local, whose table is new" : "--takeover, which does not wait"));
    }
    try {
      Source.FOREIGN_OWNER_WATCH.read(foreignOwnerWatch);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          spec.commandLine(),
          "--foreign-owner-watch: '"
              + foreignOwnerWatch
              + "' is not allowed; allowed: "
              + Source.FOREIGN_OWNER_WATCH.allowed(),
          e);
    }
  }

  private PipelineConfig watching(PipelineConfig config) {
    return foreignOwnerWatch == null
        ? config
        : config.with(config.source().with(Source.FOREIGN_OWNER_WATCH.name(), foreignOwnerWatch));
  }

  private Host host() {
    Host aws = ConfigFiles.aws(PipelineRun.newRegistry());
    return new Host(aws.credentials(), aws.endpoints(), aws.registry(), takeover);
  }
}
