package io.millrace.cli;

import io.millrace.kcl.deadletter.DeadLetter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Shows a dead letter. */
@Command(
    name = "show",
    description = "Prints a dead letter with all there is to know about it, and its payload.",
    mixinStandardHelpOptions = true)
final class DlqShowCommand implements Callable<Integer> {

  /** Letters of one sequence number are records of one aggregate; more are not held in memory. */
  private static final int MOST = 1_000;

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "[FILE] SEQUENCE[/SUB]",
      arity = "1..2",
      description = {
        "The config file of the pipeline, unless --dir is said, and the sequence number as ls shows"
            + " it. Without /SUB: every record of an aggregate."
      })
  List<String> words;

  @Option(
      names = "--dir",
      paramLabel = "DIRECTORY",
      description = "A directory with files of dead letters, in place of a config file.")
  Path directory;

  @Option(names = "--raw", description = "The bytes of the payload, and nothing else.")
  boolean raw;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    LetterPosition position = position();
    List<DeadLetter> found = new ArrayList<>();
    Path file = words.size() == 2 ? Path.of(words.get(0)) : null;
    try (Letters letters = Letters.open(file, directory, err)) {
      letters.read(
          letter -> {
            if (position.matches(letter)) {
              found.add(letter);
            }
            return found.size() < MOST;
          },
          err);
    } catch (Letters.Unreadable e) {
      err.println(e.getMessage());
      err.flush();
      return 1;
    }
    if (found.isEmpty()) {
      throw new UserError(
          "There is no letter " + words.get(words.size() - 1) + "; ls lists those there are.");
    }
    if (raw) {
      if (found.size() > 1) {
        throw new UserError(
            found.size()
                + " letters have this sequence number; say which one with /SUB, as ls shows it.");
      }
      System.out.write(LetterText.payload(found.get(0)));
      System.out.flush();
      return 0;
    }
    for (int i = 0; i < found.size(); i++) {
      if (i > 0) {
        out.println();
      }
      print(found.get(i), out);
    }
    out.flush();
    return 0;
  }

  private LetterPosition position() {
    try {
      return LetterPosition.parse(words.get(words.size() - 1));
    } catch (TypeConversionException e) {
      throw new ParameterException(spec.commandLine(), "SEQUENCE[/SUB]: " + e.getMessage(), e);
    }
  }

  private static void print(DeadLetter letter, PrintWriter out) {
    out.println("Stream         " + letter.stream());
    out.println("Shard          " + letter.shardId());
    out.println("Sequence       " + LetterPosition.of(letter));
    out.println("Partition key  " + LetterText.visible(letter.partitionKey()));
    if (letter.explicitHashKey() != null) {
      out.println("Hash key       " + letter.explicitHashKey());
    }
    out.println("Arrived        " + letter.approximateArrival());
    out.println("Given up       " + letter.failedAt() + ", attempts: " + letter.attempts());
    out.println("Error          " + LetterText.error(letter));
    if (letter.errorMessage() != null) {
      letter.errorMessage().lines().skip(1).forEach(line -> indented(line, out));
    }
    if (letter.stackTrace() != null) {
      out.println("Stack trace");
      letter.stackTrace().lines().forEach(line -> indented(line.replace("\t", "  "), out));
    }
    byte[] payload = LetterText.payload(letter);
    Optional<String> text = LetterText.text(payload);
    out.println(
        "Payload        " + payload.length + " bytes, " + (text.isPresent() ? "text" : "binary"));
    if (payload.length > 0) {
      out.println(text.orElseGet(() -> LetterText.hex(payload)).stripTrailing());
    }
  }

  private static void indented(String line, PrintWriter out) {
    out.println("               " + LetterText.visible(line));
  }
}
