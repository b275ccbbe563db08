package io.millrace.connectors.deadletter;

import io.millrace.connectors.config.DeadLetterSource;
import io.millrace.kcl.deadletter.DeadLetterFiles;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Dead letters of the files below a directory. */
public final class FileDeadLetterSource implements DeadLetterSource {

  private final Path directory;
  private long duplicates;

  /**
   * @param directory as a {@link io.millrace.kcl.deadletter.FileDeadLetters} has it
   */
  public FileDeadLetterSource(Path directory) {
    this.directory = Objects.requireNonNull(directory, "directory");
  }

  @Override
  public long read(Reader reader) throws Exception {
    duplicates = 0;
    try {
      DeadLetterFiles.Summary summary =
          DeadLetterFiles.read(
              directory,
              letter -> {
                if (!reader.letter(letter)) {
                  throw new Enough();
                }
              });
      duplicates = summary.duplicates();
      return summary.tornLines();
    } catch (Enough e) {
      return 0;
    }
  }

  @Override
  public List<String> notes() {
    return Notes.duplicates(duplicates);
  }

  @Override
  public Optional<Path> home() {
    return Optional.of(directory);
  }

  /** The reader wants no more. */
  private static final class Enough extends Exception {
    private static final long serialVersionUID = 1L;

    Enough() {
      super(null, null, false, false);
    }
  }
}
