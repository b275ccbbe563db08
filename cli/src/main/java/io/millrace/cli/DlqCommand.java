package io.millrace.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Dead letters: what there is, one in full, and back into a stream. */
@Command(
    name = "dlq",
    description = "Looks at dead letters, and puts them back into a stream. Removes none.",
    subcommands = {DlqLsCommand.class, DlqShowCommand.class, DlqReplayCommand.class},
    mixinStandardHelpOptions = true)
final class DlqCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Say what to do: ls, show or replay.");
  }
}
