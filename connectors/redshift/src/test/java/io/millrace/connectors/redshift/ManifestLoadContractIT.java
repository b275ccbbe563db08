package io.millrace.connectors.redshift;

import io.millrace.connectors.contract.SinkContract;
import io.millrace.connectors.contract.SinkDriver;

class ManifestLoadContractIT extends SinkContract {

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
