package io.millrace.cli;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.connectors.application.ConnectorApplication;
import io.millrace.connectors.application.Host;
import io.millrace.connectors.config.Chosen;
import io.millrace.connectors.config.DeadLetterProvider;
import io.millrace.connectors.config.DeadLetterSource;
import io.millrace.connectors.config.PipelineConfig;
import io.millrace.connectors.config.Surroundings;
import io.millrace.connectors.deadletter.FileDeadLetterSource;
import io.millrace.connectors.sink.SinkException;
import io.millrace.kcl.deadletter.DeadLetter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Where the letters are that a command is about: what a config file says, or a directory. */
final class Letters implements AutoCloseable {

  /** Takes one letter; says whether it wants more. */
  @FunctionalInterface
  interface Reader {
    boolean letter(DeadLetter letter) throws IOException;
  }

  private final DeadLetterSource source;
  private final Surroundings surroundings;
  private final Path ledger;

  private Letters(DeadLetterSource source, Surroundings surroundings, Path ledger) {
    this.source = source;
    this.surroundings = surroundings;
    this.ledger = ledger;
  }

  /**
   * @param file null if the directory is said
   * @param directory null if the file is said
   * @throws UserError if not exactly one of them is said, or if it cannot be used
   */
  static Letters open(Path file, Path directory, PrintWriter err) {
    if ((file == null) == (directory == null)) {
      throw new UserError(
          "Say where the letters are: either the config FILE of the pipeline, or --dir DIRECTORY.");
    }
    if (directory != null) {
      if (!Files.isDirectory(directory)) {
        throw new UserError(
            "--dir: '" + directory + "' is not allowed; allowed: a directory with dead letters");
      }
      return new Letters(
          new FileDeadLetterSource(directory), null, directory.resolve(ReplayLedger.NAME));
    }
    PipelineConfig config = ConfigFiles.read(file, err);
    Chosen<DeadLetterProvider> chosen =
        config
            .deadLetter()
            .orElseThrow(
                () ->
                    new UserError(
                        file
                            + " has no section deadLetter, so its pipeline keeps no dead letters:"
                            + " a shard waits before a record that cannot be stored."));
    Host host = ConfigFiles.aws(new SimpleMeterRegistry());
    Surroundings surroundings =
        ConfigFiles.refusing(() -> ConnectorApplication.surroundings(config, host));
    DeadLetterSource source =
        ConfigFiles.refusing(() -> chosen.provider().source(chosen.values(), surroundings));
    Path ledger =
        source
            .home()
            .map(home -> home.resolve(ReplayLedger.NAME))
            .orElseGet(
                () -> config.directory().resolve(file.getFileName() + "." + ReplayLedger.NAME));
    return new Letters(source, surroundings, ledger);
  }

  /** Where the pipeline runs; empty with a directory. */
  Optional<Surroundings> surroundings() {
    return Optional.ofNullable(surroundings);
  }

  /** Where it is noted by default which of them were put back. */
  Path ledger() {
    return ledger;
  }

  /**
   * Reads all, and says on the error output what was not to be seen.
   *
   * @throws Unreadable if they cannot be read
   * @throws IOException what the reader throws
   */
  void read(Reader reader, PrintWriter err) throws IOException, Unreadable {
    long passedOver;
    try {
      passedOver =
          source.read(
              letter -> {
                try {
                  return reader.letter(letter);
                } catch (IOException e) {
                  throw new ReaderFailed(e);
                }
              });
    } catch (ReaderFailed e) {
      throw e.cause;
    } catch (UserError e) {
      throw e;
    } catch (IOException | SinkException e) {
      throw new Unreadable(e.getMessage(), e);
    } catch (Exception e) {
      throw new Unreadable("The dead letters cannot be read: " + e, e);
    }
    if (passedOver > 0) {
      err.println(
          (passedOver == 1 ? "1 entry is" : passedOver + " entries are")
              + " no whole letter, and "
              + (passedOver == 1 ? "was" : "were")
              + " passed over.");
    }
    source.notes().forEach(note -> err.println("Note: " + note + "."));
    err.flush();
  }

  /** The place of the letters does not answer as it should; the message is all there is to say. */
  static final class Unreadable extends Exception {
    private static final long serialVersionUID = 1;

    Unreadable(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** What a reader threw, on its way through the source. */
  private static final class ReaderFailed extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient IOException cause;

    ReaderFailed(IOException cause) {
      super(cause);
      this.cause = cause;
    }
  }

  @Override
  public void close() {
    try {
      source.close();
    } catch (Exception e) {
      throw new IllegalStateException("The dead letters could not be closed", e);
    }
  }
}
