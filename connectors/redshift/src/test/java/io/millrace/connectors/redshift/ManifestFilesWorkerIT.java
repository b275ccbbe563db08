package io.millrace.connectors.redshift;

import io.millrace.connectors.contract.SinkDriver;
import io.millrace.connectors.contract.WorkerContract;

class ManifestFilesWorkerIT extends WorkerContract {

  private final SinkDriver driver = new ManifestFilesDriver();

  @Override
  protected SinkDriver driver() {
    return driver;
  }

  @Override
  protected String newDestination() {
    return LocalManifest.newDestination().text();
  }
}
