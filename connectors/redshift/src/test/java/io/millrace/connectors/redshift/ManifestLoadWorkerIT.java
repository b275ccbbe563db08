package io.millrace.connectors.redshift;

import io.millrace.connectors.contract.SinkDriver;
import io.millrace.connectors.contract.WorkerContract;

class ManifestLoadWorkerIT extends WorkerContract {

  private final SinkDriver driver = new ManifestLoadDriver();

  @Override
  protected SinkDriver driver() {
    return driver;
  }

  @Override
  protected String newDestination() {
    return LocalManifest.newDestination().text();
  }
}
