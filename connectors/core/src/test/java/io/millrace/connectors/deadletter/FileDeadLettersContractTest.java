package io.millrace.connectors.deadletter;

import io.millrace.connectors.config.DeadLetterSource;
import io.millrace.connectors.contract.DeadLetterContract;
import io.millrace.kcl.deadletter.DeadLetterDestination;
import io.millrace.kcl.deadletter.FileDeadLetters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class FileDeadLettersContractTest extends DeadLetterContract {

  @TempDir private Path place;

  private Path directory() {
    return place.resolve("dead");
  }

  @Override
  protected DeadLetterDestination open() {
    return FileDeadLetters.builder(directory()).build();
  }

  @Override
  protected DeadLetterSource source() {
    return new FileDeadLetterSource(directory());
  }

  /** A file where the directory was. */
  @Override
  protected void bringDown() throws IOException {
    Files.move(directory(), place.resolve("away"));
    Files.writeString(directory(), "in the way");
  }

  @Override
  protected void bringUp() throws IOException {
    Files.delete(directory());
    Files.move(place.resolve("away"), directory());
  }

  @Override
  protected int largestPayload() {
    return 10 << 20;
  }
}
