package io.millrace.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.kcl.deadletter.DeadLetter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Lists dead letters. */
@Command(
    name = "ls",
    description = {
      "Prints a line for each dead letter: stream, shard, sequence number/sub-sequence number,"
          + " partition key, arrival, attempts, error. How many there are goes to the error output."
    },
    mixinStandardHelpOptions = true)
final class DlqLsCommand implements Callable<Integer> {

  private static final ObjectMapper JSON = new ObjectMapper();

  @Spec private CommandSpec spec;
  @Mixin private LetterFilter filter;

  @Parameters(
      paramLabel = "FILE",
      arity = "0..1",
      description = "The config file of the pipeline; its deadLetter says where the letters are.")
  Path file;

  @Option(
      names = "--dir",
      paramLabel = "DIRECTORY",
      description = "A directory with files of dead letters, in place of a config file.")
  Path directory;

  @Option(
      names = "--json",
      description = "A line of JSON for each letter, without payload and stack trace.")
  boolean json;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    Map<String, Long> byShard = new TreeMap<>();
    try (Letters letters = Letters.open(file, directory, err)) {
      letters.read(
          letter -> {
            if (filter.takes(letter)) {
              byShard.merge(letter.stream() + " " + letter.shardId(), 1L, Long::sum);
              out.println(json ? json(letter) : LetterText.line(letter));
            }
            return !out.checkError();
          },
          err);
    } catch (Letters.Unreadable e) {
      err.println(e.getMessage());
      err.flush();
      return 1;
    }
    out.flush();
    long all = byShard.values().stream().mapToLong(n -> n).sum();
    err.println(
        all == 0
            ? "No letters."
            : all
                + (all == 1 ? " letter of " : " letters of ")
                + (byShard.size() == 1 ? "1 shard." : byShard.size() + " shards."));
    err.flush();
    return 0;
  }

  private static String json(DeadLetter letter) throws IOException {
    ObjectNode node = JSON.createObjectNode();
    node.put("stream", letter.stream());
    node.put("shard", letter.shardId());
    node.put("sequenceNumber", letter.sequenceNumber());
    node.put("subSequenceNumber", letter.subSequenceNumber());
    node.put("partitionKey", letter.partitionKey());
    node.put("explicitHashKey", letter.explicitHashKey());
    node.put("arrivedAt", letter.approximateArrival().toString());
    node.put("attempts", letter.attempts());
    node.put("failedAt", letter.failedAt().toString());
    node.put("errorClass", letter.errorClass());
    node.put("errorMessage", letter.errorMessage());
    node.put("payloadBytes", letter.payload().remaining());
    return JSON.writeValueAsString(node);
  }
}
