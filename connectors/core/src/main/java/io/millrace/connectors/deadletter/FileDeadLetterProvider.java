package io.millrace.connectors.deadletter;

import io.millrace.connectors.config.DeadLetterProvider;
import io.millrace.connectors.config.DeadLetterSource;
import io.millrace.connectors.config.Finding;
import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.Section;
import io.millrace.connectors.config.Surroundings;
import io.millrace.connectors.config.Values;
import io.millrace.kcl.deadletter.DeadLetterDestination;
import io.millrace.kcl.deadletter.FileDeadLetters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Dead letters in files of this machine. */
public final class FileDeadLetterProvider implements DeadLetterProvider {

  private static final Key<String> DIRECTORY =
      Key.text("directory")
          .required()
          .describedAs(
              "Where the files are; created if it is missing. A path relative to the config file.");
  private static final Key<Long> MAX_FILE_BYTES =
      Key.bytes("maxFileBytes", 1 << 10, 4L << 30)
          .withDefault(FileDeadLetters.DEFAULT_MAX_FILE_BYTES)
          .describedAs("A file of this size is full, and the next one begins.");

  private static final Section SECTION =
      new Section(
          "file",
          "Files on this machine, a line of JSON for each letter; nothing is ever deleted.",
          List.of(DIRECTORY, MAX_FILE_BYTES));

  @Override
  public Section section() {
    return SECTION;
  }

  private static Path directory(Values values, Surroundings surroundings) {
    return surroundings.workingDirectory().resolve(values.get(DIRECTORY)).normalize();
  }

  @Override
  public DeadLetterDestination open(Values values, Surroundings surroundings) {
    return FileDeadLetters.builder(directory(values, surroundings))
        .workerId(surroundings.workerId())
        .maxFileBytes(values.get(MAX_FILE_BYTES))
        .build();
  }

  @Override
  public DeadLetterSource source(Values values, Surroundings surroundings) {
    return new FileDeadLetterSource(directory(values, surroundings));
  }

  @Override
  public List<Finding> check(Values values, Surroundings surroundings) {
    Path directory = directory(values, surroundings);
    Path existing = directory;
    while (!Files.exists(existing)) {
      existing = existing.getParent();
    }
    if (!Files.isDirectory(existing)) {
      return List.of(
          Finding.bad(
              "dead letters: "
                  + existing
                  + " is no directory; name another one in deadLetter.directory"));
    }
    if (!Files.isWritable(existing)) {
      return List.of(
          Finding.bad(
              "dead letters: the user of this process may not write to "
                  + existing
                  + "; let it, or name another one in deadLetter.directory"));
    }
    long free;
    try {
      free = Files.getFileStore(existing).getUsableSpace();
    } catch (IOException e) {
      return List.of(Finding.bad("dead letters: " + existing + " cannot be looked at: " + e));
    }
    return List.of(
        Finding.good(
            "dead letters: "
                + directory
                + (existing.equals(directory) ? "" : " can be created")
                + ", "
                + (free >> 20)
                + " MiB free"));
  }

  @Override
  public String explain(Values values) {
    return "A record that cannot be transformed or stored becomes a line in a file below "
        + values.get(DIRECTORY)
        + ", with its payload, shard, sequence number and error; processing goes on behind it.";
  }
}
