package io.millrace.cli;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/**
 * The {@code millrace} command line.
 *
 * <p>Results go to standard output, everything else to standard error. Exit codes: 0 if all is
 * well, 1 if something failed, {@value #WRONG_USE} for what the user can put right at once: a wrong
 * option, a taken port.
 */
@Command(
    name = "millrace",
    description = "A Kinesis consumer framework, and what runs it on one machine.",
    subcommands = {
      CheckCommand.class,
      DemoCommand.class,
      DlqCommand.class,
      ExplainCommand.class,
      LeasesCommand.class,
      LocalCommand.class,
      ReferrersCommand.class,
      RunCommand.class,
      SimulateCommand.class
    },
    versionProvider = Version.class,
    mixinStandardHelpOptions = true)
public final class Millrace implements Runnable {

  static final int WRONG_USE = 2;

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "Say what to do: check, demo, dlq, explain, leases, local, referrers, run or simulate.");
  }

  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    CommandLine commandLine = new CommandLine(new Millrace());
    // what follows the part is the part's
    commandLine.getSubcommands().get("referrers").setStopAtPositional(true);
    commandLine.registerConverter(int.class, Millrace::wholeNumber);
    commandLine.registerConverter(Integer.class, Millrace::wholeNumber);
    commandLine.setParameterExceptionHandler(
        (e, arguments) -> {
          CommandLine command = e.getCommandLine();
          PrintWriter err = command.getErr();
          err.println(e.getMessage());
          err.println(
              "Try '" + command.getCommandSpec().qualifiedName() + " --help' for what is allowed.");
          err.flush();
          return WRONG_USE;
        });
    commandLine.setExecutionExceptionHandler(
        (e, command, parsed) -> {
          PrintWriter err = command.getErr();
          if (e instanceof UserError) {
            err.println(e.getMessage());
            err.flush();
            return WRONG_USE;
          }
          err.println(command.getCommandSpec().qualifiedName() + " failed:");
          e.printStackTrace(err);
          err.flush();
          return 1;
        });
    return commandLine;
  }

  private static Integer wholeNumber(String text) {
    try {
      return Integer.valueOf(text);
    } catch (NumberFormatException e) {
      throw new TypeConversionException("'" + text + "' is not allowed; allowed: a whole number");
    }
  }
}
