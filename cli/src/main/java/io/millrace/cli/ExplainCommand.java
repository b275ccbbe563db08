package io.millrace.cli;

import io.millrace.connectors.application.ConnectorApplication;
import io.millrace.connectors.config.PipelineConfig;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says what a config file will do. */
@Command(
    name = "explain",
    description = "Says in words what a config file will do. Connects to nothing.",
    mixinStandardHelpOptions = true)
final class ExplainCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "FILE",
      description = "A config file: .yaml, or .properties as the Kinesis Connector Library has it.")
  Path file;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    PipelineConfig config = ConfigFiles.read(file, spec.commandLine().getErr());
    ConfigFiles.refusing(() -> ConnectorApplication.explain(config)).forEach(out::println);
    out.flush();
    return 0;
  }
}
