package io.millrace.cli;

import io.millrace.samples.referrers.DeleteMain;
import io.millrace.samples.referrers.PageMain;
import io.millrace.samples.referrers.StreamWriter;
import io.millrace.samples.referrers.WorkerMain;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs one part of the referrer counter against AWS. */
@Command(
    name = "referrers",
    description = {
      "Runs one part of the referrer counter, against AWS or other endpoints: a writer, a counter"
          + " (as many as you like), the page; and deletes what they made. Their options are in"
          + " docs/demo.md."
    },
    mixinStandardHelpOptions = true)
final class ReferrersCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "PART", description = "writer, counter, page or delete")
  String part;

  @Parameters(index = "1..*", paramLabel = "OPTIONS", description = "Those of the part.")
  List<String> options = List.of();

  @Override
  public Integer call() throws Exception {
    String[] arguments = options.toArray(String[]::new);
    // each runs until it is ended, and ends this process by itself when it cannot go on
    switch (part.toLowerCase(Locale.ROOT)) {
      case "writer" -> StreamWriter.main(arguments);
      case "counter" -> WorkerMain.main(arguments);
      case "page" -> PageMain.main(arguments);
      case "delete" -> DeleteMain.main(arguments);
      default ->
          throw Bounded.refused(spec.commandLine(), "PART", part, "writer, counter, page, delete");
    }
    return 0;
  }
}
