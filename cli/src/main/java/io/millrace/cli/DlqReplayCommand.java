package io.millrace.cli;

import io.millrace.connectors.config.Surroundings;
import io.millrace.connectors.deadletter.LetterId;
import io.millrace.kcl.aws.AwsClients;
import io.millrace.kcl.deadletter.DeadLetter;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;

/** Puts dead letters back into a stream. */
@Command(
    name = "replay",
    description = {
      "Puts the payloads of dead letters into a stream, under the partition key and explicit hash"
          + " key that their records had.",
      "",
      "A record that is put back has a new sequence number: for everybody who reads the stream, and"
          + " for sinks that store each record once, it is a new record. What was put back is noted"
          + " in a file, and is not put back again. The letters stay where they are."
    },
    mixinStandardHelpOptions = true)
final class DlqReplayCommand implements Callable<Integer> {

  private static final int BATCH_LETTERS = 100;
  private static final long BATCH_BYTES = 4 << 20;

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
      names = "--to-stream",
      paramLabel = "NAME",
      description = "The stream to put them into; by default each goes into its own.")
  String toStream;

  @Option(
      names = "--region",
      paramLabel = "REGION",
      description = "The stream's region; by default the pipeline's, else what the AWS SDK finds.")
  String region;

  @Option(
      names = "--endpoint",
      paramLabel = "URL",
      description = "Kinesis, where it is not the region's own.")
  URI endpoint;

  @Option(names = "--dry-run", description = "Says what would be put, and puts nothing.")
  boolean dryRun;

  @Option(names = "--again", description = "Also those that were put back before.")
  boolean again;

  @Option(
      names = "--ledger",
      paramLabel = "FILE",
      description =
          "Where it is noted what was put back; by default "
              + ReplayLedger.NAME
              + " beside the letters or the config file.")
  Path ledgerFile;

  /** The clock of the notes. */
  Supplier<Instant> now = Instant::now;

  /** Null for what the AWS SDK finds. */
  AwsCredentialsProvider credentials;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    if (endpoint != null && endpoint.getHost() == null) {
      throw new UserError(
          "--endpoint: '"
              + endpoint
              + "' is not allowed; allowed: a URL such as http://localhost:4567");
    }
    try (Letters letters = Letters.open(file, directory, err);
        StreamPutter putter = putter(letters)) {
      Path notes = ledgerFile != null ? ledgerFile : letters.ledger();
      try (ReplayLedger ledger = dryRun ? ReplayLedger.look(notes) : ReplayLedger.write(notes)) {
        Replay replay = new Replay(putter, ledger, out);
        try {
          letters.read(replay::take, err);
        } catch (Letters.Unreadable e) {
          replay.failure = e.getMessage();
        }
        if (replay.failure == null) {
          replay.flush();
        }
        return replay.end(notes, err);
      }
    }
  }

  private StreamPutter putter(Letters letters) {
    URI to = endpoint;
    String in = region;
    // another region has another endpoint
    if (to == null && in == null) {
      to = letters.surroundings().flatMap(s -> s.endpoint("kinesis")).orElse(null);
    }
    if (in == null) {
      in = letters.surroundings().map(Surroundings::region).orElse(null);
    }
    try {
      return new StreamPutter(
          AwsClients.builder()
              .credentialsProvider(
                  credentials != null ? credentials : DefaultCredentialsProvider.create())
              .regionName(in)
              .kinesisEndpoint(to)
              .threadNamePrefix("millrace-replay")
              .build(),
          to);
    } catch (IllegalArgumentException e) {
      throw new UserError(
          "No region is known: say one with --region, or in the environment variable AWS_REGION.",
          e);
    }
  }

  /** One run of the command. */
  private final class Replay {
    private final StreamPutter putter;
    private final ReplayLedger ledger;
    private final PrintWriter out;
    private final List<DeadLetter> batch = new ArrayList<>();
    private String batchStream;
    private long batchBytes;
    private long put;
    private long before;
    private String failure;

    Replay(StreamPutter putter, ReplayLedger ledger, PrintWriter out) {
      this.putter = putter;
      this.ledger = ledger;
      this.out = out;
    }

    private String streamOf(DeadLetter letter) {
      return toStream != null ? toStream : letter.stream();
    }

    private ReplayLedger.Put putOf(DeadLetter letter) {
      return new ReplayLedger.Put(LetterId.of(letter), putter.target(streamOf(letter)));
    }

    /** Whether to go on. */
    boolean take(DeadLetter letter) throws IOException {
      if (!filter.takes(letter)) {
        return true;
      }
      if (!again && ledger.knows(putOf(letter))) {
        before++;
        return true;
      }
      if (dryRun) {
        put++;
        out.println("would put  " + what(letter));
        return true;
      }
      int bytes = letter.payload().remaining() + letter.partitionKey().length() * 4;
      if (!streamOf(letter).equals(batchStream)
          || batch.size() == BATCH_LETTERS
          || batchBytes + bytes > BATCH_BYTES) {
        flush();
      }
      batchStream = streamOf(letter);
      batch.add(letter);
      batchBytes += bytes;
      return failure == null;
    }

    private String what(DeadLetter letter) {
      return letter.stream()
          + "  "
          + letter.shardId()
          + "  "
          + LetterPosition.of(letter)
          + "  ->  "
          + streamOf(letter);
    }

    /** Puts the batch, and notes what is in the stream before anything else. */
    void flush() throws IOException {
      if (batch.isEmpty() || failure != null) {
        return;
      }
      StreamPutter.Outcome outcome = putter.put(batchStream, batch);
      List<ReplayLedger.Line> lines = new ArrayList<>();
      for (StreamPutter.Done done : outcome.done()) {
        lines.add(
            new ReplayLedger.Line(
                putOf(done.letter()), done.shardId(), done.sequenceNumber(), now.get()));
      }
      ledger.add(lines);
      for (StreamPutter.Done done : outcome.done()) {
        put++;
        out.println(
            "put  " + what(done.letter()) + "  " + done.shardId() + "  " + done.sequenceNumber());
      }
      out.flush();
      batch.clear();
      batchBytes = 0;
      failure = outcome.failure();
    }

    int end(Path notes, PrintWriter err) {
      out.flush();
      if (before > 0) {
        err.println(
            letters(before)
                + (before == 1 ? " was" : " were")
                + " put back before, as "
                + notes
                + " says, and "
                + (before == 1 ? "is" : "are")
                + " not put back again; --again does.");
      }
      if (failure != null) {
        err.println(
            failure
                + ". "
                + letters(put)
                + (put == 1 ? " was" : " were")
                + " put back and noted; run the command again for the others.");
        err.flush();
        return 1;
      }
      err.println(
          dryRun
              ? letters(put) + " would be put back."
              : put == 0
                  ? "Nothing was put back."
                  : letters(put)
                      + (put == 1 ? " was" : " were")
                      + " put back. Each has a new sequence number: whoever reads the stream, and"
                      + " sinks that store each record once, take it for a new record.");
      err.flush();
      return 0;
    }

    private String letters(long n) {
      return n == 1 ? "1 letter" : n + " letters";
    }
  }
}
