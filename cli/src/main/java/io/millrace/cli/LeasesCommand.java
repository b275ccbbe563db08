package io.millrace.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Lease tables: in what state one is, and back to the library that it came from. */
@Command(
    name = "leases",
    description = "Looks at a lease table, and gives it back to the Kinesis Client Library.",
    subcommands = {LeasesCheckCommand.class, LeasesHandBackCommand.class},
    mixinStandardHelpOptions = true)
final class LeasesCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Say what to do: check or hand-back.");
  }
}
