package io.millrace.connectors.files;

import io.millrace.connectors.contract.SinkDriver;
import io.millrace.connectors.contract.WorkerContract;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class FilesWorkerIT extends WorkerContract {

  @TempDir Path directory;

  @Override
  protected SinkDriver driver() {
    return new FilesDriver();
  }

  @Override
  protected String newDestination() throws Exception {
    return Files.createTempDirectory(directory, "files").toString();
  }
}
