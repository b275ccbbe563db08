package io.millrace.cli;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.connectors.application.ConnectorApplication;
import io.millrace.connectors.config.Finding;
import io.millrace.connectors.config.PipelineConfig;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Looks whether a config file can run. */
@Command(
    name = "check",
    description = {
      "Reads a config file, and then reaches for the stream, the lease table, the sink and the dead"
          + " letters that it names. Changes nothing.",
      "",
      "Exit code 0 if all is well, 1 if something is missing or refused, 2 if the file is wrong."
    },
    mixinStandardHelpOptions = true)
final class CheckCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "FILE",
      description = "A config file: .yaml, or .properties as the Kinesis Connector Library has it.")
  Path file;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    PipelineConfig config = ConfigFiles.read(file, spec.commandLine().getErr());
    out.println("ok       " + file + " is well-formed");
    out.flush();
    List<Finding> findings =
        ConfigFiles.refusing(
            () -> ConnectorApplication.check(config, ConfigFiles.aws(new SimpleMeterRegistry())));
    findings.forEach(
        finding -> out.println((finding.ok() ? "ok       " : "PROBLEM  ") + finding.text()));
    out.flush();
    return findings.stream().allMatch(Finding::ok) ? 0 : 1;
  }
}
