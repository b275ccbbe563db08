package io.millrace.connectors.redshift;

import io.millrace.connectors.contract.SinkContract;
import io.millrace.connectors.contract.SinkDriver;

class ManifestFilesContractIT extends SinkContract {

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
